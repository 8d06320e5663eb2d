"""Tests of whether players differ, each by resampling what the null hypothesis leaves free.

Three questions: do two groups of players differ (players are permuted); is this agent one of these people (the rank of
its mean distance); which of two agents is nearer to people (the signs of the photos are flipped). All are exact under
their null hypotheses, but for the Monte-Carlo error of the permutations that were drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learning.comparison.pair_distances import PhotoDistances
from learning.comparison.sentences import in_text, possessive
from learning.comparison.sides import SINGULAR

PERMUTATIONS = 1999
# Of fewer photos than this all signs are tried.
_EXACT_PHOTOS = 12
# Of fewer players on a side permutations say nothing.
MINIMUM_PLAYERS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SignificanceTest:
    """A test: what it asks, its statistic and p, how many units it rests on, and p by Holm's correction."""

    question: str
    method: str
    statistic: float
    p: float
    sizes: Mapping[str, int]
    corrected_p: float | None = None


def groups_differ(
    photos: Sequence[PhotoDistances],
    group: str,
    counts: tuple[int, int],
    seed: Sequence[int],
    permutations: int = PERMUTATIONS,
    who: str = "people",
) -> SignificanceTest:
    """Test whether people and another group of players are distributed alike: permute who belongs to which.

    The statistic is the energy distance, averaged over the photos that two of each played.

    Args:
        counts: how many people there are, and how many players of the group, at least ten each.
        who: what people are called: others may stand in their place.
    """
    total = sum(counts)
    random = np.random.default_rng([*seed, 3])
    labels = np.zeros((permutations + 1, total), dtype=bool)
    labels[0, counts[0] :] = True
    for row in labels[1:]:
        row[random.permutation(total)[: counts[1]]] = True
    energies = []
    for photo in photos:
        others = photo.others[group]
        players = np.concatenate([photo.people, others.players + counts[0]])
        matrix = np.block([[photo.own, others.to_people], [others.to_people.T, others.own]])
        energies.append(_energies(matrix, players, labels))
    values = np.array(energies)
    defined = np.isfinite(values)
    sums = np.where(defined, values, 0).sum(axis=0)
    statistics = np.divide(sums, defined.sum(axis=0), out=np.zeros(len(sums)), where=defined.sum(axis=0) > 0)
    sizes = {who: counts[0], in_text(group): counts[1], "photos": len(photos)}
    question = f"Do {in_text(group)} and {who} differ?"
    return SignificanceTest(
        question, "permutation of players, energy distance", float(statistics[0]), _share(statistics), sizes
    )


def _energies(matrix: Floats, players: NDArray[np.intp], labels: NDArray[np.bool_]) -> Floats:
    """Return the energy distance of two groups on one photo, under every labelling (rows, all players): (rows,)."""
    b = labels[:, players].astype(np.float64)
    a = 1 - b
    different = (players[:, None] != players[None]).astype(np.float64)

    def mean(x: Floats, y: Floats) -> Floats:
        top = ((x @ (matrix * different)) * y).sum(axis=1)
        bottom = ((x @ different) * y).sum(axis=1)
        means: Floats = np.divide(top, bottom, out=np.full(len(x), np.nan), where=bottom > 0)
        return means

    energies: Floats = 2 * mean(a, b) - mean(a, a) - mean(b, b)
    return energies


def is_one_of_people(photos: Sequence[PhotoDistances], group: str, count: int, who: str = "people") -> SignificanceTest:
    """Test whether an agent could be one of these people: the rank of its mean distance among theirs.

    On each photo the distance to the others is taken over what people have there among themselves, since people played
    different photos. One-sided: far away counts. p is at least 1 / (people + 1).
    """
    sums, times = np.zeros(count + 1), np.zeros(count + 1)
    for photo in photos:
        different = photo.people[:, None] != photo.people[None]
        if not different.any() or not len(photo.others[group].players):
            continue
        usual = photo.own[different].mean()
        for person in np.unique(photo.people):
            mine = photo.people == person
            sums[person] += photo.own[mine][:, ~mine].mean() - usual
            times[person] += 1
        sums[count] += photo.others[group].to_people.mean() - usual
        times[count] += 1
    excess = np.divide(sums, times, out=np.full(count + 1, -np.inf), where=times > 0)
    people = int((times[:count] > 0).sum())
    p = (1 + int((excess[:count] >= excess[count]).sum())) / (people + 1)
    method = f"rank among {possessive(who)} leave-one-out distances; p is at least 1/{people + 1}"
    sizes = {who: people, "photos": int(times[count])}
    question = f"Could {group} be one of these {who}?"
    return SignificanceTest(question, method, float(excess[count]), p, sizes)


def nearer_to_people(
    photos: Sequence[PhotoDistances], agents: tuple[str, str], seed: Sequence[int], who: str = "people"
) -> SignificanceTest:
    """Test whether two agents are equally far from people: flip the signs of the photos' differences, two-sided.

    The statistic is d(first, people) - d(second, people).
    """
    differences = np.array(
        [photo.others[agents[0]].to_people.mean() - photo.others[agents[1]].to_people.mean() for photo in photos]
    )
    count = len(differences)
    if count <= _EXACT_PHOTOS:
        signs = 1 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
    else:
        random = np.random.default_rng([*seed, 4])
        signs = np.concatenate([np.ones((1, count)), random.choice((-1, 1), (PERMUTATIONS, count))])
    means = signs @ differences / count
    p = _share(np.abs(means))
    method = "all sign flips by photo" if count <= _EXACT_PHOTOS else "sign flips by photo"
    first, second = map(in_text, agents)
    question = f"{'Are' if agents[0] in SINGULAR else 'Is'} {first} as far from {who} as {second}?"
    return SignificanceTest(question, method, float(means[0]), p, {"photos": count})


def _share(statistics: Floats) -> float:
    """Return how many statistics, the measured one in front among them, are as large as it."""
    return float(np.mean(statistics >= statistics[0] - 1e-12))


def holm(tests: Sequence[SignificanceTest]) -> list[SignificanceTest]:
    """Return the tests with p corrected for their number by Holm's step-down procedure."""
    order = sorted(range(len(tests)), key=lambda row: tests[row].p)
    corrected, floor = {}, 0.0
    for rank, row in enumerate(order):
        floor = max(floor, min(1.0, tests[row].p * (len(tests) - rank)))
        corrected[row] = floor
    return [
        SignificanceTest(test.question, test.method, test.statistic, test.p, test.sizes, corrected[row])
        for row, test in enumerate(tests)
    ]
