"""Judging: trials are reserved for a participant, shown blind, and answered once.

A trial is to a picture what a lease is to a photo: it takes one of the places that are wanted, lapses, and is taken
again; its repeats and attention items come by the same rules (`webapp.studies.sequences`).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext

from webapp.http.refusals import Refusal
from webapp.judging.models import BY_TASK, Picture, ShownPicture, Trial
from webapp.judging.pool import Pool, Shown, choose, lock_pool, showable
from webapp.participants.models import Participant
from webapp.personal_agents.people import is_expected
from webapp.photos.models import Photo, previews_are_away
from webapp.photos.storing import files_needed, photo_removed, photos_played
from webapp.ratings.models import Judgement, Place, Showing
from webapp.studies.leases import complete_if_done, counted_in, full, judged
from webapp.studies.models import Lease, Participation, Study
from webapp.studies.photos import photo_taken_out
from webapp.studies.sequences import Item, draws_of, with_attention_items, with_repeats
from webapp.studies.task_order import Task, TaskKind, add_kind, current_task, tasks_of
from webapp.studies.task_structures import ANSWERS, JUDGEMENTS, OWN, PAIRS, PERSONAL_AGENT

_REPEAT_DISTANCE = 3


def pool_of(study: Study, condition: str, task: Task) -> Pool:
    """Return the pool of a task, as its pictures are counted under a condition."""
    return Pool(study, task, counted_in(study, condition))


def reserve(participation: Participation, task: Task) -> None:
    """Reserve the trials of somebody who joins, as far as there are pictures by now.

    Where what is their own is judged, there is none yet: all is reserved as they begin the task.

    Raises:
        Refusal: ``study_full``: others have judged all of them.
    """
    if set(OWN) & set(task.settings["makers"]):
        return
    _reserve(participation, task)
    pool = pool_of(participation.own_study, participation.condition, task)
    has_none = pool.wanted is not None and not _trials(participation, task).exists()
    if has_none and _is_counted(participation) and pool.pictures.exists():
        raise full()


def is_awaited(participation: Participation, task: Task) -> bool:
    """Tell whether a participant's own agent is judged in a task, and is expected any moment."""
    if PERSONAL_AGENT not in task.settings["makers"] or answered(participation, task):
        return False
    return is_expected(participation)


@transaction.atomic
def begin(participation: Participation, task: Task) -> None:
    """Reserve what there is to judge by now for somebody who begins the task; they may have done all by that."""
    Participation.objects.select_for_update(no_key=True).get(pk=participation.pk)
    _reserve(participation, task)
    complete_if_done(participation, nothing_left=current_task(participation) is None)


def _reserve(participation: Participation, task: Task) -> None:
    study = participation.own_study
    pool = pool_of(study, participation.condition, task)
    pool.lock()
    own = list(_trials(participation, task).prefetch_related("shown__picture"))
    seen = [_pictures(trial) for trial in own if trial.purpose == Lease.Purpose.PLAY]
    if len(seen) >= pool.trials or any(trial.state == Lease.State.HANDED_IN for trial in own):
        return
    release(pool.lapsed())
    pool.fill()
    chosen = choose(task, pool.free(participation.participant_id), pool.trials - len(seen), seen)
    if chosen:
        release(Trial.objects.filter(pk__in=[trial.pk for trial in own]))
        Trial.objects.filter(pk__in=[trial.pk for trial in own]).delete()
        _store(participation, task, [*seen, *chosen])


def _is_counted(participation: Participation) -> bool:
    return participation.participant.kind == Participant.Kind.HUMAN and not participation.preview


def _store(participation: Participation, task: Task, chosen: Sequence[Shown]) -> None:
    study, settings, counts = participation.own_study, task.settings, _is_counted(participation)
    draw = draws_of(study, f"{participation.pseudonym} {task.name}")
    pictures = {picture.pk: picture for shown in chosen for picture in shown}
    keys = sorted((tuple(picture.pk for picture in shown) for shown in chosen), key=lambda key: draw(str(key)))
    distance = settings.get("repeat_distance", _REPEAT_DISTANCE)
    items: list[Item[tuple[int, ...]]] = with_repeats(keys, settings.get("repeat_share", 0), distance, draw)
    checks = _attention_pictures(participation, task)
    pictures |= {picture.pk: picture for shown in checks.values() for picture in shown}
    numbers = {tuple(picture.pk for picture in shown): number for number, shown in checks.items()}
    items = with_attention_items(items, list(numbers))
    expires = timezone.now() + timedelta(minutes=study.lease_minutes)
    trials, shown_pictures = [], []
    for position, item in enumerate(items):
        is_first = item.purpose == Lease.Purpose.PLAY
        trial = Trial(
            participation=participation,
            task=task.name,
            position=position,
            purpose=item.purpose,
            counts=counts and is_first,
            is_held=counts and is_first,
            item=numbers.get(item.content),
            expires=expires,
        )
        # A repeat of two pictures has them the other way round.
        content = item.content[::-1] if item.purpose == Lease.Purpose.REPEAT else item.content
        trials.append(trial)
        shown_pictures += [ShownPicture(trial=trial, index=at, picture=pictures[key]) for at, key in enumerate(content)]
    Trial.objects.bulk_create(trials)
    ShownPicture.objects.bulk_create(shown_pictures)
    if counts:
        _count([key for shown in keys for key in shown], 1)


