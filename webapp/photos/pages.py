"""Pictures for the researchers' pages."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404

from webapp.photos.models import Photo
from webapp.photos.thumbnails import Look, thumbnail


@staff_member_required(login_url="login")
def thumbnail_file(request: HttpRequest, sha256: str, look: Look) -> FileResponse:  # noqa: ARG001
    """A photo's thumbnail, for researchers."""
    photo = get_object_or_404(Photo, pk=sha256, removed_at=None)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(thumbnail(photo, look).open("rb"), content_type="image/webp", headers=headers)
