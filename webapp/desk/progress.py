"""How far a study is: its funnel, its pace and what is left, arrivals and drop-out over time.

People alone are counted: neither programs nor researchers who try the study.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone

from webapp.desk.activity import Person, read_people
from webapp.desk.quality import raised_in
from webapp.desk.studies import wanted_places
from webapp.games.models import Episode
from webapp.quality.flags import FLAGS, Flag
from webapp.recruiting.models import Payment
from webapp.studies.arrivals import Arrival
from webapp.studies.models import Lease, Study

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
        flagged: people whose play is worth a look; ``flags`` says for what, and how many each.
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
    flagged: int
    flags: list[tuple[Flag, int]]

    @property
    def highest(self) -> int:
        """The highest of the bars; at least 1."""
        return max([1, *(max(bar.joined, bar.completed, bar.dropped) for bar in self.bars)])

    @property
    def share(self) -> int:
        """How much is filled, in percent."""
        return min(100, 100 * self.filled // self.wanted) if self.wanted else 0


def progress_of(study: Study, now: datetime | None = None) -> Progress:
    """Return how far a study is."""
    now = now or timezone.now()
    everybody = read_people(study, now=now)
    people = [person for person in everybody if person.counts]
    wanted, filled, reserved = _places(study)
    pace = _pace(study, now)
    by_hour = now - min([now, *(person.participation.joined for person in people)]) <= _BY_HOUR
    stopped = [person for person in people if person.has_stopped]
    furthest = max((person.done for person in stopped), default=0)
    raised = raised_in(study)
    counts = Counter(flag.name for flags in raised.values() for flag in flags)
    return Progress(
        funnel=_funnel(study, people),
        active=sum(person.state == "active" for person in people),
        dropped=len(stopped),
        rejected=sum(person.state == "rejected" for person in people),
        withdrawn=study.withdrawals.count(),
        previews=sum(person.state == "preview" for person in everybody),
        bars=_bars(people, by_hour=by_hour),
        by_hour=by_hour,
        reached=[sum(person.done >= count for person in stopped) for count in range(furthest + 1)],
        wanted=wanted,
        filled=filled,
        reserved=reserved,
        pace=pace,
        left=timedelta(hours=(wanted - filled) / pace) if pace and wanted > filled else None,
        flagged=len(raised),
        flags=[(flag, counts[flag.name]) for flag in FLAGS if counts[flag.name]],
    )


def _funnel(study: Study, people: list[Person]) -> list[Stage]:
    count = len(people)
    opened = Arrival.objects.filter(study=study).aggregate(total=Sum("count"))["total"] or 0
    hint = "times; who opens it twice counts twice, since nobody is known before they agree"
    stages = [Stage("opened the page of consent", opened, 0, hint)] if study.consent_text else []
    stages.append(Stage("agreed and joined", count, count))
    if study.tutorial:
        stages.append(Stage("did the tutorial", sum(person.practised for person in people), count))
    stages.append(Stage("handed in their first photo", sum(person.done > 0 for person in people), count))
    stages.append(Stage("finished", sum(person.participation.completed is not None for person in people), count))
    if study.entry_parameter:
        rewards = Payment.objects.filter(study=study, purpose=Payment.Purpose.REWARD).exclude(paid=None)
        stages.append(Stage("were paid", rewards.count(), count))
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


def _bars(people: list[Person], *, by_hour: bool) -> list[Bar]:
    def slot(moment: datetime) -> datetime:
        return moment.replace(hour=moment.hour if by_hour else 0, minute=0, second=0, microsecond=0)

    rows = [person.participation for person in people]
    joined = Counter(slot(row.joined) for row in rows)
    completed = Counter(slot(row.completed) for row in rows if row.completed)
    dropped = Counter(slot(person.last_seen) for person in people if person.has_stopped)
    if not joined:
        return []
    step = timedelta(hours=1) if by_hour else timedelta(days=1)
    first, last = min(joined), max([*joined, *completed, *dropped])
    count = min(_MOST_BARS, (last - first) // step + 1)
    slots = [last - step * number for number in reversed(range(count))]
    form = "%d %b, %H:00" if by_hour else "%d %b"
    return [Bar(moment.strftime(form), joined[moment], completed[moment], dropped[moment]) for moment in slots]
