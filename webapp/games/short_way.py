"""The short way of a batch of events, past all of the site that such a request has no use for.

Batches are most of what a site is sent, and the site's own machinery - languages, logins, forms, messages, the
framework of the API - takes longer than to store one. Here a batch that is as clients send it is checked, stored and
answered. Whatever is the matter with another, it goes on to the API as if nobody had looked at it, and is refused there
by name.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.authentication import CSRFCheck

from editing.game.events import Event as PlayedEvent
from editing.game.events import IllegalEvent
from editing.game.rules import State
from webapp.database.statements import fetch
from webapp.games.episodes import describe
from webapp.games.models import EPISODE_COLUMNS, Episode
from webapp.games.recording import MAXIMUM_BATCH, begin_alone, check_batch, record, record_alone
from webapp.http.pace import SessionThrottle
from webapp.http.refusals import Refusal
from webapp.participants.session_store import SessionStore
from webapp.participants.sessions import participant_key
from webapp.photos.models import SHA256
from webapp.studies.joining import joined_statement, read_joined

_PATH = re.compile("/api/episodes/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/events/")
_ENVELOPE = {"study", "photo", "events"}
_SLUG = re.compile(r"[-a-zA-Z0-9_]+")
_PHOTO = re.compile(SHA256)
_JOINED = joined_statement()
# An episode, with the participation of whose it is and with the session that sends: asked at once, compared here.
_SESSION_AND_EPISODE = joined_statement(
    ["session.session_data", *(f"episode.{name}" for name in EPISODE_COLUMNS)],
    """JOIN games_episode AS episode ON episode.id = %s
    JOIN django_session AS session ON session.session_key = %s AND session.expire_date > now()""",
    participant="episode.participant_id",
)


class _Batch(NamedTuple):
    episode: UUID
    study: str
    photo: str
    events: Sequence[PlayedEvent]


class ShortWay:
    """Middleware that stores batches of events of players who have joined."""

    throttle_scope = "play"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._csrf = CSRFCheck(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = _PATH.fullmatch(request.path_info) if request.method == "POST" else None
        answer = self._answer(request, UUID(address[1])) if address else None
        return self.get_response(request) if answer is None else answer

    def _answer(self, request: HttpRequest, episode_id: UUID) -> HttpResponse | None:
        """Return the answer to a batch that is stored now; None where the API is to look at it."""
        try:
            batch = _read(request, episode_id)
            if batch is None or not self._has_token(request):
                return None
            state = self._store(request, batch)
        except (IllegalEvent, Refusal, Http404, IntegrityError):
            return None
        if state is None:
            return None
        content = orjson.dumps({"episode": episode_id, **describe(state)})
        return HttpResponse(content, "application/json", headers={"Content-Length": str(len(content))})

    def _has_token(self, request: HttpRequest) -> bool:
        request.get_host()  # which must be one of ours
        self._csrf.process_request(request)
        return self._csrf.process_view(request, self.get_response, (), {}) is None

    def _store(self, request: HttpRequest, batch: _Batch) -> State | None:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        is_new = batch.events[0].kind == "start"
        state = None
        if is_new:
            request.session = SessionStore(key)
            participant = participant_key(request)
            if participant is None or not self._may_go_on(request):
                return None
            for row in fetch(_JOINED, [batch.study, participant]):
                state = begin_alone(read_joined(row)[0], batch.episode, batch.photo, batch.events)
        else:
            rows = fetch(_SESSION_AND_EPISODE, [batch.episode, key, batch.study])
            if not rows:
                return None
            participation, (session, *values) = read_joined(rows[0])
            request.session = SessionStore.from_row(key, session)
            participant = participant_key(request)
            if participant != participation.participant_id or not self._may_go_on(request):
                return None
            episode = Episode.from_db("default", EPISODE_COLUMNS, values)
            state = record_alone(participation, episode, batch.photo, batch.events)
        return state or record(participant, batch.study, batch.episode, batch.photo, batch.events, is_new=is_new)

    def _may_go_on(self, request: HttpRequest) -> bool:
        """Tell whether a player's session may send now; a researcher's login is looked after on the long way."""
        throttle: Any = SessionThrottle()  # made for the framework's requests and views, of which it asks no more
        if SESSION_KEY in request.session or not throttle.allow_request(request, self):
            return False
        vars(request)["is_counted"] = True
        return True


def _read(request: HttpRequest, episode_id: UUID) -> _Batch | None:
    """Return the batch that a request holds; None where it is not as clients write it.

    Raises:
        IllegalEvent: an event is not.
    """
    length = request.META.get("CONTENT_LENGTH", "")
    is_usual = request.content_type == "application/json" and not request.META.get("QUERY_STRING")
    if not is_usual or not length.isdecimal() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return None
    try:
        data = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(data, dict) or data.keys() != _ENVELOPE:
        return None
    study, photo, events = data["study"], data["photo"], data["events"]
    is_named = isinstance(study, str) and _SLUG.fullmatch(study) and isinstance(photo, str) and _PHOTO.fullmatch(photo)
    if not is_named or not isinstance(events, list) or not 1 <= len(events) <= MAXIMUM_BATCH:
        return None
    batch = [PlayedEvent.from_json(event) for event in events]
    check_batch(episode_id, batch)
    return _Batch(episode_id, study, photo, batch)
