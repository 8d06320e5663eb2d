"""Storing play: events come in batches, are replayed by the rules, and are kept whole or not at all."""

from collections.abc import Collection, Iterable, Sequence
from http import HTTPStatus
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.dispatch import Signal, receiver
from django.utils import timezone
from django.utils.translation import gettext
from psycopg.errors import UniqueViolation

from editing.game import rules
from editing.game.events import Event as PlayedEvent
from editing.game.events import IllegalEvent
from editing.game.filters import FILTERS
from editing.game.progress import Progress, progress_after
from webapp.database.statements import Sql, fetch
from webapp.games.episodes import check_room, close_unfinishable, replayed, stored_progress
from webapp.games.models import EPISODE_COLUMNS, Episode
from webapp.http import refusals
from webapp.http.metrics import EVENTS
from webapp.http.refusals import Refusal
from webapp.photos.models import Photo
from webapp.photos.storing import files_needed, photo_replaced, photos_played
from webapp.studies.configuration import SHIPPED_AGENT
from webapp.studies.joining import joined_statement, lock_joined, read_joined
from webapp.studies.leases import complete_if_done, hand_in, has_open_leases, lease_of
from webapp.studies.models import AGENT_PREFIX, Lease, Participation, Study
from webapp.studies.task_order import current_task
from webapp.studies.task_structures import PLAY

MAXIMUM_BATCH = 500
_LOCK_WITH_EPISODE = f"""
{joined_statement([f"episode.{name}" for name in EPISODE_COLUMNS], "JOIN games_episode AS episode ON episode.id = %s")}
FOR NO KEY UPDATE OF participation, episode
"""
_STARTABLE = """
SELECT
    EXISTS (
        SELECT FROM studies_studyphoto JOIN photos_photo ON sha256 = photo_id
        WHERE study_id = %(study)s AND photo_id = %(photo)s AND removed_at IS NULL
    ),
    EXISTS (
        SELECT FROM games_episode
        WHERE study_id = %(study)s AND participant_id = %(participant)s AND tutorial = %(practice)s AND status = 'open'
    ),
    EXISTS (
        SELECT FROM games_episode
        WHERE study_id = %(study)s AND participant_id = %(participant)s AND photo_id = %(photo)s
            AND status = 'submitted'
    )
"""
# Photos of a study besides one that a participant has not submitted.
_PHOTOS_LEFT = """
SELECT FROM studies_studyphoto AS own JOIN photos_photo ON sha256 = photo_id
WHERE own.study_id = %s AND removed_at IS NULL AND own.photo_id <> %s AND NOT EXISTS (
    SELECT FROM games_episode AS episode
    WHERE (episode.study_id, episode.participant_id, episode.photo_id, episode.status)
        = (own.study_id, %s, own.photo_id, 'submitted')
)
LIMIT 1
"""
# Of a participation and a photo that it has not submitted: locked, so that neither is gone before an episode is stored.
_STARTABLE_ALONE = """EXISTS (
    SELECT FROM studies_participation AS participation
    JOIN studies_studyphoto AS own ON own.study_id = participation.study_id
    JOIN photos_photo AS photo ON photo.sha256 = own.photo_id
    WHERE participation.id = %s AND sha256 = %s AND removed_at IS NULL AND NOT practice AND NOT EXISTS (
        SELECT FROM games_episode AS played
        WHERE (played.study_id, played.participant_id, played.photo_id, played.status)
            = (participation.study_id, participation.participant_id, sha256, 'submitted')
    )
    FOR NO KEY UPDATE OF participation, photo FOR KEY SHARE OF own
)"""
_STILL_THERE = "EXISTS (SELECT FROM studies_participation WHERE id = %s FOR NO KEY UPDATE)"
_COMPLETE = f""", completed AS (
    UPDATE studies_participation SET completed = now()
    WHERE id = %s AND completed IS NULL AND EXISTS (SELECT FROM episode) AND NOT EXISTS ({_PHOTOS_LEFT})
)"""  # noqa: S608 (nothing in it is from outside)
_SHIPPED = f"{AGENT_PREFIX}{SHIPPED_AGENT}"
# Sent as an episode begins, with ``participant_id``: a receiver answers whether they were shown what others had made.
reveal_seen = Signal()


