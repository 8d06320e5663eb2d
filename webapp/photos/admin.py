from django.contrib import admin
from django.http import HttpRequest

from webapp.http.read_only_admin import ReadOnly
from webapp.http.versioned_admin import Versioned
from webapp.photos.models import Photo


@admin.register(Photo)
class PhotoAdmin(Versioned, ReadOnly):
    """Licence and attribution can be mended here; adding and removing have a page of their own."""

    list_display = ("name", "width", "height", "licence", "added", "removed_at")
    list_filter = ("licence", "removed_at")
    search_fields = ("name", "sha256", "attribution")
    readonly_fields = tuple(field.name for field in Photo._meta.fields if field.name not in ("licence", "attribution"))

    def has_change_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)
