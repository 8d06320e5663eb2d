"""The distances between the plays of people, and to the plays of others, on each photo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.comparison.distances import DISTANCES, PSNR, VISIBLE_DELTA_E, Treatments, distances, treat
from learning.comparison.reference_players import OTHER_PHOTO, RANDOM
from learning.comparison.sampling import MAXIMUM_PLAYS_A_PHOTO, by_photo, draw, plays_a_photo
from learning.comparison.sides import Episode

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
Track = Callable[[Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Others:
    """Players who are compared with people on one photo, by one distance.

    Attributes:
        players: (k,) who played each of k plays, as numbers; those of people, where people's steps were put there.
        to_people: (n, k) distances of people's n plays to theirs.
        own: (k, k) distances among their own.
        original: (k,) distances to the untouched photo.
    """

    players: NDArray[np.intp]
    to_people: Floats
    own: Floats
    original: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class PhotoDistances:
    """The distances on one photo, by one measure: among people's n plays, and of other players' to these."""

    people: NDArray[np.intp]
    own: Floats
    others: Mapping[str, Others]
    original: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Distances:
    """All distances, by measure and photo.

    Attributes:
        people: names of the people, in the order of their numbers.
        players: the same of the other players, by group.
        photos: by measure, one entry for each photo; by ``PSNR`` too, which is no distance: more is nearer.
        sha256: of the photos, in their order.
        steps: by group (people's is the empty text) and filter, how many of the measured steps there are, and how many
            of them nobody sees.
    """

    people: tuple[str, ...]
    players: Mapping[str, tuple[str, ...]]
    photos: Mapping[str, tuple[PhotoDistances, ...]]
    steps: Mapping[str, Mapping[str, tuple[int, int]]]
    sha256: tuple[str, ...] = ()


def measure_distances(
    people: Sequence[Episode],
    others: Mapping[str, Sequence[Episode]],
    originals: Mapping[str, Pixels],
    seed: Sequence[int],
    track: Track = iter,
) -> Distances:
    """Develop all plays on the given photos and measure how far they are apart.

    Args:
        people, others: episodes of people, and of each group of other players, baselines among them.
        originals: thumbnails (h, w, 3) of linear light, by photo: the photos that are compared.
        track: wraps the photos as they are worked through, for a progress bar.
    """
    names = _names(people)
    players = {group: names if group == OTHER_PHOTO else _names(episodes) for group, episodes in others.items()}
    numbers = {group: {name: n for n, name in enumerate(own)} for group, own in {"": names, **players}.items()}
    plays = {group: by_photo(episodes) for group, episodes in {"": people, **others}.items()}
    photos: dict[str, list[PhotoDistances]] = {measure: [] for measure in (*DISTANCES, PSNR)}
    steps: dict[str, dict[str, list[int]]] = {group: {} for group in plays}
    most = plays_a_photo(len(originals))
    for photo, original in track(sorted(originals.items(), key=lambda item: item[0])):
        random = np.random.default_rng([*seed, *bytes.fromhex(photo)])
        chosen = {
            group: draw(of_photo.get(photo, []), MAXIMUM_PLAYS_A_PHOTO if group == RANDOM else most, random)
            for group, of_photo in plays.items()
        }
        for measure, entry in _on_photo(original, chosen, numbers, steps).items():
            photos[measure].append(entry)
    counts = {
        group: {slug: (used, unseen) for slug, (used, unseen) in sorted(own.items())} for group, own in steps.items()
    }
    measured = {measure: tuple(entries) for measure, entries in photos.items()}
    return Distances(names, players, measured, counts, tuple(sorted(originals)))


def _names(episodes: Sequence[Episode]) -> tuple[str, ...]:
    return tuple(sorted({episode.player for episode in episodes}))


def _on_photo(
    original: Pixels,
    chosen: Mapping[str, Sequence[Episode]],
    numbers: Mapping[str, Mapping[str, int]],
    steps: Mapping[str, dict[str, list[int]]],
) -> dict[str, PhotoDistances]:
    """Return the distances on one photo, by measure, and add its steps to the counts.

    Args:
        original: (h, w, 3) of linear light.
        chosen: the episodes that are measured, by group; people's, of the empty name, come first.
        numbers: of the players, by group and name.
        steps: of each group and filter how many steps there are, and how many that nobody sees.
    """
    # Every play of the photo is developed together, and people's are measured against all: far fewer, larger calls.
    together = treat(original, [episode.steps for episodes in chosen.values() for episode in episodes])
    ends = np.cumsum([0, *(len(episodes) for episodes in chosen.values())]).tolist()
    rows = {group: slice(*ends[place : place + 2]) for place, group in enumerate(chosen)}
    treated = {group: together.take(own) for group, own in rows.items()}
    for group, episodes in chosen.items():
        _count_steps(steps[group], episodes, treated[group])
    who = {group: np.array([numbers[group][e.player] for e in own], np.intp) for group, own in chosen.items()}
    own = distances(treated[""], treated[""])
    to_others = distances(treated[""], together.take(slice(ends[1], None)))
    of_people = {measure: np.concatenate([own[measure], to_others[measure]], axis=1) for measure in own}
    to_original = distances(together, treat(original, [()]))
    others = [group for group in chosen if group]
    # Random play is no group of players whose own variety would say anything.
    among = {group: distances(treated[group], treated[group]) for group in others if group not in (RANDOM, OTHER_PHOTO)}
    none: dict[str, Floats] = dict.fromkeys(own, np.empty((0, 0)))
    return {
        measure: PhotoDistances(
            who[""],
            to_all[:, rows[""]],
            {
                group: Others(
                    who[group],
                    to_all[:, rows[group]],
                    among.get(group, none)[measure],
                    to_original[measure][rows[group], 0],
                )
                for group in others
            },
            to_original[measure][rows[""], 0],
        )
        for measure, to_all in of_people.items()
    }


def _count_steps(counts: dict[str, list[int]], episodes: Sequence[Episode], treated: Treatments) -> None:
    """Add to the counts of each filter its steps on one photo, and those of them that nobody sees."""
    for episode, moves in zip(episodes, treated.moved, strict=True):
        for step, move in zip(episode.steps, moves, strict=True):
            count = counts.setdefault(step.filter, [0, 0])
            count[0] += 1
            count[1] += move < VISIBLE_DELTA_E
