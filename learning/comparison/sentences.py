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
    sentences = [f"Comparing {first} with {listed([*rest, 'the baselines'])}."]
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
    return listed(named) or "nobody"


def listed(texts: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join(text for text in (", ".join(texts[:-1]), *texts[-1:]) if text)


def in_text(label: str) -> str:
    """Return a side's label as it stands within a sentence: kinds of players in small letters, names as they are."""
    return label.lower() if label in SINGULAR else label


def possessive(text: str) -> str:
    """Return ``people’s``, ``robots’``."""
    return f"{text}’" if text.endswith("s") else f"{text}’s"


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
    if not likeness["defined"]:
        width = likeness["width"]
        by = number(width["value"]) + ("" if width["low"] is None else f", 95 % interval {interval(width)}")
        return _no_number(
            f"There is no number: on {photos} a random legal player is not clearly further from {in_text(people)} than "
            f"they are from one another (by {by}), so the scale between the two has no length."
        )
    if not numbers["players"]:
        return _no_number(f"Only {in_text(people)} and baselines are compared: no agent was named, or none has played.")
    label = numbers["players"][0]["label"]
    if (overlap := numbers["overlaps"].get(label)) and overlap["refused"]:
        why = why_refused(people, overlap["people"], overlap["photos"])
        return _no_number(f"There is no number for {in_text(label)}: {why}")
    figures = likeness["groups"][label]
    value, another = figures["human_likeness"], f"another {SINGULAR.get(people, 'player')}"
    score = f"{in_text(label)} {'score' if label in SINGULAR else 'scores'} {number(value['value'])}"
    return {
        "sentence": f"On {photos}, {score} {_SCORED[primary]}, where 0 is a random legal player and 1 is {another}.",
        "number": number(value["value"]),
        "interval": interval(value),
        "meaning": " ".join(_meaning(label, value, figures["spread"]["value"], people)),
    }


def stand_in(people: str) -> str:
    """Return who stands in people's place, in a sentence; nothing where people are compared."""
    if people == "People":
        return ""
    if people == "Experts":
        return "Experts stand in people’s place here, and say nothing of people who are none."
    return f"No person is in this comparison: {in_text(people)} stand in their place, and say nothing of people."


def _no_number(sentence: str) -> dict[str, str]:
    return {"sentence": sentence, "number": "–", "interval": "", "meaning": ""}


def _meaning(label: str, value: Mapping[str, float | None], spread: float | None, people: str) -> list[str]:
    """Return what a score means, what its interval leaves open, and what variety stands behind it."""
    one, score = SINGULAR.get(people, "player"), value["value"] or 0.0
    if score > 1:
        sentences = [
            f"Above 1 lies who is nearer to the centre of the crowd than a single {one} is. That is no better: whoever "
            "always plays the average lies there, and lacks their variety."
        ]
    elif score < 0:
        sentences = [f"Below 0 lies who is further from {in_text(people)} than random legal play is."]
    else:
        sentences = [f"That is {percent(score)} % of the way from random legal play to another {one}."]
    low, high = value["low"], value["high"]
    if low is not None and high is not None:
        reached = [text for end, text in ((0, "random legal play"), (1, f"another {one}")) if low <= end <= high]
        sentences += [f"The interval holds {' and '.join(reached)}."] if reached else []
    if spread is not None:
        sentences.append(
            f"Plays of one photo by {in_text(label)} differ by {number(spread)} times as much as those by different "
            f"{in_text(people)}."
        )
    return sentences


def comparison_notes(
    people: Side, others: Sequence[Side], person_count: int, photo_count: int, photos_left_out: int
) -> list[str]:
    """Return what a reader must know before reading any number."""
    sentences = []
    who = in_text(people.label)
    if person_count < MINIMUM_CLUSTERS:
        sentences.append(f"{person_count} {who} say nothing of others: the intervals resample photos alone.")
    if photo_count < MINIMUM_CLUSTERS:
        sentences.append(f"{plural(photo_count, 'photo')}: too few for intervals that hold for other photos.")
    if photos_left_out:
        sentences.append(
            f"{plural(photos_left_out, 'photo')} left out of the scale: not played from one preview by two {who} and "
            "by all others."
        )
    if saw := sum(episode.saw_reveal for episode in people.episodes):
        sentences.append(
            f"Of {plural(len(people.episodes), 'episode')} by {who}, {saw:,} came after a reveal of pictures by "
            "others, which may have taught them something."
        )
    for side in others:
        plays = Counter(episode.photo for episode in side.episodes)
        if plays and max(plays.values()) == 1:
            sentences.append(f"{side.label} played each photo once: how much plays of one photo differ is unknown.")
    return sentences


def overlap_notes(people: str, overlaps: Mapping[str, Overlap]) -> list[str]:
    """Return what an agent's training has to do with those whom it is compared with, a sentence for each agent."""
    sentences = []
    for label, overlap in overlaps.items():
        if overlap.refused:
            sentences.append(
                f"There is no number for {in_text(label)}: {why_refused(people, overlap.people, overlap.photos)}"
            )
        elif overlap.photos:
            sentences.append(f"{label} was trained on {overlap.photos:,} of these photos, but on nobody’s play.")
        elif not overlap.known:
            sentences.append(
                f"What {label} was trained on is not known, so nothing tells whether it has seen this play: --agent "
                "names its run."
            )
    return sentences


def why_refused(people: str, person_count: int, photo_count: int) -> str:
    """Return why nothing is said of an agent that was trained on what it is compared with."""
    counts = ((person_count, in_text(people)), (photo_count, "photos"))
    seen = " and on ".join(f"{count:,} of these {name}" for count, name in counts if count)
    return f"it learned from others’ play, and was trained on {seen}. --unseen leaves them out."


def halving(people: str, figures: Mapping[str, Any] | None) -> str:
    """Return how many people and photos would halve the interval, in a sentence; nothing where that is unknown.

    Args:
        people: the label of those who are compared.
    """
    if figures is None:
        return ""
    names = {"people": in_text(people), "photos": "photos"}
    both = " and ".join(f"{count:,} {name}" for count, name in zip(figures["both"], names.values(), strict=True))
    text = f"About {both}, four times as many of both, would halve the interval"
    ways = [f"{count:,} {names[name]} alone" for name, count in figures["alone"].items() if count]
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
    labels = {name: in_text(numbers["sides"][name]["label"]) for name in "ab"}
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
            f"{FILTERS[slug].label}: used visibly in {percent(use['a']['value'], digits=1)} % of "
            f"{possessive(labels['a'])} episodes and in {percent(use['b']['value'], digits=1)} % of "
            f"{possessive(labels['b'])} (difference {percent(difference['value'], sign=True, digits=1)} points, "
            f"{interval(difference, 0, 100, sign=True)})."
        )
    return sentences


