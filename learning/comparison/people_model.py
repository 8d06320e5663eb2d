"""A model of people that needs no picture: which filter follows which; and how well it foretells a player's moves.

It asks of an agent's moves what ``learning.comparison.moves`` asks of people's: how probable are they, where the other
foretells them?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import FILTERS
from learning.comparison.intervals import Resampling
from learning.comparison.sides import Episode

# How many moves the general habit counts for beside those that follow the same filter.
PRIOR = 5.0
_SLUGS = list(FILTERS)
_START = len(_SLUGS)

Floats = NDArray[np.float64]


def foretell(people: Sequence[Episode], players: Sequence[Episode], seed: int) -> dict[str, Any] | None:
    """Return how often a player's next filter is the one that people most often take then, and its log-probability.

    A forecast is how often people take each unused filter after the one before, mixed with how often they take it at
    all. What a person is foretold by leaves that person out.

    Returns:
        ``top_1`` and ``log_likelihood`` in nats a move, with intervals; ``None`` where there is no move.
    """
    habits = _counts(people)
    own = {player: _counts([e for e in people if e.player == player]) for player in {e.player for e in players}}
    hits, likelihoods, names, photos = [], [], [], []
    for episode in players:
        counts = habits - own[episode.player]
        unused, before = np.ones(len(_SLUGS)), _START
        for slug in episode.order:
            forecast = _forecast(counts, before, unused)
            chosen = _SLUGS.index(slug)
            best = forecast >= forecast.max() - 1e-12
            hits.append(best[chosen] / best.sum())
            likelihoods.append(np.log(forecast[chosen]))
            names.append(episode.player)
            photos.append(episode.photo)
            unused[chosen], before = 0, chosen
    if not hits:
        return None
    resampling = Resampling(names, photos, (seed, 12))
    return {
        "moves": len(hits),
        "top_1": resampling.ratio(hits).to_json(),
        "log_likelihood": resampling.ratio(likelihoods).to_json(),
    }


def _counts(episodes: Sequence[Episode]) -> Floats:
    """Return (filters and the start, filters) how often one follows the other."""
    pairs: Counter[tuple[int, int]] = Counter()
    for episode in episodes:
        numbers = [_START, *map(_SLUGS.index, episode.order)]
        pairs.update(pairwise(numbers))
    counts = np.zeros((len(_SLUGS) + 1, len(_SLUGS)))
    for (before, after), count in pairs.items():
        counts[before, after] = count
    return counts


def _forecast(counts: Floats, before: int, unused: Floats) -> Floats:
    """Return the probabilities of all filters, 0 of used ones."""
    habit = (counts.sum(axis=0) + 1) * unused
    weights = counts[before] * unused + PRIOR * habit / habit.sum()
    forecast: Floats = weights / weights.sum()
    return forecast