def _attention_pictures(participation: Participation, task: Task) -> dict[int, Shown]:
    """Return the pictures of each attention item, by its number, stored once for all; not of photos that are gone."""
    shown: dict[int, Shown] = {}
    for number, item in enumerate(task.settings.get("attention_items", [])):
        if not Photo.objects.filter(pk=item["photo"], removed_at=None).exists():
            continue
        count = 2 if task.kind in PAIRS else 1
        same = {"study": participation.study, "task": task.name, "condition": f"item {number}", "maker": BY_TASK}
        rows = list(Picture.objects.filter(**same, photo=item["photo"]).order_by("pk"))
        steps = item.get("steps", [[]] * count)
        if len(rows) != count:
            new = [Picture(**same, photo_id=item["photo"], steps=of_picture) for of_picture in steps]
            rows = Picture.objects.bulk_create(new)
        shown[number] = tuple(rows)
    return shown


def _trials(participation: Participation, task: Task) -> QuerySet[Trial]:
    return Trial.objects.filter(participation=participation, task=task.name)


def _pictures(trial: Trial) -> Shown:
    return tuple(shown.picture for shown in sorted(trial.shown.all(), key=lambda shown: shown.index))


def open_trials(participation: Participation, task: Task) -> list[Trial]:
    """Return what somebody has still to judge, in order; what can no longer be shown is passed over."""
    here = showable(Picture.objects.filter(study=participation.study_id), participation.own_study, task)
    gone = ShownPicture.objects.filter(trial=OuterRef("pk")).exclude(picture__in=here.values("pk"))
    held = _trials(participation, task).filter(state=Lease.State.HELD).exclude(Exists(gone))
    trials = held.prefetch_related("shown__picture__photo").order_by("position")
    return [
        trial
        for trial in trials
        if all(picture.photo.has_preview for picture in _pictures(trial)) or previews_are_away()
    ]


def answered(participation: Participation, task: Task) -> int:
    """Return how many trials of a task somebody has answered."""
    return _trials(participation, task).filter(state=Lease.State.HANDED_IN).count()


def answer(participation: Participation, key: UUID, value: int, ms: int) -> Trial:
    """Take down the answer to a trial. The same again changes nothing.

    Args:
        key: the trial's id.
        ms: from the pictures to the answer, by the client's clock.

    Raises:
        Refusal: ``not_found``, ``malformed``, or ``conflict`` where another answer was given before.
    """
    with transaction.atomic():
        Participation.objects.select_for_update(no_key=True).get(pk=participation.pk)
        trial = Trial.objects.select_for_update().filter(participation=participation, pk=key).first()
        if trial is None:
            raise Refusal("not_found", gettext("You have no such question."), HTTPStatus.NOT_FOUND)
        task = _task_of(participation, trial)
        low, high = ANSWERS[task.kind]
        if not low <= value <= high:
            message = gettext("The answer is a number from %(low)s to %(high)s.") % {"low": low, "high": high}
            raise Refusal("malformed", message, HTTPStatus.BAD_REQUEST)
        if trial.state == Lease.State.HANDED_IN:
            if Judgement.objects.get(showing__key=trial.pk).answer != value:
                raise Refusal("conflict", gettext("You have given another answer before."))
            return trial
        _hand_in(participation, task, trial, value)
        _keep(participation, task, trial, value, ms)
        participation.refresh_from_db(fields=["completed"])
        complete_if_done(participation, nothing_left=current_task(participation) is None)
    return trial


def _task_of(participation: Participation, trial: Trial) -> Task:
    tasks = tasks_of(participation.study.under(participation.condition))
    task = next((task for task in tasks if task.name == trial.task and task.kind in JUDGEMENTS), None)
    if task is None:
        raise Refusal("not_found", gettext("You have no such question."), HTTPStatus.NOT_FOUND)
    return task


def _hand_in(participation: Participation, task: Task, trial: Trial, value: int) -> None:
    trial.state = Lease.State.HANDED_IN
    if trial.counts and not trial.is_held:
        _take_again(participation, task, [trial])
    if trial.item is not None:
        trial.failed = value not in task.settings["attention_items"][trial.item]["answers"]
    trial.save(update_fields=["state", "is_held", "surplus", "failed"])


