"""What people think of the pictures: ratings, preferences, and whether they can tell a person's from a program's.

Intervals resample judges and photos, crossed, as those of human-likeness do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import choix
import krippendorff
import numpy as np
from numpy.typing import NDArray

from learning.comparison.intervals import Estimate, Resamples, estimate

# Resamples of what is fitted anew in each of them.
FITS = 200
# Judges and photos, at least, for a strength or d' to be printed.
MINIMUM_ANSWERS = 10
# Mean ratings of the paper (Hu et al. 2018, their table of user ratings): another study, other photos, other judges.
PAPER_RATINGS = {"people": 3.30, "agent": 3.43, "expert": 3.66}
# Of a Bradley-Terry fit: what keeps a maker who never lost, or never won, finite.
_REGULARISATION = 0.01
_NOT_COUNTED = ("preview", "attention", "repeat", "surplus")
_PEOPLE = "people"
_KINDS = {"person": _PEOPLE, "human": _PEOPLE}

Floats = NDArray[np.float64]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Judgement:
    """One answer that counts: who judged which photo, the makers by place, and the answer."""

    judge: str
    photo: str
    kind: str
    makers: tuple[str, ...]
    items: tuple[str, ...]
    answer: int


def judgements_that_count(rows: Iterable[Row], makers_by_episode: Mapping[str, str]) -> list[Judgement]:
    """Return the judgements of a snapshot by people, less previews, attention checks, repeats and surplus ones.

    Args:
        rows: of the table of judgements.
        makers_by_episode: who made an episode, for the reveal's judgements, which name their episodes alone.
    """
    judgements = []
    for row in rows:
        # Exports of before there were tasks of judging have none of these columns.
        if row["player_kind"] != "human" or any(row.get(flag) for flag in _NOT_COUNTED):
            continue
        makers = row.get("makers") or [makers_by_episode.get(episode, "") for episode in row["episodes"]]
        named = tuple(_KINDS.get(maker, maker.removeprefix("agent:")) for maker in makers)
        # A picture of no episode, such as an untouched one, is known by its maker.
        items = tuple(episode or maker for episode, maker in zip(row["episodes"], named, strict=True)) or named
        judgements.append(Judgement(row["player"], row["photo"], row["kind"], named, items, row["answer"]))
    return judgements


def what_people_think(judgements: Sequence[Judgement], seed: int) -> dict[str, Any]:
    """Return ratings, strengths and the Turing question's figures; each is ``None`` where nobody was asked."""
    by_kind = {
        kind: [judgement for judgement in judgements if judgement.kind == kind]
        for kind in ("rating", "pair", "favourite", "turing", "turing_pair")
    }
    return {
        "judges": len({judgement.judge for judgement in judgements}),
        "answers": {kind: len(answers) for kind, answers in by_kind.items()},
        "ratings": _ratings(by_kind["rating"], seed),
        "strengths": _strengths([*by_kind["pair"], *by_kind["favourite"]], seed),
        "turing": _turing(by_kind["turing"], seed),
        "turing_pair": _turing_pair(by_kind["turing_pair"], seed),
    }


def _weights(judgements: Sequence[Judgement], seed: int) -> tuple[Floats, bool]:
    """Return (rows, judgements) weights, the first row all 1, and whether anything is resampled."""
    judges = sorted({judgement.judge for judgement in judgements})
    photos = sorted({judgement.photo for judgement in judgements})
    resamples = Resamples.draw(len(judges), len(photos), (seed, 8))
    of_judges = resamples.people[:, [judges.index(judgement.judge) for judgement in judgements]]
    of_photos = resamples.photos[:, [photos.index(judgement.photo) for judgement in judgements]]
    return of_judges * of_photos, bool(resamples.over)


def _mean(values: Floats, weights: Floats) -> Floats:
    """Return the weighted mean in every row; NaN where all weights are 0."""
    bottom = weights.sum(axis=1)
    means: Floats = np.divide(weights @ values, bottom, out=np.full(len(weights), np.nan), where=bottom > 0)
    return means


def _ratings(judgements: Sequence[Judgement], seed: int) -> dict[str, Any] | None:
    if not judgements:
        return None
    weights, resampled = _weights(judgements, seed)
    marks = np.array([judgement.answer for judgement in judgements], dtype=np.float64)
    makers = sorted({judgement.makers[0] for judgement in judgements})
    means = {}
    for maker in makers:
        own = np.array([judgement.makers[0] == maker for judgement in judgements])
        means[maker] = {
            "answers": int(own.sum()),
            **estimate(_mean(marks[own], weights[:, own]), interval=resampled).to_json(),
        }
    return {"means": means, "alpha": _alpha(judgements), "paper": PAPER_RATINGS}


