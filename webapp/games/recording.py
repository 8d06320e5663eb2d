"""Storing play: events come in batches, are replayed by the rules, and are kept whole or not at all.

Here also is closed what nobody can finish.
"""

from collections.abc import Collection, Iterable, Sequence
from http import HTTPStatus
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.dispatch import Signal, receiver
from django.utils import timezone
from django.utils.translation import gettext
from psycopg.errors import UniqueViolation

from editing.game import filters, rules
from editing.game.events import Event as PlayedEvent
from editing.game.events import IllegalEvent
from editing.game.filters import FILTERS
from editing.game.progress import Progress, progress_after
from webapp.games.models import Episode, Step
from webapp.http import refusals
from webapp.http.refusals import Refusal
from webapp.participants.models import Participant
from webapp.photos.models import Photo, previews_are_away
from webapp.photos.storing import files_needed, photo_removed, photo_replaced, photos_played
from webapp.studies.configuration import SHIPPED_AGENT
from webapp.studies.joining import lock_joined
from webapp.studies.leases import complete_if_done, hand_in, has_open_leases, judged, lease_of
from webapp.studies.models import AGENT_PREFIX, Lease, Participation, Study
from webapp.studies.photos import photo_taken_out

MAXIMUM_EVENTS = 2000
# Beyond them, for what a page sends by itself: whoever comes back to a full episode can still submit it.
RESERVE = 200
_SENT_BY_PAGES = {"resume", "view", "blur", "focus"}
MAXIMUM_BATCH = 500
_REJECTED = "participant rejected: "
_SHIPPED = f"{AGENT_PREFIX}{SHIPPED_AGENT}"
# Sent as an episode begins, with ``participant_id``: a receiver answers whether they were shown what others had made.
reveal_seen = Signal()


def record(
    participant_key: int | None, slug: str, episode_id: UUID, photo_sha256: str, batch: Sequence[PlayedEvent]
) -> rules.State:
    """Store the events of a batch that are new, and return the state after its last event.

    A batch that was stored before changes nothing and is answered as the first time. What it costs does not depend on
    how many events came before: the episode's row says how far it has come.

    Args:
        participant_key: of who has joined in the session that sends, if anybody has.
        slug: of the study.

    Raises:
        Http404: there is no such study.
        IllegalEvent: an event that the rules refuse, or that leaves a gap.
        Refusal: ``not_joined``, ``conflict``, ``not_found``, ``photo_removed``, ``study_closed`` and the like.
    """
    _check_batch(episode_id, batch)
    try:
        with transaction.atomic():
            return _record(lock_joined(participant_key, slug), episode_id, photo_sha256, batch)
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise Refusal("conflict", gettext("The id of the episode, or of an event, is taken already.")) from None
        raise


def _record(
    participation: Participation, episode_id: UUID, photo_sha256: str, batch: Sequence[PlayedEvent]
) -> rules.State:
    study = participation.own_study
    episode = _locked_episode(participation, episode_id, photo_sha256)
    progress, fresh = _continued(episode, batch) if episode else (Progress(), batch)
    if not fresh:
        return progress.state
    if episode and episode.status in (Episode.Status.EXCLUDED, Episode.Status.ABANDONED):
        raise _closed(episode)
    _check_room(fresh)
    progress = progress_after(fresh, study.allow_untouched, progress)
    if episode is None:
        photo = _startable_photo(participation, photo_sha256)
        lease = lease_of(participation, photo) if study.is_planned and not photo.practice else None
        if lease is None and not photo.practice:
            _check_unplayed(participation, photo)
        episode = Episode(
            id=episode_id,
            study=study,
            participant_id=participation.participant_id,
            photo=photo,
            contract_version=fresh[0].contract_version,
            started=timezone.now(),
            tutorial=photo.practice,
            preview=participation.preview,
            condition=participation.condition,
            lease=lease,
            repeat=lease is not None and lease.purpose == Lease.Purpose.REPEAT,
            attention=lease is not None and lease.purpose == Lease.Purpose.ATTENTION,
            saw_reveal=_saw_reveal(participation.participant_id),
        )
    if not episode.tutorial:
        for event in fresh:
            rules.check_offer(event, study.filters or FILTERS, study.maximum_steps)
    if progress.state.status == "submitted":
        _hand_in(participation, study, episode, progress)
    _store(episode, fresh, progress)
    return progress.state


