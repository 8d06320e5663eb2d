from django.contrib import admin

from webapp.downloads.models import Download
from webapp.http.read_only_admin import ReadOnly


@admin.register(Download)
class DownloadAdmin(ReadOnly):
    list_display = ("episode", "format", "state", "reason", "asked", "finished")
    list_filter = ("state", "format")
    list_select_related = ("episode__participant", "episode__photo")
