from typing import ClassVar

from django.contrib import admin

from webapp.read_only import ReadOnly
from webapp.studies.models import Participation, Study


@admin.register(Study)
class StudyAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["slug", "title", "open", "allow_untouched"]
    fields: ClassVar = ["slug", "title", "open", "allow_untouched"]
    prepopulated_fields: ClassVar = {"slug": ["title"]}


@admin.register(Participation)
class ParticipationAdmin(ReadOnly):
    list_display: ClassVar = ["study", "participant", "joined"]
    list_filter: ClassVar = ["study"]
    list_select_related: ClassVar = ["study", "participant"]
