"""How many people, photos and treatments it takes to find a difference in human-likeness.

Studies of other sizes are drawn from a pilot: its photos and its people with replacement, and on each photo so many of
these people. What human-likeness varies by from one such study to the next is its standard error there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from learning.comparison.compare import PRIMARY, measure
from learning.comparison.human_likeness import human_likeness, mean_distances
from learning.comparison.intervals import Resamples
from learning.comparison.pair_distances import PhotoDistances
from learning.comparison.reference_players import FITTED, RANDOM
from learning.comparison.robot_pilot import robot_pilot
from learning.comparison.sentences import in_text
from learning.comparison.sides import choose_players, read_play

PHOTOS = (20, 40, 80, 160)
TREATMENTS = (3, 5, 10)
POWER = 0.8
LEVEL = 0.05
DRAWS = 200


@dataclass(frozen=True)
class Design:
    """A study: how many photos, treatments of each by different people, and people.

    Attributes:
        standard_error: of human-likeness; NaN where the pilot gives no scale.
        power: the chance to find the difference that was asked for, two-sided at 5 %.
    """

    photos: int
    treatments: int
    people: int
    standard_error: float = float("nan")
    power: float = float("nan")

    @property
    def episodes(self) -> int:
        """How many episodes are played."""
        return self.photos * self.treatments

    def to_json(self) -> dict[str, int | float | None]:
        """Return its size, and the difference that it finds; none where the pilot gives no scale."""
        found = detectable(self.standard_error)
        size = {"photos": self.photos, "treatments": self.treatments, "people": self.people, "episodes": self.episodes}
        return {**size, "found_from": round(found, 3) if isfinite(found) else None}


@dataclass(frozen=True)
class Pilot:
    """What studies are drawn from.

    Attributes:
        who: what its players are called, and how many ``people`` they are.
        agent: whose human-likeness is measured, and what it is.
        photos: the distances on each.
    """

    who: str
    people: int
    agent: str
    human_likeness: float | None
    photos: Sequence[PhotoDistances]

    def to_json(self) -> dict[str, Any]:
        """Return what it is of."""
        likeness = None if self.human_likeness is None else round(self.human_likeness, 2)
        pilot = {"who": self.who, "people": self.people, "pilot_photos": len(self.photos)}
        return {**pilot, "agent": self.agent, "human_likeness": likeness}


def read_pilot(
    folders: Sequence[Path], chosen: Sequence[str], temperaments: Sequence[str] | None, seed: int, store: Path
) -> Pilot:
    """Read a pilot's play and measure it; or let robots play, where temperaments are given.

    Where no agent has played, one curve that is fitted to all photos is measured in its place.

    Args:
        chosen: players, as ``learning.comparison.sides.choose_players`` takes them.
        store: where previews of photo files are put.

    Raises:
        ComparisonError: too little was played.
        PhotoError, PhotoSetError: as ``learning.comparison.robot_pilot.robot_pilot``.
    """
    everybody = read_play(folders) if temperaments is None else robot_pilot(folders, temperaments, seed, store)
    if temperaments is not None and not chosen:
        chosen = ["robots", *(["agents"] if "agent" in everybody.kinds else [])]
    people, others = choose_players(everybody, chosen)
    measured = measure(people, others, seed)
    photos, agent = measured.photos[PRIMARY], others[0].label if others else FITTED
    resamples = Resamples.draw(len(measured.people), len(photos), (seed,), over=())
    scale = human_likeness(mean_distances(photos, measured.players, resamples), resamples)
    value = scale.groups[agent].value if scale.defined else None
    return Pilot(in_text(people.label), len(measured.people), agent, value, photos)


def designs(photos_per_person: int) -> list[Design]:
    """Return the designs that are tried, with as many people as it takes if each does so many photos."""
    return [
        Design(photos, treatments, max(treatments, ceil(photos * treatments / min(photos, photos_per_person))))
        for photos in PHOTOS
        for treatments in TREATMENTS
    ]


def with_power(design: Design, pilot: Pilot, difference: float, seed: Sequence[int]) -> Design:
    """Return a design with its standard error and power, as the pilot has them.

    Args:
        difference: what is to be found, such as 0.1: of the agent's human-likeness from 1, or from another's.
    """
    random = np.random.default_rng([*seed, design.photos, design.treatments, design.people])
    values = np.array([_one_study(design, pilot, random) for _ in range(DRAWS)])
    defined = values[np.isfinite(values)]
    if len(defined) < DRAWS / 2:
        return design
    error = float(np.std(defined, ddof=1))
    return Design(design.photos, design.treatments, design.people, error, _power(difference, error))


def _power(difference: float, error: float) -> float:
    normal = NormalDist()
    shift, limit = difference / max(error, 1e-9), normal.inv_cdf(1 - LEVEL / 2)
    return normal.cdf(shift - limit) + normal.cdf(-shift - limit)


def _one_study(design: Design, pilot: Pilot, random: np.random.Generator) -> float:
    """Return the agent's human-likeness in one study of that size."""
    drawn = random.integers(pilot.people, size=design.people)
    terms = []
    for photo in (pilot.photos[row] for row in random.integers(len(pilot.photos), size=design.photos)):
        # Each person's first play there; whoever did not play it in the pilot has no part in it.
        rows = {int(player): row for row, player in reversed(list(enumerate(photo.people)))}
        available = [rows[player] for player in drawn if player in rows]
        if len(available) < 2:
            continue
        chosen = np.array([available[place] for place in random.permutation(len(available))[: design.treatments]])
        different = chosen[:, None] != chosen[None]
        if not different.any():
            continue
        own = photo.own[np.ix_(chosen, chosen)][different].mean()
        terms.append(
            (photo.others[RANDOM].to_people[chosen].mean(), photo.others[pilot.agent].to_people[chosen].mean(), own)
        )
    if not terms:
        return float("nan")
    at_random, to_agent, own = np.mean(terms, axis=0)
    return float((at_random - to_agent) / (at_random - own)) if at_random > own else float("nan")


def smallest(tried: Sequence[Design]) -> Design | None:
    """Return the design of the fewest episodes whose power is enough; of equals the one of fewer people."""
    enough = [design for design in tried if design.power >= POWER]
    return min(enough, key=lambda design: (design.episodes, design.people), default=None)


def detectable(error: float) -> float:
    """Return the difference that is found with a power of 80 % at this standard error."""
    normal = NormalDist()
    return error * (normal.inv_cdf(1 - LEVEL / 2) + normal.inv_cdf(POWER))
