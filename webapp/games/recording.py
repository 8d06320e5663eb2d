"""Storing play: events come in batches, are replayed by the rules, and are kept whole or not at all.

Here also is closed what nobody can finish.
"""

from collections.abc import Collection, Sequence
from http import HTTPStatus
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.dispatch import Signal, receiver
from django.utils import timezone
from django.utils.translation import gettext

from editing.game import filters, rules
from editing.game.events import Event as PlayedEvent
from editing.game.events import IllegalEvent
from webapp.games.models import Episode, Event, Step
from webapp.http import refusals
from webapp.http.refusals import Refusal
from webapp.participants.models import Participant
from webapp.photos.models import Photo, previews_are_away
from webapp.photos.storing import files_needed, photo_removed, photo_replaced, photos_played
from webapp.studies.joining import lock_participation
from webapp.studies.models import AGENT_PREFIX, SHIPPED_AGENT, Study
from webapp.studies.photos import photo_taken_out

MAXIMUM_EVENTS = 2000
# Beyond them, for what a page sends by itself: whoever comes back to a full episode can still submit it.
RESERVE = 200
_SENT_BY_PAGES = {"resume", "view", "blur", "focus"}
MAXIMUM_BATCH = 500
_SHIPPED = f"{AGENT_PREFIX}{SHIPPED_AGENT}"
# Sent as an episode begins, with ``participant``: a receiver answers whether they were shown what others had made.
reveal_seen = Signal()


@transaction.atomic
def record(
    study: Study, participant: Participant, episode_id: UUID, photo_sha256: str, batch: Sequence[PlayedEvent]
) -> rules.State:
    """Store the events of a batch that are new, and return the state after its last event.

    A batch that was stored before changes nothing and is answered as the first time.

    Raises:
        IllegalEvent: an event that the rules refuse, or that leaves a gap.
        Refusal: ``conflict``, ``not_found``, ``photo_removed``, ``study_closed`` and the like.
    """
    _check_batch(episode_id, batch)
    lock_participation(study, participant)
    episode = _locked_episode(study, participant, episode_id, photo_sha256)
    stored = episode.replayable_events() if episode else []
    fresh = _fresh(stored, batch)
    if not fresh:
        return _replayed(stored[: batch[-1].seq + 1])
    state = _replayed(stored)
    if episode and episode.status in (Episode.Status.EXCLUDED, Episode.Status.ABANDONED):
        raise _closed(episode)
    _check_room(fresh)
    for event in fresh:
        state = rules.apply_event(state, event, study.allow_untouched)
    if episode is None:
        photo = _startable_photo(study, participant, photo_sha256)
        episode = Episode(
            id=episode_id,
            study=study,
            participant=participant,
            photo=photo,
            contract_version=fresh[0].contract_version,
            started=timezone.now(),
            tutorial=photo.practice,
            saw_reveal=any(answer for _, answer in reveal_seen.send(Episode, participant=participant)),
        )
    _store(episode, [*stored, *fresh], fresh, state)
    return state


def resumable_episode(study: Study, participant: Participant, *, tutorial: bool = False) -> Episode | None:
    """Return the episode that the participant has begun and can go on with. Changes nothing.

    Args:
        tutorial: whether it is one of practice; these stand beside those of play.

    Raises:
        Refusal: ``photos_away``.
    """
    episode = _open_episodes(study, participant, tutorial).first()
    return episode if episode and _why_unfinishable(episode) is None else None


def close_unfinishable(study: Study, participant: Participant, *, tutorial: bool = False) -> None:
    """Close what the participant has begun and cannot go on with, so that another episode can begin.

    It is abandoned if the filters have changed since, or it is full; excluded if the preview of its photo is lost.

    Raises:
        Refusal: ``photos_away``.
    """
    for episode in _open_episodes(study, participant, tutorial):
        if status := _why_unfinishable(episode):
            episode.status = status
            episode.exclusion_reason = "preview lost" if status == Episode.Status.EXCLUDED else ""
            episode.save(update_fields=["status", "exclusion_reason"])


