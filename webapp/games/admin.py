from django.contrib import admin

from webapp.games.models import Episode, Event, Step
from webapp.http.read_only_admin import ReadOnly
from webapp.studies.member_admin import OF_STUDY, ForMembers


class StepInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for mypy alone
    model = Step
    extra = 0
    can_delete = False
    fields = ("index", "filter", "parameters", "ms_spent")
    readonly_fields = fields


class EventInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Event
    extra = 0
    can_delete = False
    fields = ("seq", "kind", "step", "filter", "parameters", "ms", "received_at")
    readonly_fields = fields


@admin.register(Episode)
class EpisodeAdmin(ForMembers, ReadOnly):
    list_display = ("id", "participant", "photo", "study", "status", "tutorial", "step_count", "started")
    list_filter = ("status", "tutorial", OF_STUDY, "participant__kind")
    list_select_related = ("participant", "photo", "study")
    search_fields = ("id", "participant__pseudonym", "photo__name")
    inlines = (StepInline, EventInline)
