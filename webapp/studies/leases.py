"""Which photos are whose: leases, taken as somebody joins, that become one of the k treatments of a photo or lapse.

A place is a unit of ``Coverage.taken``, held by the lease that points to it. Rows of coverage are locked in one of two
ways, so that no two wait for each other: those that nobody else has locked, whichever they are; or, where these are
too few, all of them in the order of their keys, by somebody who holds none.
"""

import itertools
from collections.abc import Iterable, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.signals import post_save
from django.dispatch import Signal, receiver
from django.utils import timezone
from django.utils.translation import gettext

from editing.game.attention import AttentionRule
from editing.game.rules import Step
from webapp.http.refusals import Refusal
from webapp.participants.models import Participant
from webapp.photos.models import Photo, previews_are_away
from webapp.photos.storing import photo_removed
from webapp.studies.models import Coverage, Lease, Participation, Study, StudyPhoto
from webapp.studies.photos import photo_taken_out
from webapp.studies.sequences import sequence
from webapp.studies.task_order import are_others_done, has_begun_others, have_room

_MISSING_COVERAGE = """
INSERT INTO studies_coverage (study_id, photo_id, condition, taken)
SELECT studyphoto.study_id, studyphoto.photo_id, %s, 0 FROM studies_studyphoto AS studyphoto
WHERE studyphoto.study_id = %s AND NOT EXISTS (
    SELECT FROM studies_coverage AS coverage
    WHERE (coverage.study_id, coverage.photo_id, coverage.condition) = (studyphoto.study_id, studyphoto.photo_id, %s)
)
ORDER BY studyphoto.photo_id ON CONFLICT DO NOTHING
"""


# Sent inside the transaction in which a ``participation`` was rejected or accepted again, released or restored.
judged = Signal()


def full() -> Refusal:
    """Return what is said to who comes when the study has all that it wants."""
    return Refusal("study_full", gettext("This study is full: it has all the pictures that it needs."), HTTPStatus.GONE)


def counted_in(study: Study, condition: str) -> str:
    """Return under which name the treatments of a condition are counted: its own, or the one of all together."""
    return condition if study.count_by_condition else ""


def has_room(study: Study, condition: str = "") -> bool:
    """Tell whether there is something left for somebody who counts, in each task of a condition. Changes nothing."""
    return _has_photo_left(study, condition) and have_room(study, condition)


def _has_photo_left(study: Study, condition: str) -> bool:
    if study.episodes_per_photo is None or not study.has_play:
        return True
    name = counted_in(study, condition)
    photos = _photos(study)
    filled = Coverage.objects.filter(study=study, condition=name, taken__gte=study.episodes_per_photo)
    lapsed = _lapsed(study).filter(coverage__condition=name, photo__in=photos)
    return photos.exclude(pk__in=filled.values("photo")).exists() or lapsed.exists()


def is_full(study: Study) -> bool:
    """Tell whether no condition of the study has room."""
    names = [condition["name"] for condition in study.conditions] or [""]
    is_limited = study.is_planned or bool(study.tasks or study.conditions)
    return is_limited and not any(has_room(study.under(name), name) for name in names)


def lease_photos(participation: Participation) -> None:
    """Reserve the photos of somebody who joins, all at once; within the transaction in which they join.

    People take the photos that have the fewest places taken. What robots and researchers play takes no place.

    Raises:
        Refusal: ``study_full``.
    """
    study = participation.own_study
    if not study.is_planned:
        return
    name = counted_in(study, participation.condition)
    with connection.cursor() as cursor:
        cursor.execute(_MISSING_COVERAGE, [name, study.pk, name])
    counts = _counts(participation)
    count = study.photos_per_participant or _photos(study).count()
    rows = _taken(study, name, count) if counts else list(_offered(study, name).order_by("taken", "?")[:count])
    if counts and not rows:
        raise full()
    _store(participation, study, rows, counts=counts)