def record(
    participant_key: int | None,
    slug: str,
    episode_id: UUID,
    photo_sha256: str,
    batch: Sequence[PlayedEvent],
    *,
    is_new: bool = False,
) -> rules.State:
    """Store the events of a batch that are new, and return the state after its last event.

    A batch that was stored before changes nothing and is answered as the first time. What it costs does not depend on
    how many events came before: the episode's row says how far it has come. Batches of a participant are stored one
    after the other.

    Args:
        participant_key: of who has joined in the session that sends, if anybody has.
        slug: of the study.
        is_new: whether to take it for granted that nothing of the episode is stored; if something is, the batch is
            refused.

    Raises:
        Http404: there is no such study.
        IllegalEvent: an event that the rules refuse, or that leaves a gap.
        Refusal: ``not_joined``, ``conflict``, ``not_found``, ``photo_removed``, ``study_closed`` and the like.
    """
    check_batch(episode_id, batch)
    try:
        with transaction.atomic():
            state = _record_in_turn(participant_key, slug, episode_id, photo_sha256, batch, is_new)
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise _conflict() from None
        raise
    EVENTS.inc(len(batch))
    return state


def begin_alone(
    participation: Participation, episode_id: UUID, photo_sha256: str, batch: Sequence[PlayedEvent]
) -> rules.State | None:
    """Store the first batch of an episode by one statement, or nothing.

    Returns:
        The state after its last event; None where more has to be asked than that statement does, or something is
        stored of the episode already.

    Raises:
        IllegalEvent, Refusal, IntegrityError: as ``record_alone``.
    """
    study = participation.own_study
    progress = _begun(study, batch)
    if not study.open or study.is_planned or study.tasks or progress.state.status == "submitted":
        return None
    episode = _episode_of(participation, episode_id, photo_sha256, batch[0].contract_version)
    _check_offers(study, episode, batch)
    _take_over(episode, progress)
    condition = Sql(_STARTABLE_ALONE, [participation.pk, photo_sha256])
    if not episode.begin(batch, condition=condition):
        return None
    EVENTS.inc(len(batch))
    return progress.state


def record_alone(
    participation: Participation, episode: Episode, photo_sha256: str, batch: Sequence[PlayedEvent]
) -> rules.State | None:
    """Store a batch that does not begin an episode by one statement, or nothing.

    Args:
        batch: of that episode, one number after the other.

    Returns:
        The state after its last event; None where somebody else has stored events of the episode meanwhile, or it is
        handed in and other tasks, or a lease, have to be asked.

    Raises:
        IllegalEvent, Refusal: as ``record``, perhaps for want of what is just being stored.
        IntegrityError: the id of an event is taken already.
    """
    _check_own(participation, episode, photo_sha256)
    study = participation.own_study
    progress, fresh = _advanced(study, episode, batch)
    if not fresh:
        EVENTS.inc(len(batch))
        return progress.state
    before = episode.progress
    _take_over(episode, progress)
    if episode.status != Episode.Status.SUBMITTED:
        is_stored = episode.advance(fresh, before)
    elif episode.tutorial or episode.lease_id is not None or study.tasks:
        return None
    else:
        own = [study.pk, episode.photo_id, participation.participant_id]
        still_there, complete = Sql(_STILL_THERE, [participation.pk]), Sql(_COMPLETE, [participation.pk, *own])
        is_stored = episode.advance(fresh, before, _steps(progress), still_there, complete)
    if not is_stored:
        return None
    EVENTS.inc(len(batch))
    return progress.state


def _record_in_turn(
    participant_key: int | None,
    slug: str,
    episode_id: UUID,
    photo_sha256: str,
    batch: Sequence[PlayedEvent],
    is_new: bool,
) -> rules.State:
    """Store a batch, one of the participant's after the other."""
    participation, episode = _lock(participant_key, slug, None if is_new else episode_id)
    study = participation.own_study
    if episode is None:
        progress, fresh = _begun(study, batch), batch
        episode = _new_episode(participation, episode_id, photo_sha256, batch[0].contract_version)
        _check_offers(study, episode, batch)
    else:
        _check_own(participation, episode, photo_sha256)
        progress, fresh = _advanced(study, episode, batch)
    if not fresh:
        return progress.state
    before = episode.progress
    _take_over(episode, progress)
    steps: list[dict[str, Any]] = []
    if episode.status == Episode.Status.SUBMITTED:
        steps = _steps(progress)
        _hand_in(participation, study, episode, progress)
    if not episode._state.adding:
        episode.advance(fresh, before, steps)
    elif not episode.begin(fresh, steps):
        raise _conflict()
    return progress.state


