"""Which steps lead from one picture to another: a beam search over orders of filters.

Sequences grow by a filter at a time, which is put in at any place. Those that come nearest to the target after a few
steps of descent go on; of each set of filters a few orders alone, since most sets have orders that hardly differ, and
would fill the beam.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from editing.game.filters import CONTROLS, FILTERS, PLACES
from editing.game.rules import MAXIMUM_STEPS, Step
from learning.fitting.least_squares import NEUTRAL, Colours, Order, Sequences, descend, mean_squares
from learning.fitting.pair import Pair


@dataclass(frozen=True)
class Stage:
    """How closely sequences are looked at: by how many colours, and by at most how many steps of descent."""

    colours: int
    iterations: int


SCREENING, GROWING, POLISHING = Stage(256, 4), Stage(768, 12), Stage(8192, 40)
# Sequences that are screened, and grow on, for each that the beam is wide.
_SCREENED = 4
_ORDERS_OF_A_SET = 2
# Random starts are normally distributed about neutral, as a share of the slider.
_SPREAD = 0.2
# Sequences of more steps that make the error smaller by less than this share are not worth them.
_WORTH = 1e-3
# An error that ends the search: far below what 8 bits hold.
_EXACT = 1e-4
# The picture is looked at with at most so many pixels on its long edge: what was cut from one of the two, or bent
# straight in it, lies within a pixel then.
_LONG_EDGE = 512


@dataclass(frozen=True)
class Search:
    """How hard to search.

    Attributes:
        width: of the beam: how many sequences of each length grow on.
        starts: from how many parameters each descent begins: those that the sequence grew from, and random ones.
        most_steps: at most so many.
        seed: of the random starts, and of which colours are looked at.
    """

    width: int = 8
    starts: int = 3
    most_steps: int = MAXIMUM_STEPS
    seed: int = 0


@dataclass(frozen=True)
class Fit:
    """The best steps of some number of them, and the RMSE that they leave, of values as shown, 0 .. 1."""

    steps: tuple[Step, ...]
    rmse: float


def search_fits(pair: Pair, search: Search = Search()) -> Iterator[Fit]:
    """Search for the steps that lead from a photo to its finished picture.

    Yields:
        No steps at all, and then the best of one step, of two and so on, where more are worth it.
    """
    small = pair.shrunk(_LONG_EDGE)
    screening, growing, polishing = (_colours(small, stage, search.seed) for stage in (SCREENING, GROWING, POLISHING))
    generator = torch.Generator().manual_seed(search.seed)
    beam = Sequences(((),), NEUTRAL[None], mean_squares(((),), NEUTRAL[None], polishing))
    rmse = float(beam.errors[0].sqrt())
    yield Fit((), rmse)
    for _ in range(search.most_steps):
        if rmse < _EXACT:
            return
        candidates = _with_random_starts(_grown(beam), search.starts, generator)
        screened = _best(descend(candidates, screening, SCREENING.iterations), _SCREENED * search.width, None)
        beam = _best(descend(screened, growing, GROWING.iterations), search.width, _ORDERS_OF_A_SET)
        polished = _best(descend(beam, polishing, POLISHING.iterations), 1, None)
        left = float(polished.errors[0].sqrt())
        if left < (1 - _WORTH) * rmse:
            rmse = left
            yield Fit(polished.steps(0), rmse)


def _colours(pair: Pair, stage: Stage, seed: int) -> Colours:
    light, shown = (torch.from_numpy(side.T.copy()) for side in pair.colours(stage.colours, seed))
    return Colours((light[0], light[1], light[2]), shown)


def _grown(beam: Sequences) -> Sequences:
    """Return each sequence with each filter that it lacks, at each place, neutral; each order once."""
    parents: dict[Order, int] = {}
    for row, order in enumerate(beam.orders):
        for slug in FILTERS:
            for place in range(len(order) + 1):
                if slug not in order:
                    parents.setdefault((*order[:place], slug, *order[place:]), row)
    rows = torch.tensor(list(parents.values()))
    return Sequences(tuple(parents), beam.positions[rows], beam.errors[rows])


def _with_random_starts(sequences: Sequences, starts: int, generator: torch.Generator) -> Sequences:
    """Return the sequences, and each again with random parameters, so that each is there ``starts`` times."""
    orders, count = list(sequences.orders), len(sequences.orders)
    used = torch.zeros(count, CONTROLS, dtype=torch.bool)
    for row, order in enumerate(orders):
        for slug in order:
            used[row, PLACES[slug]] = True
    positions = [sequences.positions]
    for _ in range(starts - 1):
        drawn = NEUTRAL + _SPREAD * torch.randn(count, CONTROLS, dtype=torch.float64, generator=generator)
        positions.append(torch.where(used, drawn.clamp(0, 1), NEUTRAL))
    return Sequences(tuple(orders * starts), torch.cat(positions), sequences.errors.repeat(starts))


def _best(sequences: Sequences, count: int, orders_of_a_set: int | None) -> Sequences:
    """Return the best, best first: each order once, and of each set of filters at most so many."""
    chosen: list[int] = []
    orders: set[Order] = set()
    sets: Counter[frozenset[str]] = Counter()
    for row in sequences.errors.argsort().tolist():
        order = sequences.orders[row]
        if order in orders or (orders_of_a_set is not None and sets[frozenset(order)] >= orders_of_a_set):
            continue
        orders.add(order)
        sets[frozenset(order)] += 1
        chosen.append(row)
        if len(chosen) == count:
            break
    return sequences[chosen]