def _counts(participation: Participation) -> bool:
    """Tell whether what somebody plays takes places: that of robots and of researchers who try the study does not."""
    return participation.participant.kind == Participant.Kind.HUMAN and not participation.preview


def _photos(study: Study) -> QuerySet[Photo]:
    """Return the photos that are played for their own sake, not as attention items."""
    return study.playable.exclude(pk__in=[item["photo"] for item in study.attention_items])


def _offered(study: Study, name: str) -> QuerySet[Coverage]:
    return Coverage.objects.filter(study=study, condition=name, photo__in=_photos(study))


def _taken(study: Study, name: str, count: int) -> list[Coverage]:
    """Return the coverage of so many photos, as far as there are any, each with one place more taken."""
    free = _offered(study, name)
    if study.episodes_per_photo is not None:
        free = free.filter(taken__lt=study.episodes_per_photo)
    before = transaction.savepoint()
    rows = list(free.order_by("taken", "?").select_for_update(skip_locked=True, of=("self",))[:count])
    if len(rows) < count:
        transaction.savepoint_rollback(before)  # which unlocks them
        rows = sorted(free.order_by("pk").select_for_update(of=("self",)), key=lambda row: row.taken)[:count]
    else:
        transaction.savepoint_commit(before)
    Coverage.objects.filter(pk__in=[row.pk for row in rows]).update(taken=F("taken") + 1)
    return rows


def _store(participation: Participation, study: Study, rows: Sequence[Coverage], *, counts: bool) -> None:
    coverage = {row.photo_id: row for row in rows}
    in_order = StudyPhoto.objects.filter(study=study, photo__in=coverage).order_by("added", "pk")
    photos = list(in_order.values_list("photo_id", flat=True))
    participation.turn = _free_turn(participation)
    participation.save(update_fields=["turn"])
    expires = timezone.now() + timedelta(minutes=study.lease_minutes)
    items = sequence(study, participation.participant.pseudonym, photos, participation.turn)
    Lease.objects.bulk_create(
        Lease(
            participation=participation,
            photo_id=item.content,
            position=position,
            purpose=item.purpose,
            coverage=coverage[item.content] if counts and item.purpose == Lease.Purpose.PLAY else None,
            counts=counts and item.purpose == Lease.Purpose.PLAY,
            expires=expires,
        )
        for position, item in enumerate(items)
    )


def _free_turn(participation: Participation) -> int:
    """Return the first turn that nobody who counts has; in a balanced order nobody else joins at the same moment.

    Whoever was rejected, or has withdrawn, leaves theirs to the next.
    """
    study, condition = participation.study_id, participation.condition
    others = Participation.objects.filter(study=study, condition=condition, preview=participation.preview)
    others = others.exclude(pk=participation.pk).filter(rejected=None, released=None)
    taken = set(others.values_list("turn", flat=True))
    return next(turn for turn in itertools.count() if turn not in taken)


def open_leases(participation: Participation) -> QuerySet[Lease]:
    """Return what somebody has still to play, in order; photos that are gone are passed over."""
    held = Lease.objects.filter(participation=participation, state=Lease.State.HELD)
    in_study = StudyPhoto.objects.filter(study=participation.study_id, photo=OuterRef("photo"))
    still_there = held.annotate(place=Subquery(in_study.values("pk")[:1])).exclude(place=None)
    return still_there.filter(photo__removed_at=None).order_by("position")


def has_open_leases(participation: Participation) -> bool:
    """Tell whether there is something left that somebody can play; not what is lost."""
    photos = (lease.photo for lease in open_leases(participation).select_related("photo"))
    return any(photo.has_preview or previews_are_away() for photo in photos)