def _lock(participant_key: int | None, slug: str, episode_id: UUID | None) -> tuple[Participation, Episode | None]:
    """Return a participation, and the episode of that id if there is one, both locked until the transaction's end.

    Raises:
        Http404, Refusal: as ``lock_joined``.
    """
    if participant_key is not None and episode_id is not None:
        for row in fetch(_LOCK_WITH_EPISODE, [episode_id, slug, participant_key]):
            participation, values = read_joined(row)
            return participation, Episode.from_db("default", EPISODE_COLUMNS, values)
    participation = lock_joined(participant_key, slug)
    return participation, Episode.locked(episode_id) if episode_id is not None else None


def _begun(study: Study, batch: Sequence[PlayedEvent]) -> Progress:
    check_room(batch)
    return progress_after(batch, study.allow_untouched)


def _advanced(study: Study, episode: Episode, batch: Sequence[PlayedEvent]) -> tuple[Progress, Sequence[PlayedEvent]]:
    """Return the progress of an episode after a batch, and those of its events that are not stored yet."""
    progress, fresh = _continued(episode, batch)
    if fresh:
        if episode.status in (Episode.Status.EXCLUDED, Episode.Status.ABANDONED):
            raise _closed(episode)
        check_room(fresh)
        progress = progress_after(fresh, study.allow_untouched, progress)
        _check_offers(study, episode, fresh)
    return progress, fresh


def _check_offers(study: Study, episode: Episode, fresh: Iterable[PlayedEvent]) -> None:
    if not episode.tutorial:
        for event in fresh:
            rules.check_offer(event, study.filters or FILTERS, study.maximum_steps)


def _take_over(episode: Episode, progress: Progress) -> None:
    """Let the row of an episode say how far it has come."""
    if progress.state.status == "submitted":
        episode.status = Episode.Status.SUBMITTED
        episode.step_count = len(rules.trajectory(progress.state))
    episode.duration_ms, episode.resumed = progress.ms, progress.resumed
    episode.progress = progress.to_json()


def _new_episode(participation: Participation, episode_id: UUID, photo_sha256: str, version: int) -> Episode:
    """Return the row of an episode that a participant begins, not yet stored.

    Raises:
        Refusal: they cannot play that photo now.
    """
    study = participation.own_study
    is_tutorial = _lock_startable(participation, photo_sha256)
    lease = lease_of(participation, photo_sha256) if study.is_planned and not is_tutorial else None
    return _episode_of(participation, episode_id, photo_sha256, version, lease, tutorial=is_tutorial)


def _episode_of(
    participation: Participation,
    episode_id: UUID,
    photo_sha256: str,
    version: int,
    lease: Lease | None = None,
    *,
    tutorial: bool = False,
) -> Episode:
    return Episode(
        id=episode_id,
        study_id=participation.study_id,
        participant_id=participation.participant_id,
        photo_id=photo_sha256,
        contract_version=version,
        started=timezone.now(),
        tutorial=tutorial,
        preview=participation.preview,
        condition=participation.condition,
        lease=lease,
        repeat=lease is not None and lease.purpose == Lease.Purpose.REPEAT,
        attention=lease is not None and lease.purpose == Lease.Purpose.ATTENTION,
        saw_reveal=_saw_reveal(participation.participant_id),
    )


def _hand_in(participation: Participation, study: Study, episode: Episode, progress: Progress) -> None:
    """Take down what handing it in means for the participant's leases, and whether they have done all."""
    if episode.tutorial:
        return
    if episode.lease_id is not None:
        episode.surplus = hand_in(study, episode.lease_id, rules.trajectory(progress.state)).surplus
        complete_if_done(participation, nothing_left=not has_open_leases(participation))
    else:
        own = [study.pk, episode.photo_id, participation.participant_id]
        complete_if_done(participation, nothing_left=not fetch(_PHOTOS_LEFT, own))