def _step_count_findings(step_counts: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    if step_counts["difference"]["value"] is None:
        return []
    means = {name: step_counts[name]["mean"] for name in "ab"}
    a, b = (
        f"{number(mean['value'])}{_in_brackets(mean)} in {possessive(labels[name])}" for name, mean in means.items()
    )
    return [f"Steps in an episode: {a}, {b}."]


def _color_difference_findings(pairs: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    if pairs["a_b"]["value"] is None:
        return []
    a, b = labels["a"], labels["b"]
    text = f"The same photo by {a} and by {b} differs by {number(pairs['a_b']['value'], 1)} ΔE on average"
    ratio = pairs["ratio_to_a_players"]
    if ratio["value"] is not None:
        text += (
            f"; that is {number(ratio['value'])} times{_in_brackets(ratio)} as much as between different {a}, over "
            f"{plural(ratio['photos'], 'photo')}"
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
        return [f"{side.label}: no episode counts, so figures are missing."]
    sentences = []
    if count < SMALL_SAMPLE:
        sentences.append(f"{side.label}: a small sample (n = {count}). Read its figures as examples, not as rates.")
    if sample.resampling.cluster is None:
        sentences.append(f"{side.label}: fewer than {MINIMUM_CLUSTERS} players and photos, too few for an interval.")
    elif sample.resampling.cluster == "photo":
        who = "one player" if player_count == 1 else f"only {player_count} players"
        sentences.append(f"{side.label}: {who}. The intervals resample photos, and say nothing about other players.")
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
