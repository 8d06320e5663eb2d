"""What of somebody's play is worth a look: a measure beyond a threshold of the study. Never a verdict by itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.quality.people import PersonMeasures
from webapp.studies.models import Study

# On fewer photos, or repeats, a share says nothing.
LEAST_PHOTOS = 3
LEAST_REPEATS = 2


@dataclass(frozen=True)
class Flag:
    """A measure, and the setting of a study that says from where on it is flagged.

    Attributes:
        name: a word, as exports and addresses have it.
        label: what is said of a person who has it.
        measure: what is measured; None where there is too little to say.
        setting: of the study: the threshold, empty where the study does not ask.
        below: whether what lies below the threshold is flagged, not what lies above.
        unit: of the measure; ``%`` for a share from 0 to 1.
    """

    name: str
    label: str
    measure: Callable[[PersonMeasures], float | None]
    setting: str
    below: bool = False
    unit: str = "%"

    def is_raised(self, person: PersonMeasures, threshold: float | None) -> bool:
        """Tell whether somebody's measure lies beyond a threshold."""
        value = self.measure(person)
        if value is None or threshold is None:
            return False
        return value < threshold if self.below else value > threshold


def _of_photos(name: str) -> Callable[[PersonMeasures], float | None]:
    def measure(person: PersonMeasures) -> float | None:
        value: float | None = getattr(person, name)
        return value if person.photos >= LEAST_PHOTOS else None

    return measure


def _repeat_ratio(person: PersonMeasures) -> float | None:
    return person.repeat_ratio if person.repeats >= LEAST_REPEATS else None


def _failed(person: PersonMeasures) -> float | None:
    return person.attention_failed if person.attention_items else None


FLAGS = (
    Flag("fast", "less time for a photo than careful work takes", _of_photos("seconds"), "flag_seconds", True, "s"),
    Flag("untouched", "photos left as they were", _of_photos("untouched"), "flag_untouched"),
    Flag("identical", "the same steps on several photos", _of_photos("identical"), "flag_identical"),
    Flag("attention", "failed attention items", _failed, "failed_items_allowed", unit=""),
    Flag("unreliable", "the second treatment is as unlike the first as other people's", _repeat_ratio, "flag_repeats"),
    Flag("away", "the page out of sight", _of_photos("away"), "flag_away"),
    Flag("synthetic", "controls moved by a program", _of_photos("synthetic"), "flag_synthetic"),
)


def thresholds_of(study: Study) -> dict[str, float | None]:
    """Return the thresholds of a study, by the name of the flag."""
    return {flag.name: getattr(study, flag.setting) for flag in FLAGS}


def flags_of(person: PersonMeasures, thresholds: Mapping[str, float | None]) -> list[Flag]:
    """Return the flags that somebody raises, in the order of ``FLAGS``."""
    return [flag for flag in FLAGS if flag.is_raised(person, thresholds[flag.name])]


@dataclass(frozen=True)
class Distribution:
    """How a measure lies among the people of a study, beside its threshold.

    Attributes:
        values: of those who have one, from low to high.
        raised: how many of them are flagged.
    """

    flag: Flag
    threshold: float | None
    values: tuple[float, ...]
    raised: int

    def histogram(self, bins: int = 20) -> list[tuple[float, float, int]]:
        """Return equal bins over the values and the threshold: low, high, and how many lie in each."""
        ends = [*self.values, *([] if self.threshold is None else [self.threshold])]
        if not self.values:
            return []
        low, width = min(ends), (max(ends) - min(ends)) / bins or 1.0
        counts = [0] * bins
        for value in self.values:
            counts[min(int((value - low) / width), bins - 1)] += 1
        return [(low + width * index, low + width * (index + 1), count) for index, count in enumerate(counts)]


def distributions(people: Iterable[PersonMeasures], thresholds: Mapping[str, float | None]) -> list[Distribution]:
    """Return the distribution of each flag's measure over some people."""
    everybody = list(people)

    def of(flag: Flag) -> Distribution:
        threshold = thresholds[flag.name]
        values = sorted(value for person in everybody if (value := flag.measure(person)) is not None)
        return Distribution(flag, threshold, tuple(values), sum(flag.is_raised(each, threshold) for each in everybody))

    return [of(flag) for flag in FLAGS]


def row_of(person: PersonMeasures, thresholds: Mapping[str, float | None]) -> dict[str, Any]:
    """Return somebody's measures and flags as plain values, for a table."""
    return {
        **vars(person),
        "repeat_ratio": person.repeat_ratio,
        "flags": " ".join(flag.name for flag in flags_of(person, thresholds)),
    }