def _hand_in(participation: Participation, study: Study, episode: Episode, progress: Progress) -> None:
    """Take down what handing it in means for the participant's leases, and whether they have done all."""
    if episode.tutorial:
        return
    if episode.lease_id is not None:
        episode.surplus = hand_in(study, episode.lease_id, rules.trajectory(progress.state)).surplus
        if episode.surplus and not episode._state.adding:
            episode.save(update_fields=["surplus"])
        complete_if_done(participation, nothing_left=not has_open_leases(participation))
    else:
        done = Episode.objects.filter(study=study, participant=participation.participant_id, status="submitted")
        left = study.playable.exclude(pk__in=done.values("photo")).exclude(pk=episode.photo_id)
        complete_if_done(participation, nothing_left=not left.exists())


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


@receiver(judged)
def follow_judgement(participation: Participation, **kwargs: Any) -> None:
    """Exclude what somebody who was rejected has handed in, or take it in again; with what is surplus by now."""
    own = Episode.objects.filter(study=participation.study_id, participant=participation.participant_id, tutorial=False)
    if participation.rejected:
        reason = _REJECTED + participation.rejection_reason
        handed_in = own.filter(status=Episode.Status.SUBMITTED)
        handed_in.update(status=Episode.Status.EXCLUDED, exclusion_reason=reason[:200])
    else:
        rejected = own.filter(status=Episode.Status.EXCLUDED, exclusion_reason__startswith=_REJECTED)
        rejected.update(status=Episode.Status.SUBMITTED, exclusion_reason="")
    for surplus in (True, False):
        own.filter(lease__surplus=surplus).update(surplus=surplus)


def _exclude_open(episodes: QuerySet[Episode]) -> None:
    episodes.filter(status=Episode.Status.OPEN).update(status=Episode.Status.EXCLUDED, exclusion_reason="photo removed")


def _open_episodes(study_id: int, participant_id: int, tutorial: bool) -> QuerySet[Episode]:
    own = Episode.objects.filter(study=study_id, participant=participant_id, tutorial=tutorial)
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
    state = _stored_progress(episode)[0].state
    if state.next_seq < MAXIMUM_EVENTS:
        return False
    study = episode.study.under(episode.condition)
    is_submittable = study.allow_untouched or rules.trajectory(state)
    return state.next_seq >= MAXIMUM_EVENTS + RESERVE or not is_submittable


def _replayed(stored: Iterable[PlayedEvent]) -> Progress:
    """Return the progress after events that were taken, whatever the study allows by now."""
    return progress_after(stored, allow_untouched=True)


def _check_batch(episode_id: UUID, batch: Sequence[PlayedEvent]) -> None:
    for event in batch:
        if event.episode != str(episode_id):
            raise IllegalEvent("malformed", f"it belongs to episode {event.episode}, not to this one", event.seq)
    for before, after in pairwise(batch):
        if after.seq != before.seq + 1:
            raise IllegalEvent("gap", f"{after.seq} follows {before.seq} in the batch", after.seq)


def _locked_episode(participation: Participation, episode_id: UUID, photo_sha256: str) -> Episode | None:
    for episode in Episode.objects.raw("SELECT * FROM games_episode WHERE id = %s FOR NO KEY UPDATE", [episode_id]):
        if episode.participant_id != participation.participant_id:
            raise Refusal("not_found", gettext("You have no such episode."), HTTPStatus.NOT_FOUND)
        if (episode.study_id, episode.photo_id) != (participation.study_id, photo_sha256):
            raise Refusal("conflict", gettext("The episode was begun on another photo, or in another study."))
        return episode
    return None