def _keep(participation: Participation, task: Task, trial: Trial, value: int, ms: int) -> None:
    """Add the rows that are kept: what was shown, in which places, and what was said of it."""
    pictures = _pictures(trial)
    showing = Showing.objects.create(
        study=participation.study,
        participant=participation.participant,
        photo_id=pictures[0].photo_id,
        task=task.name,
        key=trial.pk,
        position=trial.position,
        condition=participation.condition,
        repeat=trial.purpose == Lease.Purpose.REPEAT,
        attention=trial.purpose == Lease.Purpose.ATTENTION,
        preview=participation.preview,
        surplus=trial.surplus,
        failed=trial.failed,
    )
    Place.objects.bulk_create(
        Place(showing=showing, index=index, episode_id=picture.episode_id, maker=picture.maker)
        for index, picture in enumerate(pictures)
    )
    Judgement.objects.create(showing=showing, kind=task.kind, answer=value, ms=ms)


def _take_again(participation: Participation, task: Task, trials: Sequence[Trial]) -> None:
    """Let trials be counted again, as far as their pictures are not filled; else they are surplus. Not yet saved."""
    study = participation.own_study
    lock_pool(study)
    wanted = pool_of(study, participation.condition, task).wanted
    for trial in trials:
        pictures = list(Picture.objects.filter(shown__trial=trial))
        trial.surplus = wanted is not None and any(picture.taken >= wanted for picture in pictures)
        trial.is_held = not trial.surplus
        if trial.is_held:
            _count([picture.pk for picture in pictures], 1)


def release(trials: Iterable[Trial]) -> None:
    """Count trials no longer, and store that; the lock of their pool is held."""
    held = [trial.pk for trial in trials if trial.is_held]
    _count(ShownPicture.objects.filter(trial__in=held).values_list("picture", flat=True), -1)
    Trial.objects.filter(pk__in=held).update(is_held=False)


def _count(pictures: Iterable[int], by: int) -> None:
    for number, keys in _by_number(Counter(pictures)).items():
        Picture.objects.filter(pk__in=keys).update(taken=F("taken") + by * number)


def _by_number(counts: Counter[int]) -> dict[int, list[int]]:
    keys: dict[int, list[int]] = {}
    for key, number in counts.items():
        keys.setdefault(number, []).append(key)
    return keys


def give_back(participation: Participation) -> None:
    """Count nothing of somebody any more, also of what they have answered; within a transaction."""
    lock_pool(participation.study)
    release(Trial.objects.filter(participation=participation, is_held=True))


@receiver(judged)
def follow_judgement(participation: Participation, **kwargs: Any) -> None:
    """Count nothing of somebody who was rejected, or all again that they have answered, as far as there are places."""
    if participation.rejected:
        give_back(participation)
        return
    for task in _judgement_tasks(participation.own_study):
        waiting = _trials(participation, task).filter(counts=True, is_held=False, state=Lease.State.HANDED_IN)
        trials = list(waiting.order_by("position"))
        _take_again(participation, task, trials)
        Trial.objects.bulk_update(trials, ["is_held", "surplus"])


@receiver(photos_played)
def judged_photos(photos: Collection[str], **kwargs: Any) -> set[str]:
    """Answer of which photos pictures were shown to somebody: what they saw must stay what it is."""
    shown = ShownPicture.objects.filter(picture__photo__in=photos)
    return set(shown.order_by().values_list("picture__photo_id", flat=True).distinct())


@receiver(files_needed)
def is_judged(photo: Photo, **kwargs: Any) -> bool:
    """Answer that a photo's files are needed while an export would show what was said of it."""
    return Showing.objects.filter(photo=photo).exclude(task="").exists()


@receiver(photo_removed)
@receiver(photo_taken_out)
def complete_who_has_no_other(photo: Photo, **kwargs: Any) -> None:
    """Take down as complete who had nothing left to judge but this photo, and has judged others."""
    shown = Trial.objects.filter(shown__picture__photo=photo, state=Lease.State.HELD, participation__completed=None)
    own = Participation.objects.filter(pk__in=shown.values("participation")).select_related("study")
    for participation in own.filter(trials__state=Lease.State.HANDED_IN).distinct():
        complete_if_done(participation, nothing_left=current_task(participation) is None)


def _judgement_tasks(study: Study) -> list[Task]:
    return [task for task in tasks_of(study) if task.kind in JUDGEMENTS]


def _is_done(participation: Participation, task: Task) -> bool:
    """Tell whether nothing is left to judge: of what was begun; else of what could be reserved by now."""
    if open_trials(participation, task):
        return False
    if answered(participation, task):
        return True
    if is_awaited(participation, task):
        return False
    pool = pool_of(participation.own_study, participation.condition, task)
    return not pool.unstored() and not choose(task, pool.free(participation.participant_id), 1)


def _has_begun(participation: Participation, task: Task) -> bool:
    return answered(participation, task) > 0


def _failed_items(participation: Participation, task: Task) -> int:
    return _trials(participation, task).filter(failed=True).count()


def _has_room(study: Study, condition: str, task: Task) -> bool:
    return pool_of(study, condition, task).has_room()


for _kind in JUDGEMENTS:
    add_kind(
        _kind,
        TaskKind(
            page="judging-page",
            is_done=_is_done,
            has_begun=_has_begun,
            has_room=_has_room,
            reserve=reserve,
            failed_items=_failed_items,
        ),
    )