def close_outdated(**kwargs: Any) -> None:
    """Close what was begun with older filters: a site that is updated migrates before it serves the new ones.

    Sent after a migration, also one back to before this app had tables.
    """
    if Episode._meta.db_table in connection.introspection.table_names():
        outdated = Episode.objects.filter(status=Episode.Status.OPEN).exclude(contract_version=filters.VERSION)
        outdated.update(status=Episode.Status.ABANDONED)


@receiver(photo_removed)
def exclude_open_episodes(photo: Photo, **kwargs: Any) -> None:
    """Exclude the open episodes of a photo that was removed: nobody can finish them."""
    _exclude_open(Episode.objects.filter(photo=photo))


@receiver(photo_taken_out)
def exclude_open_episodes_of_study(study: Study, photo: Photo, **kwargs: Any) -> None:
    """Exclude the open episodes of a photo in a study that it was taken out of."""
    _exclude_open(Episode.objects.filter(study=study, photo=photo))


def _exclude_open(episodes: QuerySet[Episode]) -> None:
    episodes.filter(status=Episode.Status.OPEN).update(status=Episode.Status.EXCLUDED, exclusion_reason="photo removed")


def _open_episodes(study: Study, participant: Participant, tutorial: bool) -> QuerySet[Episode]:
    own = Episode.objects.filter(study=study, participant=participant, tutorial=tutorial)
    return own.filter(status=Episode.Status.OPEN).select_related("study", "photo")


def _why_unfinishable(episode: Episode) -> Episode.Status | None:
    """Return the status under which an open episode is closed that nobody can go on with; None where somebody can."""
    if not episode.photo.has_preview:
        if previews_are_away():
            message = gettext("The photos are away at the moment; your work is kept. Try again in a while.")
            raise Refusal("photos_away", message, HTTPStatus.SERVICE_UNAVAILABLE)
        return Episode.Status.EXCLUDED
    if episode.contract_version != filters.VERSION or _is_full(episode):
        return Episode.Status.ABANDONED
    return None


def _is_full(episode: Episode) -> bool:
    """Whether it has no room for another visit, or none for an action where nothing stands to be submitted."""
    count = episode.events.count()
    if count < MAXIMUM_EVENTS:
        return False
    is_submittable = episode.study.allow_untouched or rules.trajectory(_replayed(episode.replayable_events()))
    return count >= MAXIMUM_EVENTS + RESERVE or not is_submittable


def _replayed(stored: Sequence[PlayedEvent]) -> rules.State:
    """Return the state after events that were taken, whatever the study allows by now."""
    return rules.replay(stored, allow_untouched=True)


def _check_batch(episode_id: UUID, batch: Sequence[PlayedEvent]) -> None:
    for event in batch:
        if event.episode != str(episode_id):
            raise IllegalEvent("malformed", f"it belongs to episode {event.episode}, not to this one", event.seq)
    for before, after in pairwise(batch):
        if after.seq != before.seq + 1:
            raise IllegalEvent("gap", f"{after.seq} follows {before.seq} in the batch", after.seq)


def _locked_episode(study: Study, participant: Participant, episode_id: UUID, photo_sha256: str) -> Episode | None:
    episode = Episode.objects.select_for_update(of=("self",)).filter(pk=episode_id).first()
    if episode is None:
        return None
    if episode.participant_id != participant.pk:
        raise Refusal("not_found", gettext("You have no such episode."), HTTPStatus.NOT_FOUND)
    if (episode.study_id, episode.photo_id) != (study.pk, photo_sha256):
        raise Refusal("conflict", gettext("The episode was begun on another photo, or in another study."))
    return episode


def _fresh(stored: Sequence[PlayedEvent], batch: Sequence[PlayedEvent]) -> list[PlayedEvent]:
    """Return the events of the batch that are not stored yet; those that are must be the same to the last digit."""
    for event in batch:
        if event.seq < len(stored) and event != stored[event.seq]:
            message = gettext("Event %(number)s is stored with other content.") % {"number": event.seq}
            raise Refusal("conflict", message, seq=event.seq)
    return [event for event in batch if event.seq >= len(stored)]


