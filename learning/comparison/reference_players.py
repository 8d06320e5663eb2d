"""Players that need neither people nor an agent, between which an agent is placed: what a comparison calls baselines.

Random legal play is the 0 of human-likeness, people's steps for another photo are the 0 of a second scale that asks how
much of it is owed to looking at the picture. The others show what little it takes to come so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import MAXIMUM_STEPS, Step
from editing.photos.colour import lab
from learning.baselines import automatic_levels, untouched
from learning.comparison.distances import develop_plays
from learning.comparison.sampling import sampled
from learning.comparison.sides import Episode

Pixels = NDArray[np.float32]

# Changes of what random play is: stated in every report.
RANDOM_PLAY_VERSION = 1
PLAYS = 64

RANDOM = "random legal play"
OTHER_PHOTO = "another photo’s steps"
FITTED = "one fitted curve"
AVERAGE = "average play"


def random_plays(counts: NDArray[np.intp], photo: str, preview: str, seed: Sequence[int]) -> list[Episode]:
    """Return 64 random legal plays of a photo (version 1).

    How many steps is drawn from people's episodes, filters uniformly without repetition, and each parameter uniformly
    along its slider.

    Args:
        counts: the number of steps of everybody's episodes, on all photos.
    """
    random = np.random.default_rng([*seed, *bytes.fromhex(photo)])
    plays = []
    for count in random.choice(counts, PLAYS):
        slugs = random.permutation(list(FILTERS))[:count]
        plays.append(tuple(_random_step(str(slug), random) for slug in slugs))
    return _episodes(RANDOM, photo, preview, plays)


def _random_step(slug: str, random: np.random.Generator) -> Step:
    filter_ = FILTERS[slug]
    values = {p.name: float(p.from_position(random.uniform())) for p in filter_.parameters}
    return Step(slug, filter_.canonical(values))


def transplanted_plays(people: Sequence[Episode], photo: str, preview: str, seed: Sequence[int]) -> list[Episode]:
    """Return up to 64 plays of people on other photos, put on this one; who played them stays.

    Args:
        people: everybody's episodes, on all photos.
    """
    random = np.random.default_rng([*seed, *bytes.fromhex(photo)])
    drawn = random.permutation(len(people))
    others = list(islice((people[row] for row in drawn if people[row].photo != photo), PLAYS))
    return [
        Episode(f"{OTHER_PHOTO} {index}", episode.player, "baseline", photo, preview, episode.steps)
        for index, episode in enumerate(others)
    ]


def average_play(people: Sequence[Episode]) -> tuple[Step, ...]:
    """Return the average of some plays of one photo.

    Sliders are averaged along their widths, unused ones counting as neutral. The filters are those most used, as many
    as the plays have steps on average, in order of their mean place.
    """
    count = round(float(np.mean([len(episode.steps) for episode in people])))
    places: dict[str, list[int]] = {slug: [] for slug in FILTERS}
    for episode in people:
        for place, step in enumerate(episode.steps):
            places[step.filter].append(place)
    used = [slug for slug in sorted(FILTERS, key=lambda slug: -len(places[slug])) if places[slug]]
    chosen = sorted(used[: min(count, MAXIMUM_STEPS)], key=lambda slug: float(np.mean(places[slug])))
    return tuple(Step(slug, _average(slug, people)) for slug in chosen)


def _average(slug: str, people: Sequence[Episode]) -> dict[str, float]:
    filter_ = FILTERS[slug]
    parameters = [
        next((step.parameters for step in episode.steps if step.filter == slug), filter_.neutral) for episode in people
    ]
    values = {}
    for parameter in filter_.parameters:
        position = float(np.mean([parameter.to_position(values[parameter.name]) for values in parameters]))
        values[parameter.name] = float(parameter.from_position(min(max(position, 0.0), 1.0)))
    return filter_.canonical(values)


def fitted_curve(originals: Mapping[str, Pixels], people: Sequence[Episode]) -> tuple[Step, ...]:
    """Return an exposure and a gamma, the same for every photo, that come nearest to what people made of them all.

    Fitted by least squares in L*a*b* to the mean of people's results (Nelder and Mead's simplex search), each photo
    counting once.

    Args:
        originals: thumbnails (h, w, 3) of linear light, by photo.
        people: their episodes, some on each of the photos.
    """
    plays: dict[str, list[tuple[Step, ...]]] = {photo: [] for photo in originals}
    for episode in people:
        plays[episode.photo].append(episode.steps)
    means = [_shown(develop_plays(original, plays[photo])[0]).mean(axis=0) for photo, original in originals.items()]
    pixels = np.concatenate([original.reshape(-1, 3) for original in originals.values()])
    targets = np.concatenate(means)
    weights = np.concatenate([np.full(len(mean), 1 / len(mean)) for mean in means])
    ev, gamma = (FILTERS[slug].parameters[0] for slug in ("exposure", "gamma"))

    def steps(x: Any) -> tuple[Step, ...]:
        positions = np.clip(x, 0, 1)
        values = [float(p.from_position(position)) for p, position in zip((ev, gamma), positions, strict=True)]
        return (Step("exposure", {"ev": values[0]}), Step("gamma", {"gamma": values[1]}))

    def error(x: Any) -> float:
        squares = np.square(_shown(apply_steps(pixels, steps(x))) - targets).mean(axis=-1)
        return float(weights @ squares / len(originals))

    start = [ev.to_position(1.0), gamma.to_position(0.6)]
    options = {"xatol": 1e-3, "fatol": 1e-4}
    best = minimize(error, start, method="Nelder-Mead", options=options)
    return steps(best.x)


def baselines(
    people: Sequence[Episode], originals: Mapping[str, Pixels], previews: Mapping[str, str], seed: Sequence[int]
) -> dict[str, list[Episode]]:
    """Return the play of every baseline, by its name.

    Args:
        people: their episodes, on the photos of ``originals``.
        originals: thumbnails (h, w, 3) of linear light, by photo.
        previews: the SHA-256 of the previews, by photo.
    """
    counts = np.array([len(episode.steps) for episode in people])
    people = sampled(people, seed)
    by_photo: dict[str, list[Episode]] = {photo: [] for photo in originals}
    for episode in people:
        by_photo[episode.photo].append(episode)
    curve = fitted_curve(originals, people)
    result: dict[str, list[Episode]] = {RANDOM: [], OTHER_PHOTO: []}
    for photo in originals:
        result[RANDOM] += random_plays(counts, photo, previews[photo], seed)
        result[OTHER_PHOTO] += transplanted_plays(people, photo, previews[photo], seed)
    for photo, original in originals.items():
        plays = {
            "untouched": untouched(original),
            "automatic levels": automatic_levels(original),
            FITTED: curve,
            AVERAGE: average_play(by_photo[photo]),
        }
        for name, play in plays.items():
            result.setdefault(name, []).extend(_episodes(name, photo, previews[photo], [play]))
    return result


def _episodes(name: str, photo: str, preview: str, plays: Sequence[tuple[Step, ...]]) -> list[Episode]:
    return [
        Episode(f"{name} {photo[:12]} {index}", name, "baseline", photo, preview, steps)
        for index, steps in enumerate(plays)
    ]


def _shown(picture: Pixels) -> NDArray[np.float64]:
    shown: NDArray[np.float64] = lab(np.clip(picture, 0, 1)).astype(np.float64)
    return shown
