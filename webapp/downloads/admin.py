from django.contrib import admin

from webapp.downloads.models import Download
from webapp.http.read_only_admin import ReadOnly
from webapp.studies.member_admin import ForMembers


@admin.register(Download)
class DownloadAdmin(ForMembers, ReadOnly):
    study_lookup = "episode__study"
    list_display = ("episode", "format", "state", "reason", "asked", "finished")
    list_filter = ("state", "format")
    list_select_related = ("episode__participant", "episode__photo")