def lease_of(participation: Participation, photo_sha256: str) -> Lease:
    """Return the lease under which somebody begins a photo.

    Raises:
        Refusal: ``already_played``, or ``not_assigned``.
    """
    own = Lease.objects.filter(participation=participation, photo=photo_sha256).order_by("position")
    held = own.filter(state=Lease.State.HELD).first()
    if held is not None:
        return held
    if own.exists():
        raise Refusal("already_played", gettext("You have submitted this photo already."))
    raise Refusal("not_assigned", gettext("This photo is not one of yours in this study; go on with the next one."))


def hand_in(study: Study, key: int, steps: Iterable[Step]) -> Lease:
    """Take down that what was leased was handed in, within the transaction that stores it.

    Where the lease had lapsed it takes a place again; where none is left it is surplus.

    Args:
        study: under the participant's condition.
        key: of the lease.
        steps: that were handed in.
    """
    lease = Lease.objects.select_for_update().select_related("participation").get(pk=key)
    lease.state = Lease.State.HANDED_IN
    if lease.counts and lease.coverage_id is None:
        _take_again(study, [lease])
    if lease.purpose == Lease.Purpose.ATTENTION:
        item = next(item for item in study.attention_items if item["photo"] == lease.photo_id)
        lease.failed = not AttentionRule.of(item).is_kept(steps)
    lease.save(update_fields=["state", "coverage", "surplus", "failed"])
    return lease


def _take_again(study: Study, leases: Sequence[Lease]) -> None:
    """Let the leases of one participation take a place each, where one is left; else they are surplus."""
    own = {lease.photo_id: lease for lease in leases}
    name = counted_in(study, leases[0].participation.condition) if leases else ""
    rows = Coverage.objects.filter(study=study, photo__in=own, condition=name).order_by("pk")
    for lease in leases:
        lease.surplus = True
    for row in rows.select_for_update(of=("self",)):
        if study.episodes_per_photo is None or row.taken < study.episodes_per_photo:
            row.taken += 1
            row.save(update_fields=["taken"])
            own[row.photo_id].coverage, own[row.photo_id].surplus = row, False


def complete_if_done(participation: Participation, *, nothing_left: bool) -> None:
    """Take down that somebody has done all, once; ``nothing_left`` says whether they have, as to play."""
    if nothing_left and participation.completed is None and are_others_done(participation):
        participation.completed = timezone.now()
        participation.save(update_fields=["completed"])


def complete_who_is_cut_short(participations: QuerySet[Participation]) -> None:
    """Take down as complete who has handed something in and can go on no more: it is not their doing."""
    begun = Lease.objects.filter(participation=OuterRef("pk"), state=Lease.State.HANDED_IN)
    participations.filter(Exists(begun), completed=None).update(completed=timezone.now())


@receiver(post_save, sender=Study)
def complete_who_has_begun(instance: Study, **kwargs: Any) -> None:
    """Take down as complete who has begun a study that was closed."""
    if instance.state == Study.State.CLOSED:
        left = Participation.objects.filter(study=instance, completed=None)
        complete_who_is_cut_short(left)
        begun = [own.pk for own in left.select_related("study") if has_begun_others(own)]
        left.filter(pk__in=begun).update(completed=timezone.now())


@receiver(photo_removed)
@receiver(photo_taken_out)
def complete_who_has_no_other(photo: Photo, study: Study | None = None, **kwargs: Any) -> None:
    """Take down as complete who had only this photo left to play."""
    held = Participation.objects.filter(leases__photo=photo, leases__state=Lease.State.HELD, completed=None)
    held = held.select_related("study")
    for participation in held.distinct() if study is None else held.filter(study=study).distinct():
        if not open_leases(participation).exclude(photo=photo).exists() and are_others_done(participation):
            complete_who_is_cut_short(Participation.objects.filter(pk=participation.pk))


@transaction.atomic
def reject(participation: Participation, reason: str) -> None:
    """Refuse what somebody did, for a reason that is kept: it is excluded, and its places are given back."""
    Participation.objects.select_for_update().get(pk=participation.pk)
    give_back(participation)
    participation.rejected, participation.rejection_reason = timezone.now(), reason
    participation.save(update_fields=["rejected", "rejection_reason"])
    judged.send(Participation, participation=participation)


