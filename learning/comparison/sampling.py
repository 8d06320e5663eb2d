"""Which plays are measured, where there are more of a photo than it takes: a seeded sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from learning.comparison.sides import Episode

# Of more episodes a photo than this, by people or by others, a seeded sample is measured: pairs grow with the square.
# Of many photos fewer are needed of each.
MAXIMUM_PLAYS_A_PHOTO, MINIMUM_PLAYS_A_PHOTO = 64, 12
MAXIMUM_PLAYS = 6400


def plays_a_photo(photos: int) -> int:
    """Return of how many plays a photo, by each group, a sample is measured where so many photos are."""
    return min(MAXIMUM_PLAYS_A_PHOTO, max(MINIMUM_PLAYS_A_PHOTO, MAXIMUM_PLAYS // max(photos, 1)))


def sampled(episodes: Sequence[Episode], seed: Sequence[int]) -> list[Episode]:
    """Return a seeded sample of each photo's episodes, as many as are measured, in order of photos and ids."""
    photos = by_photo(episodes)
    most = plays_a_photo(len(photos))
    return [
        episode
        for photo in sorted(photos)
        for episode in draw(photos[photo], most, np.random.default_rng([*seed, *bytes.fromhex(photo)]))
    ]


def by_photo(episodes: Iterable[Episode]) -> dict[str, list[Episode]]:
    """Return each photo's episodes, in order of their ids."""
    photos: dict[str, list[Episode]] = {}
    for episode in sorted(episodes, key=lambda episode: episode.id):
        photos.setdefault(episode.photo, []).append(episode)
    return photos


def draw(episodes: list[Episode], most: int, random: np.random.Generator) -> list[Episode]:
    """Return so many of a photo's episodes, in their order; all, where there are no more."""
    if len(episodes) <= most:
        return episodes
    return [episodes[row] for row in np.sort(random.permutation(len(episodes))[:most])]