def _alpha(judgements: Sequence[Judgement]) -> float | None:
    """Return Krippendorff's alpha of the ratings, ordinal: 1 is agreement, 0 chance; none where pictures have one."""
    judges = sorted({judgement.judge for judgement in judgements})
    items = sorted({judgement.items[0] for judgement in judgements})
    table = np.full((len(judges), len(items)), np.nan)
    for judgement in judgements:
        table[judges.index(judgement.judge), items.index(judgement.items[0])] = judgement.answer
    several = (~np.isnan(table)).sum(axis=0) > 1
    if not several.any() or len(np.unique(table[:, several][~np.isnan(table[:, several])])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=table[:, several], level_of_measurement="ordinal"))


def _strengths(judgements: Sequence[Judgement], seed: int) -> dict[str, Any] | None:
    """Return how probably each maker's picture is liked better than a person's, by Bradley and Terry's model.

    A choice of several is Luce's. Choices between two pictures of one maker say nothing and are left out.
    """
    told = [judgement for judgement in judgements if len(set(judgement.makers)) > 1]
    makers = sorted({maker for judgement in told for maker in judgement.makers})
    if len(told) < MINIMUM_ANSWERS or _PEOPLE not in makers:
        return None
    weights, resampled = _weights(told, seed)
    number = {maker: index for index, maker in enumerate(makers)}
    choices = [_choice([number[maker] for maker in judgement.makers], judgement.answer) for judgement in told]
    fits = np.array([_fit(len(makers), choices, row) for row in weights[: FITS + 1]])
    against = 1 / (1 + np.exp(fits[:, [number[_PEOPLE]]] - fits))
    return {
        "choices": len(told),
        "preferred_to_people": {
            maker: estimate(against[:, index], interval=resampled).to_json()
            for maker, index in number.items()
            if maker != _PEOPLE
        },
    }


def _choice(makers: Sequence[int], chosen: int) -> tuple[int, tuple[int, ...]]:
    """Return the winner and the losers of a choice; a maker who stands there twice stands against himself once less."""
    losers = [maker for place, maker in enumerate(makers) if place != chosen and maker != makers[chosen]]
    return makers[chosen], tuple(losers)


def _fit(count: int, choices: Sequence[tuple[int, tuple[int, ...]]], weights: Floats) -> Floats:
    data = [choice for choice, times in zip(choices, weights.astype(int), strict=True) for _ in range(times)]
    if not data:
        return np.full(count, np.nan)
    fitted: Floats = choix.ilsr_top1(count, data, alpha=_REGULARISATION)
    return fitted


def _turing(judgements: Sequence[Judgement], seed: int) -> dict[str, Any] | None:
    """Return accuracy and d' of "person or program?"; chance is 0.5 and 0.

    d' is z(hits) - z(false alarms), with half an answer added to each cell (Hautus 1995); "person" is the signal.
    """
    if not judgements:
        return None
    weights, resampled = _weights(judgements, seed)
    person = np.array([judgement.makers[0] == _PEOPLE for judgement in judgements])
    said_person = np.array([judgement.answer == 0 for judgement in judgements])
    rates = []
    for shown in (person, ~person):
        said = (weights[:, shown & said_person]).sum(axis=1)
        rates.append((said + 0.5) / (weights[:, shown].sum(axis=1) + 1))
    right = _mean((person == said_person).astype(np.float64), weights)
    enough = min(person.sum(), (~person).sum()) >= MINIMUM_ANSWERS
    return {
        "answers": len(judgements),
        "accuracy": estimate(right, interval=resampled).to_json(),
        "d_prime": estimate(_z(rates[0]) - _z(rates[1]), interval=resampled).to_json() if enough else _nothing(),
    }


def _turing_pair(judgements: Sequence[Judgement], seed: int) -> dict[str, Any] | None:
    """Return accuracy and d' of "which of two did a person make?": d' is the square root of 2 times z(accuracy)."""
    told = [judgement for judgement in judgements if judgement.makers.count(_PEOPLE) == 1]
    if not told:
        return None
    weights, resampled = _weights(told, seed)
    right = np.array([judgement.makers[judgement.answer] == _PEOPLE for judgement in told], dtype=np.float64)
    corrected = (weights @ right + 0.5) / (weights.sum(axis=1) + 1)
    enough = len(told) >= MINIMUM_ANSWERS
    return {
        "answers": len(told),
        "accuracy": estimate(_mean(right, weights), interval=resampled).to_json(),
        "d_prime": estimate(np.sqrt(2) * _z(corrected), interval=resampled).to_json() if enough else _nothing(),
    }


def _z(rates: Floats) -> Floats:
    normal = NormalDist()
    return np.array([normal.inv_cdf(min(max(float(rate), 1e-6), 1 - 1e-6)) for rate in rates])


def _nothing() -> dict[str, float | None]:
    return Estimate(None).to_json()
