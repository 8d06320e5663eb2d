from typing import ClassVar

from django.contrib import admin

from webapp.games.models import Episode, Event, Step
from webapp.read_only import ReadOnly


class StepInline(admin.TabularInline):
    model = Step
    extra = 0
    can_delete = False
    fields: ClassVar = ["index", "filter", "parameters", "ms_spent"]
    readonly_fields: ClassVar = fields


class EventInline(admin.TabularInline):
    model = Event
    extra = 0
    can_delete = False
    fields: ClassVar = ["seq", "kind", "step", "filter", "parameters", "ms", "received_at"]
    readonly_fields: ClassVar = fields


@admin.register(Episode)
class EpisodeAdmin(ReadOnly):
    list_display: ClassVar = ["id", "participant", "photo", "study", "status", "step_count", "started"]
    list_filter: ClassVar = ["status", "study", "participant__kind"]
    list_select_related: ClassVar = ["participant", "photo", "study"]
    search_fields: ClassVar = ["id", "participant__pseudonym", "photo__name"]
    inlines: ClassVar = [StepInline, EventInline]
