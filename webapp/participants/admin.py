from typing import ClassVar

from django.contrib import admin

from webapp.participants.models import Participant
from webapp.read_only import ReadOnly


@admin.register(Participant)
class ParticipantAdmin(ReadOnly):
    list_display: ClassVar = ["pseudonym", "kind", "created"]
    list_filter: ClassVar = ["kind"]
    search_fields: ClassVar = ["pseudonym"]
