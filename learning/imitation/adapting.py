"""A person, as a few numbers on the model of people: fitted from a few photos, by maximum a posteriori.

The numbers are those that the model was told of the people it learned from; their prior is the one that those had. The
model itself stays as it is.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from learning.agent.people_model import PERSON, PeopleModel
from learning.imitation.imitating import log_likelihoods, sum_of, who_plays
from learning.imitation.moves import Moves, Play, TooLittle, moves_of_play

# Photos from which a person may be fitted.
FEWEST_PHOTOS = 8
STEPS, RATE = 60, 0.1


@dataclass(frozen=True)
class Person:
    """What was fitted of one person.

    Attributes:
        numbers: (PERSON,) what the model is to be told.
        population, personal: nats a move, on the photos that it was fitted by, without and with them.
    """

    numbers: Tensor
    moves: int
    photos: int
    population: float
    personal: float


def fit_person(model: PeopleModel, play: Play) -> Person:
    """Fit a person's numbers to their play.

    Raises:
        TooLittle: if it is fewer than eight photos, or by several people.
    """
    if len(play.people) != 1:
        raise TooLittle(f"an adapter is of one person; this is play by {len(play.people)}")
    if len(play.photos) < FEWEST_PHOTOS:
        raise TooLittle(
            f"{play.people[0]} has finished {len(play.photos)} photo{'s'[: len(play.photos) - 1]}; {FEWEST_PHOTOS} are "
            "the least from which a person is told from the population"
        )
    moves = moves_of_play(play)
    numbers = fit_numbers(model, moves)
    with torch.no_grad():
        population = float(sum_of(log_likelihoods(model, moves, told_person(None, len(moves)))).mean())
        personal = float(sum_of(log_likelihoods(model, moves, told_person(numbers, len(moves)))).mean())
    return Person(numbers, len(moves), len(play.photos), population, personal)


def fit_numbers(model: PeopleModel, moves: Moves) -> Tensor:
    """(PERSON,) the numbers that make moves the likeliest, times their prior: from 0, by as many steps of Adam."""
    numbers = torch.zeros(PERSON, dtype=model.person.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([numbers], lr=RATE)
    images, states, actions, coordinates = moves.batch(torch.arange(len(moves)), model.person.dtype)
    statistics = moves.statistics.to(images.dtype)
    with torch.no_grad():
        extracted = model.extracted(images, states)
    for _ in range(STEPS):
        seen = model.seen(images, states, told_person(numbers, len(moves)), statistics)
        chosen, density = model.likelihoods_of(extracted, seen, states, actions, coordinates)
        loss = 0.5 * numbers.square().sum() - (chosen + density).sum()
        (numbers.grad,) = torch.autograd.grad(loss, [numbers])
        optimizer.step()
    return numbers.detach()


def told_person(numbers: Tensor | None, count: int) -> Tensor:
    """(count, 1 + PERSON) what a model is told of who plays: these numbers, or nothing."""
    if numbers is None:
        return torch.zeros(count, 1 + PERSON)
    return who_plays(numbers.expand(count, -1), torch.ones(count, dtype=numbers.dtype))


def adapted(model: PeopleModel, numbers: Tensor) -> PeopleModel:
    """Let a model play as the person of these numbers; the model itself is changed, and returned."""
    model.person.copy_(told_person(numbers, 1)[0])
    return model


def left_out_gain(model: PeopleModel, play: Play, known: int = FEWEST_PHOTOS) -> NDArray[np.float64]:
    """(people,) by how much a person's next photo is foretold better than by the population, in nats a move.

    Each person who played more than ``known`` photos is fitted by the first of them; the next is what is foretold.
    """
    gains = []
    for person in play.people:
        games = [game for game in play.games if game.player == person]
        if len(games) <= known:
            continue
        numbers = fit_numbers(model, moves_of_play(Play(tuple(games[:known]), play.views)))
        moves = moves_of_play(Play((games[known],), play.views))
        with torch.no_grad():
            personal = sum_of(log_likelihoods(model, moves, told_person(numbers, len(moves)))).mean()
            population = sum_of(log_likelihoods(model, moves, told_person(None, len(moves)))).mean()
        gains.append(float(personal - population))
    return np.array(gains)
