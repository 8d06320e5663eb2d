"""The page of a player's finished pictures, where their study offers them at full size."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import ensure_csrf_cookie

from editing.photos.photo_error import PhotoError
from webapp.downloads.api import DownloadSerializer, what_is_there
from webapp.downloads.pictures import why_not
from webapp.games.models import Episode
from webapp.games.pictures import finished_picture
from webapp.participants.sessions import participant_of

PICTURES_ON_A_PAGE = 24


@dataclass(frozen=True)
class Finished:
    """An episode, what is known of its downloads, as JSON, and why none is offered; empty where they are.

    ``number`` counts the visitor's pictures, from the first that was handed in.
    """

    number: int
    episode: Episode
    downloads: str
    reason: str


@ensure_csrf_cookie
def finished(request: HttpRequest) -> HttpResponse:
    """Render what the visitor has handed in, the last first."""
    page = Paginator(_of_visitor(request).order_by("-started", "pk"), PICTURES_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    last = page.paginator.count - page.start_index() + 1
    pictures = [_finished(last - index, episode) for index, episode in enumerate(page)]
    context = {"page": page, "pictures": pictures, "built": finders.find("finished.js") is not None}
    return render(request, "finished.html", context)


def finished_file(request: HttpRequest, episode_id: UUID) -> FileResponse:
    """Serve the small picture of one of them; not found where it was not drawn yet and cannot be."""
    episode = get_object_or_404(_of_visitor(request), pk=episode_id)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    try:
        file = finished_picture(episode, "small").open()
    except PhotoError:
        raise Http404 from None
    return FileResponse(file, content_type="image/webp", headers=headers)


def _of_visitor(request: HttpRequest) -> QuerySet[Episode]:
    participant = participant_of(request)
    if participant is None:
        return Episode.objects.none()
    rows = Episode.objects.filter(participant=participant, status=Episode.Status.SUBMITTED, photo__removed_at=None)
    rows = rows.filter(study__allow_downloads=True, tutorial=False)
    return rows.select_related("photo", "study").prefetch_related("downloads")


def _finished(number: int, episode: Episode) -> Finished:
    reason = why_not(episode)
    downloads = [] if reason else what_is_there(episode)
    return Finished(number, episode, json.dumps(DownloadSerializer(downloads, many=True).data), reason)
