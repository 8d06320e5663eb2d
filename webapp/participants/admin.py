from django.contrib import admin

from webapp.participants.models import Participant
from webapp.read_only import ReadOnly


@admin.register(Participant)
class ParticipantAdmin(ReadOnly):
    list_display = ("pseudonym", "kind", "created")
    list_filter = ("kind",)
    search_fields = ("pseudonym",)
