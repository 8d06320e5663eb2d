"""Quality: how each measure lies among the people of a study, beside its threshold, and who lies beyond it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase

from webapp.desk.access import for_members, render_desk
from webapp.quality.flags import FLAGS, Distribution, Flag, distributions, flags_of, thresholds_of
from webapp.quality.measuring import unmeasured
from webapp.quality.people import PersonMeasures, measure_people
from webapp.studies.members import Role
from webapp.studies.models import Study

BINS = 24


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram.

    Attributes:
        count: of people; ``height`` of the bar, of 100.
        is_beyond: whether it lies beyond the threshold.
    """

    text: str
    count: int
    height: int
    is_beyond: bool


@dataclass(frozen=True)
class Chart:
    """A measure's distribution, as the page draws it."""

    flag: Flag
    bars: list[Bar]
    threshold: str
    raised: int
    people: int


@dataclass(frozen=True)
class Reading:
    """One measure of somebody, in words, beside its threshold.

    Attributes:
        value: empty where there is too little to say; ``threshold`` where the study has none.
    """

    flag: Flag
    value: str
    threshold: str
    is_raised: bool


def readings_of(study: Study, participation: int) -> list[Reading]:
    """Return the measures of somebody, by the key of their participation; none before they are measured."""
    thresholds = thresholds_of(study)
    person = next((each for each in measure_people(study) if each.participation == participation), None)
    if person is None or not person.photos:
        return []
    return [
        Reading(
            flag=flag,
            value=value_text(flag, flag.measure(person)),
            threshold=value_text(flag, thresholds[flag.name]),
            is_raised=flag.is_raised(person, thresholds[flag.name]),
        )
        for flag in FLAGS
    ]


def raised_in(study: Study) -> dict[int, list[Flag]]:
    """Return the flags of each participation of a person that has any, by its key; previews are left out."""
    thresholds = thresholds_of(study)
    people = (person for person in measure_people(study) if person.kind == "human" and not person.preview)
    raised = ((person.participation, flags_of(person, thresholds)) for person in people)
    return {key: flags for key, flags in raised if flags}


@for_members(Role.VIEWER)
def quality_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the distributions, and everybody who raises a flag, those with the most flags first."""
    thresholds = thresholds_of(study)
    people = [person for person in measure_people(study) if person.kind == "human" and not person.preview]
    flagged = [(person, raised) for person in people if (raised := flags_of(person, thresholds))]
    return render_desk(
        request,
        "quality",
        study,
        tab="quality",
        charts=[_chart(each) for each in distributions(people, thresholds)],
        flagged=sorted(((person, shown(person, raised)) for person, raised in flagged), key=lambda row: -len(row[1])),
        people=people,
        waiting=unmeasured(study).count(),
    )


def shown(person: PersonMeasures, flags: list[Flag]) -> list[tuple[Flag, str]]:
    """Return each flag with the measure that raises it, in words."""
    return [(flag, value_text(flag, flag.measure(person))) for flag in flags]


def value_text(flag: Flag, value: float | None) -> str:
    """Return a measure as people read it."""
    if value is None:
        return ""
    return f"{value:.0%}" if flag.unit == "%" else f"{value:.3g} {flag.unit}".strip()


def _chart(distribution: Distribution) -> Chart:
    flag, threshold = distribution.flag, distribution.threshold
    bins = distribution.histogram(BINS)
    highest = max((count for *_, count in bins), default=0)

    def bar(low: float, high: float, count: int) -> Bar:
        middle = (low + high) / 2
        is_beyond = threshold is not None and (middle < threshold if flag.below else middle > threshold)
        text = f"{value_text(flag, low)} to {value_text(flag, high)}: {count}"
        return Bar(text, count, round(100 * count / highest) if highest else 0, is_beyond)

    return Chart(
        flag, [bar(*each) for each in bins], value_text(flag, threshold), distribution.raised, len(distribution.values)
    )
