from django.contrib import admin

from webapp.read_only import ReadOnly
from webapp.studies.models import Participation, Study


@admin.register(Study)
class StudyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy alone
    list_display = ("slug", "title", "open", "allow_untouched")
    fields = ("slug", "title", "open", "allow_untouched")


@admin.register(Participation)
class ParticipationAdmin(ReadOnly):
    list_display = ("study", "participant", "joined")
    list_filter = ("study",)
    list_select_related = ("study", "participant")
