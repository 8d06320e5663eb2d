"""Episodes that were begun: how far they have come, and closing those that nobody can finish."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext

from editing.game import filters, rules
from editing.game.events import Event as PlayedEvent
from editing.game.progress import Progress, progress_after
from webapp.games.models import Episode
from webapp.http.refusals import Refusal, photos_away
from webapp.participants.models import Participant
from webapp.photos.models import Photo, previews_are_away
from webapp.photos.storing import photo_removed
from webapp.studies.leases import judged
from webapp.studies.models import Participation, Study
from webapp.studies.photos import photo_taken_out

MAXIMUM_EVENTS = 2000
# Beyond them, for what a page sends by itself: whoever comes back to a full episode can still submit it.
RESERVE = 200
_SENT_BY_PAGES = {"resume", "view", "blur", "focus"}
_REJECTED = "participant rejected: "


def stored_progress(episode: Episode, batch: Sequence[PlayedEvent] = ()) -> tuple[Progress, dict[int, PlayedEvent]]:
    """Return how far an episode has come, ready for these events, and those of its own that have the same numbers.

    By one query at most. An episode without a stored progress is replayed.
    """
    if not episode.progress:
        events = episode.replayable_events()
        return replayed(events), {event.seq: event for event in events}
    stored: dict[int, PlayedEvent] = {}
    numbers = {event.seq for event in batch}

    def fetch(more: set[int]) -> Iterable[PlayedEvent]:
        stored.update(episode.events_of(numbers | more))
        return stored.values()

    progress = Progress.from_json(episode.progress, batch, fetch)
    if batch and batch[0].seq < progress.state.next_seq and not stored:
        fetch(set())
    return progress, stored


def replayed(stored: Iterable[PlayedEvent]) -> Progress:
    """Return the progress after events that were taken, whatever the study allows by now."""
    return progress_after(stored, allow_untouched=True)


def describe(state: rules.State) -> dict[str, Any]:
    """Return what the API says of the state of an episode."""
    steps = [{"filter": step.filter, "parameters": dict(step.parameters)} for step in state.steps]
    return {"status": state.status, "next_seq": state.next_seq, "steps": steps}


def check_room(fresh: Sequence[PlayedEvent]) -> None:
    """Refuse events that an episode has no room for.

    Raises:
        Refusal: ``too_many_events``.
    """
    for event in fresh:
        limit = MAXIMUM_EVENTS + (RESERVE if event.kind in _SENT_BY_PAGES else 0)
        if event.seq >= limit and event.kind != "submit":
            message = gettext("A photo takes at most %(maximum)s actions: submit it as it stands.")
            raise Refusal("too_many_events", message % {"maximum": MAXIMUM_EVENTS}, seq=event.seq)


def resumable_episode(study: Study, participant: Participant, *, tutorial: bool = False) -> Episode | None:
    """Return the episode that the participant has begun and can go on with. Changes nothing.

    Args:
        tutorial: whether it is one of practice; these stand beside those of play.

    Raises:
        Refusal: ``photos_away``.
    """
    episode = _open_episodes(study.pk, participant.pk, tutorial).first()
    return episode if episode and _why_unfinishable(episode) is None else None


def close_unfinishable(participation: Participation, *, tutorial: bool = False) -> Episode | None:
    """Close what a participant has begun and cannot go on with, so that another episode can begin.

    It is abandoned if the filters have changed since, or it is full; excluded if the preview of its photo is lost.
    Returns what they can go on with, which stays.

    Raises:
        Refusal: ``photos_away``.
    """
    episode = _open_episodes(participation.study_id, participation.participant_id, tutorial).first()
    if episode is None or (status := _why_unfinishable(episode)) is None:
        return episode
    episode.status = status
    episode.exclusion_reason = "preview lost" if status == Episode.Status.EXCLUDED else ""
    episode.save(update_fields=["status", "exclusion_reason"])
    return None


def close_outdated(**kwargs: Any) -> None:
    """Close what was begun with older filters: a site that is updated migrates before it serves the new ones.

    Sent after a migration, also one back to before this app had tables.
    """
    if Episode._meta.db_table in connection.introspection.table_names():
        outdated = Episode.objects.filter(status=Episode.Status.OPEN).exclude(
            contract_version__in=filters.known_versions()
        )
        outdated.update(status=Episode.Status.ABANDONED)


@receiver(photo_removed)
def exclude_open_episodes(photo: Photo, **kwargs: Any) -> None:
    """Exclude the open episodes of a photo that was removed: nobody can finish them."""
    _exclude_open(Episode.objects.filter(photo=photo))


@receiver(photo_taken_out)
def exclude_open_episodes_of_study(study: Study, photo: Photo, **kwargs: Any) -> None:
    """Exclude the open episodes of a photo in a study that it was taken out of."""
    _exclude_open(Episode.objects.filter(study=study, photo=photo))


@receiver(judged)
def follow_judgement(participation: Participation, **kwargs: Any) -> None:
    """Exclude what somebody who was rejected has handed in, or take it in again; with what is surplus by now."""
    own = Episode.objects.filter(study=participation.study_id, participant=participation.participant_id, tutorial=False)
    if participation.rejected:
        handed_in = own.filter(status=Episode.Status.SUBMITTED)
        handed_in.update(status=Episode.Status.EXCLUDED, exclusion_reason=rejection_reason(participation))
    else:
        rejected = own.filter(status=Episode.Status.EXCLUDED, exclusion_reason__startswith=_REJECTED)
        rejected.update(status=Episode.Status.SUBMITTED, exclusion_reason="")
    for surplus in (True, False):
        own.filter(lease__surplus=surplus).update(surplus=surplus)


def rejection_reason(participation: Participation) -> str:
    """Return why the episodes of somebody who was rejected are excluded."""
    return (_REJECTED + participation.rejection_reason)[:200]


def _exclude_open(episodes: QuerySet[Episode]) -> None:
    episodes.filter(status=Episode.Status.OPEN).update(status=Episode.Status.EXCLUDED, exclusion_reason="photo removed")


def _open_episodes(study_id: int, participant_id: int, tutorial: bool) -> QuerySet[Episode]:
    own = Episode.objects.filter(study=study_id, participant=participant_id, tutorial=tutorial)
    return own.filter(status=Episode.Status.OPEN).select_related("study", "photo")


def _why_unfinishable(episode: Episode) -> Episode.Status | None:
    """Return the status under which an open episode is closed that nobody can go on with; None where somebody can."""
    if not episode.photo.has_preview:
        if previews_are_away():
            raise photos_away()
        return Episode.Status.EXCLUDED
    if episode.contract_version not in filters.known_versions() or _is_full(episode):
        return Episode.Status.ABANDONED
    return None


def _is_full(episode: Episode) -> bool:
    """Whether it has no room for another visit, or none for an action where nothing stands to be submitted."""
    state = stored_progress(episode)[0].state
    if state.next_seq < MAXIMUM_EVENTS:
        return False
    study = episode.study.under(episode.condition)
    is_submittable = study.allow_untouched or rules.trajectory(state)
    return state.next_seq >= MAXIMUM_EVENTS + RESERVE or not is_submittable
