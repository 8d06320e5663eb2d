"""What a comparison says in sentences: the report's findings and notes, and how its numbers are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from editing.game.filters import FILTERS
from editing.game.parameters import print_number
from learning.comparison.intervals import MINIMUM_CLUSTERS
from learning.comparison.overlap import Overlap
from learning.comparison.sides import PLAYERS, SINGULAR, Side, episodes_by_kind
from learning.comparison.statistics import Sample

# A side with fewer episodes is called a small sample.
SMALL_SAMPLE = 20
# The filters whose use differs most that the findings name.
NAMED_FILTERS = 3


# The agents of a side that are named, before they are only counted.
NAMED_AGENTS = 3


def who_is_compared(everybody: Side, people: Side, others: Sequence[Side]) -> list[str]:
    """Return a sentence on whose play is compared, and one on what that leaves out.

    Args:
        everybody: all play that counts, before players were chosen.
    """
    first = f"{plural(len(people.episodes), 'episode')} by {players(people)}"
    rest = [f"{plural(len(side.episodes), 'episode')} by {players(side)}" for side in others]
    sentences = [f"Comparing {first} with {' and '.join([*rest, 'the baselines'])}."]
    compared = {episode.id for side in (people, *others) for episode in side.episodes}
    if left := Counter(episode.player_kind for episode in everybody.episodes if episode.id not in compared):
        sentences.append(f"Left out: {episodes_by_kind(left)}. --players chooses others.")
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


# What a score by each distance is for.
_SCORED = {"picture": "for its pictures", "steps": "for what it did", "order": "for the order of its steps"}


def answer(numbers: Mapping[str, Any]) -> dict[str, str]:
    """Return how like people the first player is: a sentence, the number and its interval as text, and what they mean.

    Args:
        numbers: what ``learning.comparison.compare.compare`` returned.
    """
    primary = numbers["method"]["primary_distance"]
    likeness = numbers["human_likeness"][primary]
    people, photos = numbers["people"]["label"], plural(numbers["photos"]["compared"], "photo")
    another = f"another {SINGULAR.get(people, 'player')}"
    if not likeness["defined"]:
        sentence = (
            f"There is no number: on {photos} a random legal player is not clearly further from "
            f"{people.lower()} than they are from one another (by {number(likeness['width']['value'])}"
            f"{_in_brackets(likeness['width'])}), so the scale between the two has no length."
        )
        return {"sentence": sentence, "number": "–", "interval": "", "meaning": ""}
    if not numbers["players"]:
        sentence = f"Only {people.lower()} and baselines are compared: no agent was named, or none has played."
        return {"sentence": sentence, "number": "–", "interval": "", "meaning": ""}
    label = numbers["players"][0]["label"]
    value = likeness["groups"][label]["human_likeness"]
    if (overlap := numbers["overlaps"].get(label)) and overlap["refused"]:
        sentence = overlap_refusal(label, people, overlap["people"], overlap["photos"])
        return {"sentence": sentence, "number": "–", "interval": "", "meaning": ""}
    where = f"where 0 is a random legal player and 1 is {another}"
    if value["value"] > 1:
        meaning = (
            f"Above 1: it is nearer to the centre of the crowd than a single {SINGULAR.get(people, 'player')} is. "
            "That is no better: whoever always plays the average lies there, and lacks their variety."
        )
    elif value["value"] < 0:
        meaning = f"Below 0: it is further from {people.lower()} than random legal play is."
    else:
        meaning = f"That is {percent(value['value'])} % of the way from random legal play to {another}."
    spread = likeness["groups"][label]["spread"]["value"]
    if spread is not None:
        meaning += f" Its own plays of a photo differ by {number(spread)} times as much as"
        meaning += f" those of different {people.lower()}."
    return {
        "sentence": f"On {photos}, {label} scores {number(value['value'])} {_SCORED[primary]}, {where}.",
        "number": number(value["value"]),
        "interval": interval(value),
        "meaning": meaning,
    }


def comparison_notes(
    people: Side, others: Sequence[Side], person_count: int, photo_count: int, photos_left_out: int
) -> list[str]:
    """Return what a reader must know before reading any number."""
    sentences = []
    kinds = {episode.player_kind for episode in people.episodes}
    if kinds != {"human"}:
        sentences.append(
            f"No person is in this comparison: {PLAYERS[next(iter(kinds))]} stand in their place, and say nothing of "
            "people."
        )
    if person_count < MINIMUM_CLUSTERS:
        sentences.append(
            f"{person_count} {people.label.lower()} say nothing of others: the intervals resample photos alone."
        )
    if photo_count < MINIMUM_CLUSTERS:
        sentences.append(f"{plural(photo_count, 'photo')}: too few for intervals that hold for other photos.")
    if photos_left_out:
        sentences.append(
            f"{plural(photos_left_out, 'photo')} left out of the scale: not played from one preview by two "
            f"{people.label.lower()} and by all others."
        )
    saw = sum(episode.saw_reveal for episode in people.episodes)
    if saw:
        sentences.append(
            f"{saw:,} of {plural(len(people.episodes), 'episode')} by {people.label.lower()} were played after "
            "pictures by others had been seen in a reveal, which may have taught them something."
        )
    for side in others:
        plays = Counter(episode.photo for episode in side.episodes)
        if plays and max(plays.values()) == 1:
            sentences.append(f"{side.label} played each photo once, so how much its own plays differ is unknown.")
    return sentences


def overlap_notes(people: str, overlaps: Mapping[str, Overlap]) -> list[str]:
    """Return what an agent's training has to do with those whom it is compared with, a sentence for each agent."""
    sentences = []
    for label, overlap in overlaps.items():
        if overlap.refused:
            sentences.append(overlap_refusal(label, people, overlap.people, overlap.photos))
        elif overlap.photos:
            sentences.append(
                f"{label} was trained on {plural(overlap.photos, 'photo')} of these, but on nobody’s play."
            )
        elif not overlap.known:
            sentences.append(
                f"What {label} was trained on is not known, so nothing tells whether it has seen this play: --agent "
                "names its run."
            )
    return sentences


def overlap_refusal(label: str, people: str, person_count: int, photo_count: int) -> str:
    """Return why an agent that was trained on what it is compared with has no number."""
    seen = [f"{person_count:,} of these {people.lower()}"] if person_count else []
    seen += [plural(photo_count, "photo") + " of these"] if photo_count else []
    return (
        f"There is no number for {label}: it learned from people’s play, and was trained on {' and on '.join(seen)}. "
        "--unseen leaves them out."
    )


def halving(figures: Mapping[str, Any] | None) -> str:
    """Return how many people and photos would halve the interval, in a sentence; nothing where that is unknown."""
    if figures is None:
        return ""
    people, photos = figures["both"]
    text = f"About {people:,} people and {photos:,} photos, four times as many of both, would halve the interval"
    ways = [f"{count:,} {name} alone" for name, count in figures["alone"].items() if count]
    return f"{text}; so would {' or '.join(ways)}." if ways else f"{text}; more of one alone would not."


def p_value(value: float | None) -> str:
    """Return a p as reports print it: three decimals, never 0."""
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


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
            f"{FILTERS[slug].label}: used visibly in {percent(use['a']['value'], digits=1)} % of {labels['a']}’s "
            f"episodes and in {percent(use['b']['value'], digits=1)} % of {labels['b']}’s "
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
