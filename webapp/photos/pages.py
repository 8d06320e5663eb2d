"""Pictures for the researchers' pages."""

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404

from webapp.photos.models import Photo
from webapp.photos.thumbnails import Look, thumbnail
from webapp.researchers import researchers_only


@researchers_only
def thumbnail_file(request: HttpRequest, sha256: str, look: Look) -> FileResponse:
    """A photo's thumbnail, for researchers."""
    photo = get_object_or_404(Photo, pk=sha256, removed_at=None)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(thumbnail(photo, look).open("rb"), content_type="image/webp", headers=headers)
