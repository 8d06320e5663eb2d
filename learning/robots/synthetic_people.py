"""Synthetic people: players with planted tastes, whose policy is known exactly.

What is to learn from people is proven on them first: what a person would do next has a probability here, and so has how
far a model is from it. A taste is how bright, how warm, how contrasty and how colourful a picture should be, in which
order someone likes to use filters, how soon they are content, and how ready they are to try something and take it back.
Each person of a temperament has a taste of his or her own around that of the temperament.

The next filter, or to stop, is drawn by logits that grow with what the picture lacks. A filter's parameters are drawn
from a normal distribution of their coordinates (``editing.game.coordinates``) around what would mend it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.coordinates import coordinate_count, coordinates_of, parameters_at, to_coordinates
from editing.game.filters import FILTERS, apply_steps, luminance
from editing.game.rules import MAXIMUM_STEPS, STOP, Step

Pixels = NDArray[np.float32]
Floats = NDArray[np.float64]

ACTIONS = (*FILTERS, STOP)
# How far a picture may be from a taste before it is disliked: standard deviations of ``appeal``.
TOLERANCE = {"brightness": 0.6, "warmth": 0.15, "contrast": 0.1, "colourfulness": 0.15}
# How much people of one temperament differ, as standard deviations.
SPREAD = {"brightness": 0.12, "warmth": 0.03, "contrast": 0.01, "colourfulness": 0.02, "order": 0.3, "patience": 0.2}
BLACK = 1e-4


@dataclass(frozen=True)
class Taste:
    """What a person likes.

    Attributes:
        brightness: the mean luminance aimed at, as its binary logarithm.
        warmth: the logarithm of mean red over mean blue aimed at.
        contrast: the standard deviation of luminance aimed at.
        colourfulness: the mean saturation aimed at.
        order: how much each filter is liked, as a logit.
        patience: how little a person is inclined to stop, as a logit.
        readiness: the chance, at each step, to try something and to take it back.
    """

    temperament: str
    brightness: float
    warmth: float
    contrast: float
    colourfulness: float
    order: Mapping[str, float] = field(default_factory=dict)
    patience: float = 3.0
    readiness: float = 0.3

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as the manifest of an export has them."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Taste":
        """Return the taste that ``to_json`` wrote."""
        return cls(**data)


TASTES = {
    taste.temperament: taste
    for taste in (
        Taste("hasty", -1.2, 0.0, 0.22, 0.25, {"exposure": 2.5, "contrast": 1.0}, 1.0, 0.1),
        Taste("careful", -1.6, 0.05, 0.2, 0.3, {"exposure": 2.0, "white_balance": 1.0, "tone": 1.0}, 2.5, 0.5),
        Taste("colourful", -1.4, 0.15, 0.22, 0.5, {"exposure": 1.5, "saturation": 2.0, "color": 1.0}, 2.5, 0.3),
        Taste("moody", -2.4, -0.1, 0.28, 0.15, {"gamma": 1.5, "contrast": 1.5, "black_white": 1.5}, 2.0, 0.3),
    )
}


@dataclass(frozen=True)
class Look:
    """What people see of a picture, as numbers; see ``Taste`` for what they are."""

    brightness: float
    warmth: float
    contrast: float
    colourfulness: float


def look_at(picture: Pixels) -> Look:
    """Return the numbers of a picture (H, W, 3) as a screen shows it."""
    shown = np.clip(picture, 0, 1).astype(np.float64)
    red, green, blue = np.ascontiguousarray(np.moveaxis(shown, -1, 0))
    y = luminance((red, green, blue))
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    saturation = (high - low) / np.maximum(high, BLACK)
    return Look(
        math.log2(max(float(y.mean()), BLACK)),
        math.log(max(float(red.mean()), BLACK) / max(float(blue.mean()), BLACK)),
        float(y.std()),
        float(saturation.mean()),
    )


def appeal(taste: Taste, picture: Pixels) -> float:
    """Return how much a picture (H, W, 3) is liked, at most 0: the planted reward."""
    look = look_at(picture)
    misses = [(getattr(look, name) - getattr(taste, name)) / far for name, far in TOLERANCE.items()]
    return -0.5 * float(sum(miss**2 for miss in misses))


def choice_probabilities(taste: Taste, look: Look, used: Sequence[str]) -> Floats:
    """Return the probability of each of ``ACTIONS`` as the next, by the picture as it is and the filters used."""
    dark = min(abs(taste.brightness - look.brightness), 3.0)
    cast = min(abs(taste.warmth - look.warmth), 0.6)
    logits = {slug: taste.order.get(slug, 0.0) for slug in FILTERS}
    logits["exposure"] += 1.5 * dark
    logits["gamma"] += 0.7 * dark
    logits["white_balance"] += 5 * cast
    logits["contrast"] += 8 * max(taste.contrast - look.contrast, 0.0)
    logits["saturation"] += 6 * max(taste.colourfulness - look.colourfulness, 0.0)
    values = np.array([logits[slug] for slug in FILTERS])
    values[[slug in used for slug in FILTERS]] = -np.inf
    stop = len(used) + 1.0 - taste.patience - dark - 3 * cast if used else -np.inf
    values = np.append(values, stop)
    exponentials = np.exp(values - values.max())
    probabilities: Floats = exponentials / exponentials.sum()
    return probabilities


def parameter_distribution(taste: Taste, look: Look, slug: str) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the coordinates of a filter's parameters, (coordinates,) each."""
    dark, cast = taste.brightness - look.brightness, taste.warmth - look.warmth
    wanted = {
        "exposure": ({"ev": 0.9 * dark}, 0.12),
        "gamma": ({"gamma": math.exp(-0.4 * dark)}, 0.15),
        "white_balance": ({"temperature": 0.9 * cast, "tint": 0.2 * cast}, 0.2),
        "saturation": ({"amount": 0.2 + 1.5 * (taste.colourfulness - look.colourfulness)}, 0.3),
        "contrast": ({"amount": 4 * (taste.contrast - look.contrast)}, 0.25),
        "black_white": ({"amount": 0.9 - 2 * taste.colourfulness}, 0.4),
    }
    count = coordinate_count(slug)
    if slug == "tone":
        mean = np.zeros(count)
        mean[0], mean[1] = np.clip(1.0 * dark, -1.5, 1.5), 4 * (taste.contrast - look.contrast)
        return mean, np.full(count, 0.2)
    if slug == "color":
        mean, segments = np.zeros(count), count // 3
        mean[0], mean[2 * segments] = np.clip(3 * cast, -1.2, 1.2), -np.clip(3 * cast, -1.2, 1.2)
        return mean, np.full(count, 0.15)
    values, deviation = wanted[slug]
    # Not to the very end of a slider, where all that is drawn beyond it would fall together.
    inside = [
        own.from_position(min(max(own.to_position(min(max(values[own.name], own.low), own.high)), 0.08), 0.92))
        for own in FILTERS[slug].parameters
    ]
    return to_coordinates(np, slug, np.array(inside)), np.full(count, deviation)


