from django.contrib import admin

from webapp.http.read_only_admin import ReadOnly
from webapp.ratings.models import Judgement, Place, Showing
from webapp.studies.member_admin import OF_STUDY, ForMembers


class PlaceInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for mypy alone
    model = Place
    extra = 0
    can_delete = False
    fields = ("index", "episode")
    readonly_fields = fields


@admin.register(Showing)
class ShowingAdmin(ForMembers, ReadOnly):
    list_display = ("photo", "participant", "study", "shown")
    list_filter = (OF_STUDY,)
    list_select_related = ("photo", "participant", "study")
    inlines = (PlaceInline,)


@admin.register(Judgement)
class JudgementAdmin(ForMembers, ReadOnly):
    study_lookup = "showing__study"
    list_display = ("showing", "kind", "answer", "ms", "made")
    list_filter = ("kind", ("showing__study", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("showing__photo", "showing__participant")
