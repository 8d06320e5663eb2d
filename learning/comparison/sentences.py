"""What a comparison says in sentences: the report's findings and notes, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from editing.game.filters import FILTERS
from editing.game.parameters import print_number
from learning.comparison.intervals import MINIMUM_CLUSTERS
from learning.comparison.sides import PLAYERS, Side, episodes_by_kind
from learning.comparison.statistics import Sample

# A side with fewer episodes is called a small sample.
SMALL_SAMPLE = 20
# The filters whose use differs most that the findings name.
NAMED_FILTERS = 3


# The agents of a side that are named, before they are only counted.
NAMED_AGENTS = 3


def who_is_compared(a: Side, b: Side, whole_a: Side, whole_b: Side) -> list[str]:
    """Return a sentence on whose play is compared, and one for each side that leaves other kinds of players out.

    Args:
        whole_a, whole_b: the sides before kinds were chosen.
    """
    sides = [f"{plural(len(side.episodes), 'episode')} by {players(side)} ({side.label})" for side in (a, b)]
    sentences = [f"Comparing {sides[0]} with {sides[1]}."]
    for name, side, whole in (("a", a, whole_a), ("b", b, whole_b)):
        if others := {kind: count for kind, count in whole.kinds.items() if kind not in side.kinds}:
            sentences.append(
                f"Left out of {side.label}: {episodes_by_kind(others)}. --kind-{name} chooses other kinds."
            )
    return sentences


def players(side: Side) -> str:
    """Return who played, such as ``12 people and 3 robots``; agents by their names."""
    named = []
    for kind in sorted(side.kinds, key=list(PLAYERS).index):
        names = sorted({episode.player for episode in side.episodes if episode.player_kind == kind})
        if kind == "agent" and len(names) <= NAMED_AGENTS:
            named += names
        elif len(names) == 1:
            named.append("one person" if kind == "human" else f"one {kind}")
        else:
            named.append(f"{len(names):,} {PLAYERS[kind]}")
    return " and ".join(named) or "nobody"


def findings(numbers: Mapping[str, Any]) -> list[str]:
    """Return the comparison in short, in a few sentences, each with its interval.

    Args:
        numbers: what ``learning.comparison.compare.compare`` returned.
    """
    labels = {name: numbers["sides"][name]["label"] for name in "ab"}
    return [
        *_filter_use_findings(numbers["filter_use"], labels),
        *_step_count_findings(numbers["step_counts"], labels),
        *_color_difference_findings(numbers["color_difference"]["pairs"], labels),
    ]


def _filter_use_findings(filter_use: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    differences = {slug: use["difference"] for slug, use in filter_use.items()}
    clear = [
        slug
        for slug, difference in sorted(differences.items(), key=lambda item: -abs(item[1]["value"] or 0))
        if difference["low"] is not None and (difference["low"] > 0 or difference["high"] < 0)
    ]
    if not clear and all(difference["low"] is not None for difference in differences.values()):
        return ["No filter’s share differs by more than its interval allows for."]
    sentences = []
    for slug in clear[:NAMED_FILTERS]:
        difference, use = differences[slug], filter_use[slug]
        sentences.append(
            f"{FILTERS[slug].label}: used in {percent(use['a']['value'], digits=1)} % of {labels['a']}’s episodes and "
            f"in {percent(use['b']['value'], digits=1)} % of {labels['b']}’s "
            f"(difference {percent(difference['value'], sign=True, digits=1)} points, "
            f"{interval(difference, 0, 100, sign=True)})."
        )
    return sentences


def _step_count_findings(step_counts: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    if step_counts["difference"]["value"] is None:
        return []
    means = {name: step_counts[name]["mean"] for name in "ab"}
    a, b = (f"{number(mean['value'])}{_in_brackets(mean)} in {labels[name]}’s" for name, mean in means.items())
    return [f"Steps in an episode: {a}, {b}."]


def _color_difference_findings(pairs: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    if pairs["a_b"]["value"] is None:
        return []
    a, b = labels["a"], labels["b"]
    text = f"The same photo by {a} and by {b} differs by {number(pairs['a_b']['value'], 1)} ΔE on average"
    ratio = pairs["ratio_to_a_players"]
    if ratio["value"] is not None:
        text += (
            f"; {number(ratio['value'])} times{_in_brackets(ratio)} what {a}’s players differ by among "
            f"each other, over {plural(ratio['photos'], 'photo')}"
        )
    return [f"{text}."]


def notes(a: Side, b: Side, samples: Sequence[Sample], shared: Sequence[str]) -> list[str]:
    """Return what a reader must know before reading the numbers.

    Args:
        samples: the samples of A and B.
        shared: the photos that both sides played, as ``learning.comparison.sides.shared_photos`` returns them.
    """
    on_both = _both_sides_notes(a, b, shared) if a.episodes and b.episodes else []
    return [*_side_notes(a, samples[0]), *_side_notes(b, samples[1]), *on_both]


def _side_notes(side: Side, sample: Sample) -> list[str]:
    count, player_count = len(side.episodes), len({episode.player for episode in side.episodes})
    if not count:
        return [f"{side.label} has no episode that counts: its figures are missing."]
    sentences = []
    if count < SMALL_SAMPLE:
        sentences.append(f"{side.label} is a small sample (n = {count}): read its figures as examples, not as rates.")
    if sample.resampling.cluster is None:
        sentences.append(f"{side.label} has fewer than {MINIMUM_CLUSTERS} players and photos: too few for an interval.")
    elif sample.resampling.cluster == "photo":
        who = "one player" if player_count == 1 else f"only {player_count} players"
        sentences.append(f"{side.label} has {who}: its intervals resample photos, and say nothing about other players.")
    agents = {episode.player for episode in side.episodes if episode.player_kind == "agent"}
    if len(side.kinds) > 1 or len(agents) > 1:
        sentences.append(f"{side.label} holds the play of {players(side)} together: its figures mix them.")
    return sentences


def _both_sides_notes(a: Side, b: Side, shared: Sequence[str]) -> list[str]:
    sentences = []
    other_previews = sorted(photo for photo in a.played.keys() & b.played.keys() if photo not in shared)
    if other_previews:
        sentences.append(
            f"Played on both sides, but from differently decoded previews: {plural(len(other_previews), 'photo')}. "
            "Their results are not compared with each other."
        )
    if not shared:
        sentences.append("No photo was played on both sides: a difference may be one of the photos alone.")
    elif len(shared) < max(len(a.played), len(b.played)):
        sentences.append(
            f"The sides played different photos ({a.label} {len(a.played)}, {b.label} {len(b.played)}, both "
            f"{len(shared)}): part of a difference may be one of the photos."
        )
    agents = [{episode.player for episode in side.episodes if episode.player_kind == "agent"} for side in (a, b)]
    if same := sorted(agents[0] & agents[1]):
        sentences.append(f"On both sides: play by {' and '.join(same)}.")
    on_both = len({episode.id for episode in a.episodes} & {episode.id for episode in b.episodes})
    if on_both:
        sentences.append(
            f"On both sides: {plural(on_both, 'episode')}. The differences are smaller than those of separate samples."
        )
    return sentences


def parameter_changes(parameters: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return, by filter and parameter, how far apart the two sides' means are, or their ratio on a logarithmic scale.

    Args:
        parameters: what ``learning.comparison.statistics.parameters`` returned.
    """
    words: dict[str, dict[str, str]] = {}
    for slug, filter_ in FILTERS.items():
        words[slug] = {}
        for parameter in filter_.parameters if not filter_.curves else ():
            statistics = parameters[slug]["parameters"][parameter.name]
            ratio = "ratio" in statistics
            change = statistics["ratio" if ratio else "difference"]
            if change["value"] is None:
                continue
            factor, digits = (1.0, 2) if ratio else (parameter.factor, parameter.decimals)
            unit = "" if ratio else parameter.unit
            text = f"{number(change['value'] * factor, digits, sign=not ratio)} {unit}".strip()
            name = "Ratio of the means" if ratio else "Difference of the means"
            words[slug][parameter.name] = f"{name} {text}{_in_brackets(change, digits, factor, sign=not ratio)}"
    return words


def number(value: float | None, digits: int = 2, sign: bool = False) -> str:
    """Return a number as people read it, with a true minus sign; a dash for none."""
    if value is None:
        return "–"
    return print_number(f"{round(value, digits) + 0.0:{'+' if sign else ''},.{digits}f}")


def percent(value: float | None, sign: bool = False, digits: int = 0) -> str:
    """Return a share, 0..1, in percent, without the unit."""
    return number(None if value is None else 100 * value, digits, sign)


def interval(estimate: Mapping[str, float | None], digits: int = 2, factor: float = 1, sign: bool = False) -> str:
    """Return the interval of an estimate, such as ``0.12 to 0.30``; a dash where there is none."""
    low, high = estimate["low"], estimate["high"]
    if low is None or high is None:
        return "–"
    return f"{number(low * factor, digits, sign)} to {number(high * factor, digits, sign)}"


def _in_brackets(estimate: Mapping[str, float | None], digits: int = 2, factor: float = 1, sign: bool = False) -> str:
    return "" if estimate["low"] is None else f" ({interval(estimate, digits, factor, sign)})"


def plural(count: int, word: str) -> str:
    """Return ``1 photo``, ``2 photos``."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