def draw_step(taste: Taste, look: Look, slug: str, random: np.random.Generator, boldness: float = 1.0) -> Step:
    """Draw a filter's parameters, ``boldness`` times as far from the mean as the policy's."""
    mean, deviation = parameter_distribution(taste, look, slug)
    parameters = parameters_at(slug, mean + boldness * deviation * random.standard_normal(len(mean)))
    rounded = {name: round(value, 6) for name, value in parameters.items()}
    return Step(slug, FILTERS[slug].canonical(rounded))


@dataclass(frozen=True)
class MoveLikelihood:
    """The log-likelihood of one move, in nats: of the filter or the stop, and of its parameters' coordinates.

    Attributes:
        probabilities: of each of ``ACTIONS``.
    """

    choice: float
    parameters: float
    probabilities: Floats


def looks_before(view: Pixels, steps: Sequence[Step]) -> list[Look]:
    """Return what people see before each step of a finished trajectory, and before its stop.

    Args:
        view: (64, 64, 3) linear light, see ``editing.photos.preview.agent_view``.
    """
    picture, looks = view, [look_at(view)]
    for step in steps:
        picture = apply_steps(picture, [step])
        looks.append(look_at(picture))
    return looks


def trajectory_likelihoods(taste: Taste, looks: Sequence[Look], steps: Sequence[Step]) -> list[MoveLikelihood]:
    """Return the policy's log-likelihood of each move of a finished trajectory; that of its stop is the last.

    After the last possible step nobody has to stop.

    Args:
        looks: of ``looks_before``.
    """
    moves, used = [], list[str]()
    for look, step in zip(looks, steps, strict=False):
        probabilities = choice_probabilities(taste, look, used)
        mean, deviation = parameter_distribution(taste, look, step.filter)
        z = (coordinates_of(step.filter, step.parameters) - mean) / deviation
        density = float(-0.5 * (z**2).sum() - np.log(deviation).sum() - 0.5 * len(z) * math.log(2 * math.pi))
        chosen = float(np.log(probabilities[ACTIONS.index(step.filter)]))
        moves.append(MoveLikelihood(chosen, density, probabilities))
        used.append(step.filter)
    if len(steps) < MAXIMUM_STEPS:
        probabilities = choice_probabilities(taste, looks[len(steps)], used)
        moves.append(MoveLikelihood(float(np.log(probabilities[-1])), 0.0, probabilities))
    return moves


def draw_people(temperaments: Sequence[str], count: int, seed: int, spread: float = 1.0) -> dict[str, Taste]:
    """Draw people, in turn of each temperament, by name: those of another seed are others.

    Args:
        spread: how much those of one temperament differ, in times of ``SPREAD``.
    """
    random = np.random.default_rng([seed, 11])
    people = {}
    for number in range(count):
        taste = TASTES[temperaments[number % len(temperaments)]]
        by = {name: spread * deviation * float(random.standard_normal()) for name, deviation in SPREAD.items()}
        order = {
            slug: taste.order.get(slug, 0.0) + spread * SPREAD["order"] * float(random.standard_normal())
            for slug in FILTERS
        }
        own = {name: getattr(taste, name) + by[name] for name in by if name != "order"}
        readiness = min(max(taste.readiness * math.exp(spread * 0.5 * float(random.standard_normal())), 0.02), 0.9)
        name = f"synthetic-{seed}-{taste.temperament}-{number:04d}"
        people[name] = replace(taste, order=order, readiness=readiness, **own)
    return people
