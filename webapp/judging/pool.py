"""The pictures of a judgement task, and which of them somebody is shown: balanced by maker, and the least shown first.

Whatever changes how often pictures are counted holds the lock of their study's pool until its transaction ends.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from editing.game import filters
from webapp.games.models import Episode
from webapp.judging.models import BY_TASK, Picture, Trial
from webapp.personal_agents.models import PersonalPicture
from webapp.studies.models import Lease, Study, StudyPhoto
from webapp.studies.task_order import Task
from webapp.studies.task_structures import MAKERS, OWN, PAIRS, PEOPLE, PERSONAL_AGENT, SELF, TURING_PAIR, UNTOUCHED

# Of Postgres' advisory locks: each study's pool of pictures has one.
_POOL_LOCK = 5_418
_AGENT = "agent:"
_TRIALS = 20
Shown = tuple[Picture, ...]


@dataclass(frozen=True)
class Pool:
    """The pictures of a task, as they are counted under one condition."""

    study: Study
    task: Task
    condition: str

    @property
    def pictures(self) -> QuerySet[Picture]:
        """All pictures of the task that were ever counted here."""
        rows = Picture.objects.filter(study=self.study, task=self.task.name, condition=self.condition)
        return rows.exclude(maker=BY_TASK)

    @property
    def trials(self) -> int:
        """How many trials each participant is given, repeats and attention items aside."""
        trials: int = self.task.settings.get("trials", _TRIALS)
        return trials

    @property
    def wanted(self) -> int | None:
        """How often each picture is to be judged; None for any number."""
        wanted: int | None = self.task.settings.get("judgements_per_picture")
        return wanted

    def lock(self) -> None:
        """Make whoever counts pictures of this study wait for the end of the transaction."""
        lock_pool(self.study)

    def fill(self) -> None:
        """Add the pictures that there are by now; the lock is held."""
        Picture.objects.bulk_create(self.unstored())

    def unstored(self) -> list[Picture]:
        """Return the pictures that there are by now and that were not there before."""
        known = set(self.pictures.values_list("photo", "episode", "personal"))
        return [row for row in self._candidates() if (row.photo_id, row.episode_id, row.personal_id) not in known]

    def has_room(self) -> bool:
        """Tell whether there is a picture left to judge, or whether there are none yet. Changes nothing."""
        if self.wanted is None:
            return True
        # What is for one person alone has no number that is wanted.
        for_all = showable(self.pictures, self.study, self.task).exclude(maker__in=OWN)
        filled = for_all.filter(taken__gte=self.wanted).count()
        total = sum(1 for picture in self._candidates() if picture.maker not in OWN)
        return filled < total or total == 0 or self.lapsed().exists()

    def lapsed(self) -> QuerySet[Trial]:
        """Return the trials that were reserved for too long."""
        held = Trial.objects.filter(participation__study=self.study, task=self.task.name, is_held=True)
        late = held.filter(state=Lease.State.HELD, expires__lt=timezone.now())
        return late.filter(shown__picture__condition=self.condition).distinct()

    def free(self, but_by: int) -> list[Picture]:
        """Return the pictures that can be shown to a participant, and are not filled.

        What they made themselves is none of others' pictures; where people judge their own, it is those alone. Of
        personal agents, their own alone.
        """
        others = [maker for maker in self.task.settings["makers"] if maker != SELF]
        rows = showable(self.pictures, self.study, self.task)
        rows = rows.exclude(maker__in=others, episode__participant=but_by)
        rows = rows.filter(~Q(maker=SELF) | Q(episode__participant=but_by))
        rows = rows.filter(Q(personal=None) | Q(personal__agent__participation__participant=but_by))
        rows = rows.filter(maker__in=self.task.settings["makers"])
        if self.wanted is not None:
            rows = rows.filter(taken__lt=self.wanted)
        return list(rows.order_by("pk"))

    def _candidates(self) -> Iterator[Picture]:
        """Yield the pictures that the task can show by now, not stored."""
        makers: list[str] = self.task.settings["makers"]
        here: dict[str, Any] = {"study": self.study, "task": self.task.name, "condition": self.condition}
        if UNTOUCHED in makers:
            for photo in sources(self.study, self.task).values_list("photo", flat=True).distinct():
                yield Picture(photo_id=photo, maker=UNTOUCHED, **here)
        if PERSONAL_AGENT in makers:
            own = PersonalPicture.objects.filter(agent__participation__study=self.study)
            shown = own.filter(photo__in=sources(self.study, self.task).values("photo"))
            for personal, photo in shown.values_list("pk", "photo"):
                yield Picture(photo_id=photo, personal_id=personal, maker=PERSONAL_AGENT, **here)
        for maker in makers:
            if maker not in (UNTOUCHED, PERSONAL_AGENT):
                for key, photo in _episodes(self.study, self.task, maker).values_list("pk", "photo"):
                    yield Picture(photo_id=photo, episode_id=key, maker=maker, **here)


def lock_pool(study: Study) -> None:
    """Make whoever counts pictures of a study wait for the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_POOL_LOCK, study.pk])


def sources(study: Study, task: Task) -> QuerySet[StudyPhoto]:
    """Return the places of photos in the studies whose pictures a task shows; those removed are left out."""
    studies = _source_studies(study, task)
    checks = [item["photo"] for source in studies for item in source.attention_items]
    return StudyPhoto.objects.filter(study__in=studies, photo__removed_at=None).exclude(photo__in=checks)


def _source_studies(study: Study, task: Task) -> list[Study]:
    slugs = task.settings.get("studies")
    return list(Study.objects.by_slugs(slugs).values()) if slugs else [study]


