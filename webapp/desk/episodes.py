"""The episodes of a study: a gallery to filter and sort, and a page for each, on which all its events are replayed."""

from http import HTTPStatus
from uuid import UUID

from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_POST

from editing.game import filters
from editing.photos.photo_error import PhotoError
from webapp.desk.access import for_members, render_desk
from webapp.desk.people import chosen, query_without_page
from webapp.games.excluding import accept_episode, exclude_episode
from webapp.games.models import Episode, Event
from webapp.games.pictures import finished_picture
from webapp.http.refusals import Refusal
from webapp.studies.api import PhotoSerializer
from webapp.studies.log import log
from webapp.studies.members import Role
from webapp.studies.models import Study, pseudonym_in_study

EPISODES_ON_A_PAGE = 60
STATUSES = {
    "submitted": "handed in",
    "open": "open",
    "excluded": "excluded",
    "abandoned": "abandoned",
    "all": "all",
}
KINDS = {
    "people": "people",
    "repeat": "repeats",
    "attention": "attention items",
    "surplus": "surplus",
    "preview": "previews",
    "tutorial": "tutorials",
    "programs": "robots and agents",
}
SORTS = {
    "newest": "newest first",
    "oldest": "oldest first",
    "quickest": "quickest first",
    "slowest": "slowest first",
    "fewest": "fewest steps first",
    "photo": "by photo",
}
_ORDERS = {
    "newest": ("-started", "pk"),
    "oldest": ("started", "pk"),
    "quickest": ("duration_ms", "pk"),
    "slowest": ("-duration_ms", "pk"),
    "fewest": ("step_count", "pk"),
    "photo": ("photo__name", "photo", "started"),
}
_PEOPLE = Q(participant__kind="human", preview=False, tutorial=False)
_FILTERS = {
    "people": _PEOPLE,
    "repeat": _PEOPLE & Q(repeat=True),
    "attention": _PEOPLE & Q(attention=True),
    "surplus": _PEOPLE & Q(surplus=True),
    "preview": Q(preview=True, tutorial=False),
    "tutorial": Q(tutorial=True),
    "programs": ~Q(participant__kind="human"),
}


@for_members(Role.VIEWER)
def episodes_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the episodes of a study."""
    status, kind, sort = (
        chosen(request.GET, name, options) for name, options in (("status", STATUSES), ("kind", KINDS), ("sort", SORTS))
    )
    episodes = Episode.objects.filter(_FILTERS[kind], study=study).order_by(*_ORDERS[sort])
    if status != "all":
        episodes = episodes.filter(status=status)
    photo = request.GET.get("photo", "")
    if photo:
        episodes = episodes.filter(photo=photo)
    page = Paginator(_shown(episodes), EPISODES_ON_A_PAGE).get_page(request.GET.get("page"))
    return render_desk(
        request,
        "episodes",
        study,
        tab="episodes",
        page=page,
        statuses=STATUSES,
        kinds=KINDS,
        sorts=SORTS,
        chosen={"status": status, "kind": kind, "sort": sort, "photo": photo},
        query=query_without_page(request.GET),
    )


@for_members(Role.VIEWER)
def episode_page(request: HttpRequest, study: Study, episode_id: UUID) -> HttpResponseBase:
    """Render an episode: its events with their times, and its picture as it stood after each."""
    return _episode_response(request, study, _episode(study, episode_id))


@require_POST
@for_members(Role.EDITOR)
def judge_episode(request: HttpRequest, study: Study, episode_id: UUID) -> HttpResponseBase:
    """Exclude an episode, for a reason that is kept, or take it in again."""
    episode = _episode(study, episode_id)
    player = Episode.objects.values_list(pseudonym_in_study(), flat=True).get(pk=episode.pk)
    whose = f"what {player} made of {episode.photo.name}"
    try:
        if request.POST.get("verdict") == "accept":
            accept_episode(episode)
            log(study, request.user, f"took in again {whose}")
        else:
            exclude_episode(episode, request.POST.get("reason", ""))
            log(study, request.user, f"excluded {whose}: {episode.exclusion_reason}")
    except Refusal as refusal:
        return _episode_response(request, study, episode, problem=str(refusal.detail), status=HTTPStatus.BAD_REQUEST)
    return redirect("desk-episode", study.slug, episode.pk)


def _episode_response(
    request: HttpRequest, study: Study, episode: Episode, *, problem: str = "", status: int = HTTPStatus.OK
) -> HttpResponseBase:
    handed_in = episode.status == Episode.Status.SUBMITTED or episode.events.filter(kind="submit").exists()
    return render_desk(
        request,
        "episode",
        study,
        status,
        tab="episodes",
        episode=episode,
        judgeable=handed_in and not episode.tutorial,
        problem=problem,
        events=_timed(list(episode.events.order_by("seq"))),
        can_replay=episode.contract_version in filters.known_versions() and episode.photo.removed_at is None,
        replay_built=finders.find("events.js") is not None,
    )


@for_members(Role.VIEWER)
def episode_events(request: HttpRequest, study: Study, episode_id: UUID) -> HttpResponseBase:
    """Send the events of an episode, for the replay."""
    episode = _episode(study, episode_id)
    photo = {**PhotoSerializer(episode.photo).data, "preview_url": reverse("replay-preview", args=[episode.pk])}
    return JsonResponse({"photo": photo, "events": [event.to_json() for event in episode.replayable_events()]})


@for_members(Role.VIEWER)
def episode_picture(request: HttpRequest, study: Study, episode_id: UUID) -> HttpResponseBase:
    """Serve the small picture that an episode came to; not found for one that was never handed in."""
    episode = _episode(study, episode_id)
    headers = {"Cache-Control": "private, max-age=3600", "ETag": f'"{episode.pk}.{episode.step_count}"'}
    if get_conditional_response(request, etag=headers["ETag"]) is not None:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if not (episode.steps.exists() or episode.status == Episode.Status.SUBMITTED):
        raise Http404
    try:
        file = finished_picture(episode, "small").open()
    except (PhotoError, KeyError):  # the preview is lost, or a filter is of another version
        raise Http404 from None
    return FileResponse(file, content_type="image/webp", headers=headers)


def _shown(episodes: QuerySet[Episode]) -> QuerySet[Episode]:
    return (
        episodes.select_related("participant", "photo").annotate(player=pseudonym_in_study()).prefetch_related("steps")
    )


def _timed(events: list[Event]) -> list[tuple[Event, int | None]]:
    """Return each event with the milliseconds since the one before it."""
    return [(event, event.ms - events[at - 1].ms if at else None) for at, event in enumerate(events)]


def _episode(study: Study, episode_id: UUID) -> Episode:
    named = Episode.objects.annotate(player=pseudonym_in_study()).select_related("study", "participant", "photo")
    episode = named.filter(pk=episode_id, study=study).first()
    if episode is None:
        raise Http404
    return episode
