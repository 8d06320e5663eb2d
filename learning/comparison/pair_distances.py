"""The distances between the plays of people, and to the plays of others, on each photo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.comparison.distances import DISTANCES, VISIBLE_DELTA_E, Treatments, distances, treat
from learning.comparison.reference_players import OTHER_PHOTO, RANDOM
from learning.comparison.sides import Episode

# Of more episodes a photo than this, by people or by others, a seeded sample is measured: pairs grow with the square.
MAXIMUM_PLAYS_A_PHOTO = 64

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
    """

    players: NDArray[np.intp]
    to_people: Floats
    own: Floats


@dataclass(frozen=True)
class PhotoDistances:
    """The distances on one photo, by one measure: among people's n plays, and of other players' to these."""

    people: NDArray[np.intp]
    own: Floats
    others: Mapping[str, Others]


@dataclass(frozen=True)
class Distances:
    """All distances, by measure and photo.

    Attributes:
        people: names of the people, in the order of their numbers.
        players: the same of the other players, by group.
        photos: by measure, one entry for each photo.
        steps: by group (people's is the empty text) and filter, how many of the measured steps there are, and how many
            of them nobody sees.
    """

    people: tuple[str, ...]
    players: Mapping[str, tuple[str, ...]]
    photos: Mapping[str, tuple[PhotoDistances, ...]]
    steps: Mapping[str, Mapping[str, tuple[int, int]]]


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
    names = tuple(sorted({episode.player for episode in people}))
    players = {
        group: names if group == OTHER_PHOTO else tuple(sorted({episode.player for episode in episodes}))
        for group, episodes in others.items()
    }
    photos: dict[str, list[PhotoDistances]] = {measure: [] for measure in DISTANCES}
    steps: dict[str, dict[str, list[int]]] = {group: {} for group in ("", *others)}
    groups = {group: _by_photo(episodes) for group, episodes in {"": people, **others}.items()}
    for photo, original in track(sorted(originals.items(), key=lambda item: item[0])):
        random = np.random.default_rng([*seed, *bytes.fromhex(photo)])
        chosen = {group: _sample(by_photo.get(photo, []), random) for group, by_photo in groups.items()}
        treated = {group: treat(original, [e.steps for e in episodes]) for group, episodes in chosen.items()}
        for group, episodes in chosen.items():
            _count_steps(steps[group], episodes, treated[group])
        numbers = {
            group: np.array([(players | {"": names})[group].index(e.player) for e in episodes], np.intp)
            for group, episodes in chosen.items()
        }
        own = distances(treated[""], treated[""])
        to_people = {group: distances(treated[""], treated[group]) for group in others}
        # Random play is no group of players whose own variety would say anything.
        among = {
            group: distances(treated[group], treated[group]) for group in others if group not in (RANDOM, OTHER_PHOTO)
        }
        for measure, entries in photos.items():
            entries.append(
                PhotoDistances(
                    numbers[""],
                    own[measure],
                    {
                        group: Others(
                            numbers[group],
                            to_people[group][measure],
                            among[group][measure] if group in among else np.empty((0, 0)),
                        )
                        for group in others
                    },
                )
            )
    return Distances(
        names,
        players,
        {measure: tuple(entries) for measure, entries in photos.items()},
        {
            group: {slug: (used, unseen) for slug, (used, unseen) in sorted(counts.items())}
            for group, counts in steps.items()
        },
    )


def _count_steps(counts: dict[str, list[int]], episodes: Sequence[Episode], treated: Treatments) -> None:
    """Add to the counts of each filter its steps on one photo, and those of them that nobody sees."""
    for episode, moves in zip(episodes, treated.moved, strict=True):
        for step, move in zip(episode.steps, moves, strict=True):
            count = counts.setdefault(step.filter, [0, 0])
            count[0] += 1
            count[1] += move < VISIBLE_DELTA_E


def _by_photo(episodes: Iterable[Episode]) -> dict[str, list[Episode]]:
    by_photo: dict[str, list[Episode]] = {}
    for episode in sorted(episodes, key=lambda episode: episode.id):
        by_photo.setdefault(episode.photo, []).append(episode)
    return by_photo


def _sample(episodes: list[Episode], random: np.random.Generator) -> list[Episode]:
    if len(episodes) <= MAXIMUM_PLAYS_A_PHOTO:
        return episodes
    return [episodes[row] for row in np.sort(random.permutation(len(episodes))[:MAXIMUM_PLAYS_A_PHOTO])]