def showable(pictures: QuerySet[Picture], study: Study, task: Task) -> QuerySet[Picture]:
    """Return those of a task's pictures that can be shown: their photo is still there, their episode still counts."""
    photos = sources(study, task).values("photo")
    counts = Q(episode=None) | Q(
        episode__status=Episode.Status.SUBMITTED, episode__contract_version__in=filters.known_versions()
    )
    return pictures.filter(Q(photo__in=photos) | Q(maker=BY_TASK, photo__removed_at=None)).filter(counts)


def _episodes(study: Study, task: Task, maker: str) -> QuerySet[Episode]:
    finished = Episode.objects.filter(study__in=_source_studies(study, task), status=Episode.Status.SUBMITTED)
    finished = finished.filter(
        contract_version__in=filters.known_versions(), photo__in=sources(study, task).values("photo")
    )
    finished = finished.filter(tutorial=False, attention=False, preview=False, repeat=False)
    kinds = [MAKERS["person"], MAKERS["robot"]] if maker == SELF else [MAKERS.get(maker)]
    by = Q(participant__pseudonym=maker) if maker.startswith(_AGENT) else Q(participant__kind__in=kinds)
    return finished.filter(by).order_by("pk")


def choose(task: Task, free: Sequence[Picture], count: int, seen: Iterable[Shown] = ()) -> list[Shown]:
    """Return what is shown in so many trials: as many of each maker, or of each two of them, as nearly as it goes.

    Within that, photos come first that were shown less to the participant, then pictures that were counted less, then
    lots are drawn. No picture is shown twice, and no two of them together twice.

    Args:
        free: the pictures to choose from.
        seen: what is shown already.
    """
    return _choose_pairs(task, free, count, seen) if task.kind in PAIRS else _choose_single(free, count, seen)


def _choose_single(free: Sequence[Picture], count: int, seen: Iterable[Shown]) -> list[Shown]:
    shown = [picture for pictures in seen for picture in pictures]
    photos = Counter(picture.photo_id for picture in shown)
    makers = Counter(picture.maker for picture in shown)
    by_maker: dict[str, list[Picture]] = defaultdict(list)
    used = {picture.pk for picture in shown}
    for picture in free:
        if picture.pk not in used:
            by_maker[picture.maker].append(picture)
    totals = {maker: sum(p.taken for p in rows) / len(rows) for maker, rows in by_maker.items()}
    chosen: list[Shown] = []
    while any(by_maker.values()) and len(chosen) < count:
        maker = min((name for name in by_maker if by_maker[name]), key=lambda m: (makers[m], totals[m], _lot()))
        picture = min(by_maker[maker], key=lambda p: (photos[p.photo_id], p.taken, _lot()))
        by_maker[maker].remove(picture)
        photos[picture.photo_id] += 1
        makers[maker] += 1
        chosen.append((picture,))
    return chosen


def _choose_pairs(task: Task, free: Sequence[Picture], count: int, seen: Iterable[Shown]) -> list[Shown]:
    by_photo: dict[str, dict[str, list[Picture]]] = defaultdict(lambda: defaultdict(list))
    for picture in free:
        by_photo[picture.photo_id][picture.maker].append(picture)
    photos: Counter[str] = Counter(pictures[0].photo_id for pictures in seen)
    makers: Counter[frozenset[str]] = Counter(frozenset(p.maker for p in pictures) for pictures in seen)
    taken = {picture.pk: picture.taken for picture in free}
    shown_pairs = {frozenset(p.pk for p in pictures) for pictures in seen}
    chosen: list[Shown] = []
    while len(chosen) < count:
        candidates = [
            pair
            for groups in by_photo.values()
            for first, second in combinations(sorted(groups), 2)
            if task.kind != TURING_PAIR or (first in PEOPLE) != (second in PEOPLE)
            if (pair := _least_taken(groups[first], groups[second], taken, shown_pairs)) is not None
        ]
        if not candidates:
            break
        first, second = min(
            candidates,
            key=lambda pair: (
                makers[frozenset((pair[0].maker, pair[1].maker))],
                photos[pair[0].photo_id],
                taken[pair[0].pk] + taken[pair[1].pk],
                _lot(),
            ),
        )
        photos[first.photo_id] += 1
        makers[frozenset((first.maker, second.maker))] += 1
        shown_pairs.add(frozenset((first.pk, second.pk)))
        for picture in (first, second):
            taken[picture.pk] += 1
        chosen.append((first, second))
    return _with_sides(chosen)


def _least_taken(
    first: Sequence[Picture], second: Sequence[Picture], taken: dict[int, int], shown: set[frozenset[int]]
) -> tuple[Picture, Picture] | None:
    """Return the two of two makers, on one photo, that were counted least; None where all were shown together."""
    firsts, seconds = (sorted(side, key=lambda picture: (taken[picture.pk], _lot())) for side in (first, second))
    pairs = ((a, b) for a in firsts for b in seconds)
    return next((pair for pair in pairs if frozenset((pair[0].pk, pair[1].pk)) not in shown), None)


def _with_sides(pairs: Sequence[Shown]) -> list[Shown]:
    """Return the pairs with each maker as often on the left as on the right, as nearly as it goes."""
    turns: dict[frozenset[str], int] = {}
    sided: list[Shown] = []
    for first, second in pairs:
        makers = frozenset((first.maker, second.maker))
        turns[makers] = turns.get(makers, random.randrange(2)) + 1  # noqa: S311 (nothing is secret)
        sided.append((first, second) if turns[makers] % 2 else (second, first))
    return sided


def _lot() -> float:
    return random.random()  # noqa: S311 (nothing is secret)
