"""Pictures for the researchers' pages."""

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404

from editing.photos.photo_error import PhotoError
from webapp.http.researchers import researchers_only
from webapp.photos.models import Photo
from webapp.photos.thumbnails import Look, thumbnail


@researchers_only
def thumbnail_file(request: HttpRequest, sha256: str, look: Look) -> FileResponse:
    """A photo's thumbnail, for researchers; not found where the preview that it is made of is lost."""
    photo = get_object_or_404(Photo, pk=sha256, removed_at=None)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    try:
        file = thumbnail(photo, look).open("rb")
    except PhotoError:
        raise Http404 from None
    return FileResponse(file, content_type="image/webp", headers=headers)
