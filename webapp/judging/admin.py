from django.contrib import admin

from webapp.http.read_only_admin import ReadOnly
from webapp.judging.models import Picture, Trial


@admin.register(Picture)
class PictureAdmin(ReadOnly):
    list_display = ("photo", "maker", "study", "task", "condition", "taken")
    list_filter = ("study", "task", "maker")
    list_select_related = ("photo", "study")


@admin.register(Trial)
class TrialAdmin(ReadOnly):
    list_display = ("participation", "task", "position", "purpose", "state", "surplus", "failed")
    list_filter = ("participation__study", "task", "purpose", "state")
    list_select_related = ("participation__participant", "participation__study")