def check_batch(episode_id: UUID, batch: Sequence[PlayedEvent]) -> None:
    """Refuse events of another episode, or with a gap between them.

    Raises:
        IllegalEvent: ``malformed`` or ``gap``.
    """
    own = str(episode_id)
    for event in batch:
        if event.episode != own:
            raise IllegalEvent("malformed", f"it belongs to episode {event.episode}, not to this one", event.seq)
    for before, after in pairwise(batch):
        if after.seq != before.seq + 1:
            raise IllegalEvent("gap", f"{after.seq} follows {before.seq} in the batch", after.seq)


def _check_own(participation: Participation, episode: Episode, photo_sha256: str) -> None:
    if episode.participant_id != participation.participant_id:
        raise Refusal("not_found", gettext("You have no such episode."), HTTPStatus.NOT_FOUND)
    if (episode.study_id, episode.photo_id) != (participation.study_id, photo_sha256):
        raise Refusal("conflict", gettext("The episode was begun on another photo, or in another study."))


def _continued(episode: Episode, batch: Sequence[PlayedEvent]) -> tuple[Progress, Sequence[PlayedEvent]]:
    """Return the progress after what is stored, and the events of the batch that are not; after its end if all are.

    Raises:
        IllegalEvent: ``stale_contract``.
        Refusal: ``conflict``: those that are stored must be the same to the last digit.
    """
    progress, stored = stored_progress(episode, batch)
    count = progress.state.next_seq
    for event in batch:
        if event.seq < count and event != stored[event.seq]:
            message = gettext("Event %(number)s is stored with other content.") % {"number": event.seq}
            raise Refusal("conflict", message, seq=event.seq)
    rules.check_version(episode.contract_version)
    fresh = [event for event in batch if event.seq >= count]
    if not fresh and batch[-1].seq < count - 1:
        progress = replayed(event for event in episode.replayable_events() if event.seq <= batch[-1].seq)
    return progress, fresh


def _conflict() -> Refusal:
    return Refusal("conflict", gettext("The id of the episode, or of an event, is taken already."))


def _closed(episode: Episode) -> Refusal:
    if not episode.study.playable.filter(pk=episode.photo_id).exists():
        return refusals.photo_removed()
    return Refusal("closed", gettext("The episode was closed; it takes no more events."))


def _saw_reveal(participant_id: int) -> bool:
    return any(answer for _, answer in reveal_seen.send(Episode, participant_id=participant_id))


def _lock_startable(participation: Participation, photo_sha256: str) -> bool:
    """Lock the photo of a new episode until it is stored, so that it is not removed in the same moment.

    Returns:
        Whether it is the practice photo.

    Raises:
        Refusal: ``study_closed``, ``not_found``, ``photo_removed``, ``other_episode_open``, or ``already_played``.
    """
    study = participation.own_study
    if not study.open:
        raise Refusal("study_closed", gettext("This study is closed."), HTTPStatus.FORBIDDEN)
    if study.tasks and ((task := current_task(participation)) is None or task.kind != PLAY):
        raise Refusal("other_task", gettext("Another task of the study comes first: load the page again."))
    rows = fetch("SELECT practice FROM photos_photo WHERE sha256 = %s FOR NO KEY UPDATE", [photo_sha256])
    if not rows:
        raise Refusal("not_found", gettext("There is no such photo."), HTTPStatus.NOT_FOUND)
    is_practice: bool = rows[0][0]
    # Asked once the photo is locked: before that it may be taken out still.
    own = {"study": study.pk, "participant": participation.participant_id, "photo": photo_sha256}
    is_playable, is_other_open, is_played = fetch(_STARTABLE, own | {"practice": is_practice})[0]
    if not is_practice and not is_playable:
        raise refusals.photo_removed()
    if is_other_open and (other := close_unfinishable(participation, tutorial=is_practice)):
        message = gettext("Another episode is open: finish it first, here or in its tab.")
        raise Refusal("other_episode_open", message, episode=str(other.pk))
    if is_played and not is_practice and not study.is_planned:
        raise Refusal("already_played", gettext("You have submitted this photo already."))
    return is_practice


def _steps(progress: Progress) -> list[dict[str, Any]]:
    """Return the rows of the trajectory that a submitted episode has come to."""
    return [
        {
            "index": index,
            "filter": step.filter,
            "parameters": dict(step.parameters),
            "ms_spent": progress.time_spent[step.filter],
        }
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