def _continued(episode: Episode, batch: Sequence[PlayedEvent]) -> tuple[Progress, Sequence[PlayedEvent]]:
    """Return the progress after what is stored, and the events of the batch that are not; after its end if all are.

    Raises:
        IllegalEvent: ``stale_contract``.
        Refusal: ``conflict``: those that are stored must be the same to the last digit.
    """
    progress, stored = _stored_progress(episode, batch)
    count = progress.state.next_seq
    for event in batch:
        if event.seq < count and event != stored[event.seq]:
            message = gettext("Event %(number)s is stored with other content.") % {"number": event.seq}
            raise Refusal("conflict", message, seq=event.seq)
    rules.check_version(episode.contract_version)
    fresh = [event for event in batch if event.seq >= count]
    if not fresh and batch[-1].seq < count - 1:
        progress = _replayed(event for event in episode.replayable_events() if event.seq <= batch[-1].seq)
    return progress, fresh


def _stored_progress(episode: Episode, batch: Sequence[PlayedEvent] = ()) -> tuple[Progress, dict[int, PlayedEvent]]:
    """Return how far an episode has come, ready for these events, and those of its own that have the same numbers.

    By one query at most. An episode without a stored progress is replayed.
    """
    if not episode.progress:
        events = episode.replayable_events()
        return _replayed(events), {event.seq: event for event in events}
    stored: dict[int, PlayedEvent] = {}
    numbers = {event.seq for event in batch}

    def fetch(more: set[int]) -> Iterable[PlayedEvent]:
        stored.update(episode.events_of(numbers | more))
        return stored.values()

    progress = Progress.from_json(episode.progress, batch, fetch)
    if batch and batch[0].seq < progress.state.next_seq and not stored:
        fetch(set())
    return progress, stored


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


def _saw_reveal(participant_id: int) -> bool:
    return any(answer for _, answer in reveal_seen.send(Episode, participant_id=participant_id))


def _startable_photo(participation: Participation, photo_sha256: str) -> Photo:
    """Return the photo of a new episode, locked until it is stored, so that it is not removed in the same moment."""
    study = participation.own_study
    if not study.open:
        raise Refusal("study_closed", gettext("This study is closed."), HTTPStatus.FORBIDDEN)
    photo = Photo.objects.select_for_update(no_key=True).filter(pk=photo_sha256).first()
    if photo is None:
        raise Refusal("not_found", gettext("There is no such photo."), HTTPStatus.NOT_FOUND)
    # Asked once the photo is locked: before that it may be taken out still.
    if not photo.practice and not study.playable.filter(pk=photo.pk).exists():
        raise refusals.photo_removed()
    if other := close_unfinishable(participation, tutorial=photo.practice):
        message = gettext("Another episode is open: finish it first, here or in its tab.")
        raise Refusal("other_episode_open", message, episode=str(other.pk))
    return photo


def _check_unplayed(participation: Participation, photo: Photo) -> None:
    own = Episode.objects.filter(study=participation.study_id, participant=participation.participant_id, photo=photo)
    submitted = own.filter(status=Episode.Status.SUBMITTED)
    if submitted.exists():
        raise Refusal("already_played", gettext("You have submitted this photo already."))


def _store(episode: Episode, fresh: Sequence[PlayedEvent], progress: Progress) -> None:
    steps: list[Step] = []
    if progress.state.status == "submitted":
        episode.status = Episode.Status.SUBMITTED
        steps = _steps(episode, progress)
        episode.step_count = len(steps)
    episode.duration_ms, episode.resumed = progress.ms, progress.resumed
    episode.progress = progress.to_json()
    episode.add(fresh)
    if steps:
        Step.objects.bulk_create(steps)


def _steps(episode: Episode, progress: Progress) -> list[Step]:
    """Return the rows of the trajectory that a submitted episode has come to, not yet stored."""
    return [
        Step(
            episode=episode,
            index=index,
            filter=step.filter,
            parameters=dict(step.parameters),
            ms_spent=progress.time_spent[step.filter],
        )
        for index, step in enumerate(rules.trajectory(progress.state))
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