def _check_room(fresh: Sequence[PlayedEvent]) -> None:
    for event in fresh:
        limit = MAXIMUM_EVENTS + (RESERVE if event.kind in _SENT_BY_PAGES else 0)
        if event.seq >= limit and event.kind != "submit":
            message = gettext("A photo takes at most %(maximum)s actions: submit it as it stands.")
            raise Refusal("too_many_events", message % {"maximum": MAXIMUM_EVENTS}, seq=event.seq)


def _closed(episode: Episode) -> Refusal:
    if not episode.study.playable.filter(pk=episode.photo_id).exists():
        return refusals.photo_removed()
    return Refusal("closed", gettext("The episode was closed; it takes no more events."))


def _startable_photo(study: Study, participant: Participant, photo_sha256: str) -> Photo:
    """Return the photo of a new episode, locked until it is stored, so that it is not removed in the same moment."""
    if not study.open:
        raise Refusal("study_closed", gettext("This study is closed."), HTTPStatus.FORBIDDEN)
    photo = Photo.objects.select_for_update(no_key=True).filter(pk=photo_sha256).first()
    if photo is None:
        raise Refusal("not_found", gettext("There is no such photo."), HTTPStatus.NOT_FOUND)
    # Asked once the photo is locked: before that it may be taken out still.
    if not photo.practice and not study.playable.filter(pk=photo.pk).exists():
        raise refusals.photo_removed()
    if other := resumable_episode(study, participant, tutorial=photo.practice):
        message = gettext("Another episode is open: finish it first, here or in its tab.")
        raise Refusal("other_episode_open", message, episode=str(other.pk))
    close_unfinishable(study, participant, tutorial=photo.practice)
    submitted = Episode.objects.filter(study=study, participant=participant, photo=photo, status="submitted")
    if not photo.practice and submitted.exists():
        raise Refusal("already_played", gettext("You have submitted this photo already."))
    return photo


def _store(episode: Episode, events: Sequence[PlayedEvent], fresh: Sequence[PlayedEvent], state: rules.State) -> None:
    episode.duration_ms = max(event.ms for event in events)
    episode.resumed = any(event.kind == "resume" for event in events)
    steps: list[Step] = []
    if state.status == "submitted":
        episode.status = Episode.Status.SUBMITTED
        steps = steps_of(episode, events, state)
        episode.step_count = len(steps)
    try:
        with transaction.atomic():
            # A new row never takes the place of one that has the same id.
            episode.save(force_insert=episode._state.adding)
            Event.objects.bulk_create([Event.from_played(event) for event in fresh])
    except IntegrityError:
        raise Refusal("conflict", gettext("The id of the episode, or of an event, is taken already.")) from None
    Step.objects.bulk_create(steps)


def steps_of(episode: Episode, events: Sequence[PlayedEvent], state: rules.State) -> list[Step]:
    """Return the rows of the trajectory that a submitted episode has come to, not yet stored."""
    spent = rules.time_spent(events)
    return [
        Step(
            episode=episode,
            index=index,
            filter=step.filter,
            parameters=dict(step.parameters),
            ms_spent=spent.get(step.filter, 0),
        )
        for index, step in enumerate(rules.trajectory(state))
    ]


@receiver(photos_played)
def played_photos(photos: Collection[str], **kwargs: Any) -> set[str]:
    """Answer which photos were begun by anybody but the agent that comes with the site, which plays them again."""
    episodes = Episode.objects.filter(photo__in=photos).exclude(participant__pseudonym=_SHIPPED)
    return set(episodes.order_by().values_list("photo_id", flat=True).distinct())


@receiver(photo_replaced)
def forget_play_of_shipped_agent(photo: Photo, **kwargs: Any) -> None:
    """Forget what the agent that comes with the site has made of a photo that nobody else has played."""
    Episode.objects.filter(photo=photo, participant__pseudonym=_SHIPPED).delete()


@receiver(files_needed)
def is_exported(photo: Photo, **kwargs: Any) -> bool:
    """Answer that a photo's files are needed while an export would show what was submitted on it."""
    return Episode.objects.filter(photo=photo, status=Episode.Status.SUBMITTED).exists()
