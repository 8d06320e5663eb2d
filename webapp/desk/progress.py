"""How far a study is: its funnel, its pace and what is left, arrivals and drop-out over time.

People alone are counted: neither programs nor researchers who try the study.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from webapp.desk.studies import wanted_places
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.studies.arrivals import Arrival
from webapp.studies.models import Lease, Participation, Study

# The pace is that of the last day, or since the beginning of a study that is younger.
_PACE_OVER = timedelta(days=1)
# Up to so long a study is drawn by the hour.
_BY_HOUR = timedelta(days=3)
_MOST_BARS = 60


@dataclass(frozen=True)
class Stage:
    """A stage of the funnel: how many came as far."""

    label: str
    count: int
    of: int
    hint: str = ""

    @property
    def share(self) -> int:
        """In percent of those who agreed."""
        return min(100, round(100 * self.count / self.of)) if self.of else 0


@dataclass(frozen=True)
class Bar:
    """How many arrived, finished and dropped out within an hour or a day."""

    label: str
    joined: int
    completed: int
    dropped: int


@dataclass(frozen=True)
class Progress:
    """How far a study is.

    Attributes:
        by_hour: whether a bar stands for an hour, or for a day.
        reached: of those who are not active, how many had handed in at least 1, 2, ... photos as they stopped.
        wanted: treatments; 0 where any number is. ``filled`` of them are handed in, ``reserved`` taken besides.
        pace: treatments that counted within an hour; 0 where there were none lately.
        left: at that pace; None where nobody knows.
    """

    funnel: list[Stage]
    active: int
    dropped: int
    rejected: int
    withdrawn: int
    previews: int
    bars: list[Bar]
    by_hour: bool
    reached: list[int]
    wanted: int
    filled: int
    reserved: int
    pace: float
    left: timedelta | None

    @property
    def highest(self) -> int:
        """The highest of the bars; at least 1."""
        return max([1, *(max(bar.joined, bar.completed, bar.dropped) for bar in self.bars)])

    @property
    def share(self) -> int:
        """How much is filled, in percent."""
        return min(100, 100 * self.filled // self.wanted) if self.wanted else 0


@dataclass(frozen=True)
class _Person:
    joined: datetime
    completed: datetime | None
    rejected: datetime | None
    done: int
    practised: bool
    last_seen: datetime
    is_waiting: bool

    @property
    def has_dropped(self) -> bool:
        """Whether they stopped before the end, and no photo is reserved for them any more."""
        return self.completed is None and not self.is_waiting


def people_of(study: Study) -> QuerySet[Participation]:
    """Return the participations that count: of people, not of programs and of researchers who tried the study."""
    return Participation.objects.filter(study=study, preview=False, participant__kind=Participant.Kind.HUMAN)


def progress_of(study: Study, now: datetime | None = None) -> Progress:
    """Return how far a study is."""
    now = now or timezone.now()
    people = _read_people(study, now)
    wanted, filled, reserved = _places(study)
    pace = _pace(study, now)
    left = timedelta(hours=(wanted - filled) / pace) if pace and wanted > filled else None
    span = now - min([now, *(person.joined for person in people)])
    by_hour = span <= _BY_HOUR
    dropped = [person for person in people if person.has_dropped]
    furthest = max((person.done for person in dropped), default=0)
    return Progress(
        funnel=_funnel(study, people),
        active=sum(person.is_waiting and person.completed is None for person in people),
        dropped=len(dropped),
        rejected=sum(person.rejected is not None for person in people),
        withdrawn=study.withdrawals.count(),
        previews=Participation.objects.filter(study=study, preview=True).count(),
        bars=_bars(people, by_hour=by_hour),
        by_hour=by_hour,
        reached=[sum(person.done >= count for person in dropped) for count in range(furthest + 1)],
        wanted=wanted,
        filled=filled,
        reserved=reserved,
        pace=pace,
        left=left,
    )


def _read_people(study: Study, now: datetime) -> list[_Person]:
    rows = people_of(study).order_by("joined").values_list("participant", "joined", "completed", "rejected", "pk")
    episodes = Episode.objects.filter(study=study).order_by().values("participant")
    done = Q(status__in=(Episode.Status.SUBMITTED, Episode.Status.EXCLUDED), tutorial=False)
    played = dict(episodes.annotate(done=Count("pk", filter=done)).values_list("participant", "done"))
    last = dict(
        Episode.objects.filter(study=study).order_by("participant", "-started").distinct("participant")
        .values_list("participant", "started")
    )  # fmt: skip
    practised = set(
        Episode.objects.filter(
            Exists(people_of(study).filter(participant=OuterRef("participant"))),
            tutorial=True,
            status=Episode.Status.SUBMITTED,
        ).values_list("participant", flat=True)
    )
    held = Lease.objects.filter(participation__study=study, state=Lease.State.HELD, expires__gt=now)
    waiting = set(held.order_by().values_list("participation", flat=True).distinct())
    patience = timedelta(minutes=study.lease_minutes)
    people = []
    for participant, joined, completed, rejected, key in rows:
        seen = last.get(participant, joined)
        is_waiting = key in waiting if study.is_planned else seen + patience > now
        number = played.get(participant, 0)
        people.append(
            _Person(joined, completed, rejected, number, participant in practised or number > 0, seen, is_waiting)
        )
    return people


def _funnel(study: Study, people: list[_Person]) -> list[Stage]:
    count = len(people)
    opened = Arrival.objects.filter(study=study).aggregate(total=Sum("count"))["total"] or 0
    hint = "times; who opens it twice counts twice, since nobody is known before they agree"
    stages = [Stage("opened the page of consent", opened, 0, hint)] if study.consent_text else []
    stages.append(Stage("agreed and joined", count, count))
    if study.tutorial:
        stages.append(Stage("did the tutorial", sum(person.practised for person in people), count))
    stages.append(Stage("handed in their first photo", sum(person.done > 0 for person in people), count))
    stages.append(Stage("finished", sum(person.completed is not None for person in people), count))
    return stages


def _places(study: Study) -> tuple[int, int, int]:
    """Return how many treatments are wanted, handed in, and reserved."""
    leases = Lease.objects.filter(participation__study=study, coverage__isnull=False)
    counts = leases.aggregate(held=Count("pk", filter=Q(state=Lease.State.HELD)), all=Count("pk"))
    return wanted_places(study, study.playable.count()), counts["all"] - counts["held"], counts["held"]


def _pace(study: Study, now: datetime) -> float:
    handed_in = Episode.objects.filter(study=study, status=Episode.Status.SUBMITTED, participant__kind="human")
    handed_in = handed_in.filter(tutorial=False, preview=False, repeat=False, attention=False, surplus=False)
    lately = handed_in.filter(started__gt=now - _PACE_OVER).order_by()
    starts = lately.values_list("started", flat=True)
    first = min(starts, default=None)
    if first is None:
        return 0.0
    hours = max((now - first).total_seconds() / 3600, 1 / 60)
    return len(starts) / hours


def _bars(people: list[_Person], *, by_hour: bool) -> list[Bar]:
    def slot(moment: datetime) -> datetime:
        return moment.replace(hour=moment.hour if by_hour else 0, minute=0, second=0, microsecond=0)

    joined = Counter(slot(person.joined) for person in people)
    completed = Counter(slot(person.completed) for person in people if person.completed)
    dropped = Counter(slot(person.last_seen) for person in people if person.has_dropped)
    if not joined:
        return []
    step = timedelta(hours=1) if by_hour else timedelta(days=1)
    first, last = min(joined), max([*joined, *completed, *dropped])
    count = min(_MOST_BARS, (last - first) // step + 1)
    slots = [last - step * number for number in reversed(range(count))]
    form = "%d %b, %H:00" if by_hour else "%d %b"
    return [Bar(moment.strftime(form), joined[moment], completed[moment], dropped[moment]) for moment in slots]