@transaction.atomic
def accept(participation: Participation) -> None:
    """Accept somebody who was rejected; what found its place filled meanwhile is surplus."""
    Participation.objects.select_for_update().get(pk=participation.pk)
    if participation.released is None:
        take_back(participation)
    participation.rejected, participation.rejection_reason = None, ""
    participation.save(update_fields=["rejected", "rejection_reason"])
    judged.send(Participation, participation=participation)


@transaction.atomic
def release(participation: Participation) -> None:
    """Give back the places of somebody whom the recruiter replaces. What they handed in is kept, and is surplus."""
    Participation.objects.select_for_update().get(pk=participation.pk)
    give_back(participation)
    participation.leases.filter(counts=True, state=Lease.State.HANDED_IN).update(surplus=True)
    participation.released = timezone.now()
    participation.save(update_fields=["released"])
    judged.send(Participation, participation=participation)


@transaction.atomic
def restore(participation: Participation) -> None:
    """Take somebody in again who was released; what found its place filled meanwhile stays surplus."""
    Participation.objects.select_for_update().get(pk=participation.pk)
    if participation.rejected is None:
        take_back(participation)
    participation.released = None
    participation.save(update_fields=["released"])
    judged.send(Participation, participation=participation)


@transaction.atomic
def release_lapsed(study: Study) -> int:
    """Give back the places of leases that have lapsed, and return how many. Who comes late may hand in all the same."""
    leases = list(_lapsed(study).select_for_update(skip_locked=True, of=("self",)))
    _release(leases)
    return len(leases)


def exclude_lease(key: int) -> None:
    """Give back the place of what was handed in under a lease, which takes none again; within a transaction."""
    lease = Lease.objects.select_for_update().get(pk=key)
    _release([lease])
    Lease.objects.filter(pk=key).update(counts=False, surplus=False)


def accept_lease(key: int) -> Lease:
    """Let what was handed in under a lease count again, as far as there is a place; within a transaction."""
    lease = Lease.objects.select_for_update(of=("self",)).select_related("participation__study").get(pk=key)
    participation = lease.participation
    lease.counts = lease.purpose == Lease.Purpose.PLAY and _counts(participation)
    if lease.counts and participation.rejected is None:
        if participation.released is None:
            _take_again(participation.study.under(participation.condition), [lease])
        else:
            lease.surplus = True
    lease.save(update_fields=["counts", "coverage", "surplus"])
    return lease


def give_back(participation: Participation) -> None:
    """Give back all places of somebody, also of what they have handed in; within a transaction."""
    _release(list(participation.leases.filter(coverage__isnull=False).select_for_update(of=("self",))))


def take_back(participation: Participation) -> None:
    """Let what somebody has handed in count again, as far as there are places; within a transaction."""
    study = participation.study.under(participation.condition)
    waiting = participation.leases.filter(counts=True, coverage=None, state=Lease.State.HANDED_IN)
    leases = list(waiting.select_related("participation").select_for_update(of=("self",)))
    _take_again(study, leases)
    Lease.objects.bulk_update(leases, ["coverage", "surplus"])


def _lapsed(study: Study) -> QuerySet[Lease]:
    held = Lease.objects.filter(state=Lease.State.HELD, coverage__isnull=False, expires__lt=timezone.now())
    return held.filter(participation__study=study)


def _release(leases: Sequence[Lease]) -> None:
    keys = sorted(lease.coverage_id for lease in leases if lease.coverage_id is not None)
    # Locked in the order of their keys; a participation has at most one place of each.
    for row in Coverage.objects.filter(pk__in=keys).order_by("pk").select_for_update():
        row.taken -= keys.count(row.pk)
        row.save(update_fields=["taken"])
    Lease.objects.filter(pk__in=[lease.pk for lease in leases]).update(coverage=None)
