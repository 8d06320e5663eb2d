from django.contrib import admin

from webapp.http.read_only_admin import ReadOnly
from webapp.participants.models import Participant


@admin.register(Participant)
class ParticipantAdmin(ReadOnly):
    list_display = ("pseudonym", "kind", "created")
    list_filter = ("kind",)
    search_fields = ("pseudonym",)
