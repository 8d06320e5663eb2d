"""How robots edit: seeded, plausible play of one photo, as the events of a browser.

A robot is no agent: it follows a temperament, not a policy. It stands in for people where there are none yet: in the
demo, as a fixture, and to put load on a site.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from editing.game.events import Event
from editing.game.filters import FILTERS, apply_steps, luminance
from editing.game.rules import MAXIMUM_STEPS, State, apply_event, trajectory


@dataclass(frozen=True)
class Temperament:
    """What a robot is like.

    Attributes:
        steps: the smallest and largest number of steps that it makes.
        brightness: the mean luminance that it aims at.
        boldness: how far it moves sliders, 1 as a rule.
        hesitation: the chance, at each step, to try another value, to undo, or to take the step out.
        curiosity: the chance to look at the photo as it was.
        pause: seconds between two actions, the median.
        favourites: filters that it likes, with their weights; every other filter weighs 1.
    """

    name: str
    steps: tuple[int, int]
    brightness: float
    boldness: float
    hesitation: float
    curiosity: float
    pause: float
    favourites: dict[str, float] = field(default_factory=dict)


TEMPERAMENTS = (
    Temperament("hasty", (1, 3), 0.45, 1.4, 0.1, 0.1, 1.5, {"exposure": 6, "contrast": 3}),
    Temperament("careful", (3, 5), 0.35, 0.6, 0.5, 0.6, 6.0, {"exposure": 4, "white_balance": 4, "tone": 4}),
    Temperament("colourful", (3, 5), 0.42, 1.2, 0.3, 0.3, 3.5, {"exposure": 5, "saturation": 6, "color": 3}),
    Temperament("moody", (2, 5), 0.2, 1.0, 0.3, 0.3, 4.0, {"gamma": 4, "contrast": 4, "black_white": 4, "tone": 3}),
)


class Play:
    """One episode in the making: its state by the rules, its events so far, and a clock of its own."""

    def __init__(self, preview: NDArray[Any], temperament: Temperament, random: np.random.Generator) -> None:
        self.episode = str(uuid4())
        self.state = State()
        self.preview = preview
        self.temperament = temperament
        self.random = random
        self.ms = 0

    def event(self, kind: str, **fields: Any) -> Event:
        """Return the next event, after a pause; it is part of the state already."""
        event = Event(id=str(uuid4()), episode=self.episode, seq=self.state.next_seq, kind=kind, ms=self.ms, **fields)
        self.state = apply_event(self.state, event)
        self.ms += round(1000 * self.temperament.pause * self.random.lognormal(0, 0.6))
        return event

    def adjust(self) -> Event:
        """Move the sliders of the step under the cursor."""
        step = self.state.steps[self.state.cursor]
        before = self.state.steps[: self.state.cursor]
        return self.event(
            "adjust", step=self.state.cursor, filter=step.filter, parameters=self._parameters(step.filter, before)
        )

    def _parameters(self, slug: str, before: Any) -> dict[str, float]:
        filter_, boldness, random = FILTERS[slug], self.temperament.boldness, self.random
        if slug in ("exposure", "gamma"):
            y = luminance(tuple(np.moveaxis(np.clip(apply_steps(self.preview, before), 1e-4, 1), -1, 0)))
            mean, aim = float(y.mean()), self.temperament.brightness * random.lognormal(0, 0.15)
            # Exposure multiplies the mean; gamma, roughly, raises it to a power.
            value = math.log2(aim / mean) if slug == "exposure" else math.log(aim) / math.log(min(mean, 0.9))
            values = {filter_.parameters[0].name: value}
        elif filter_.curves:
            # A smooth curve: two waves of random height over the tones.
            tones = np.arange(len(filter_.curves[0])) / len(filter_.curves[0])
            span = math.log(filter_.parameters[0].high) * 0.5 * boldness
            waves = [random.normal(0, span, 2) for _ in filter_.curves]
            values = {
                name: math.exp(wave[0] * math.cos(math.pi * x) + 0.5 * wave[1] * math.cos(2 * math.pi * x))
                for names, wave in zip(filter_.curves, waves, strict=True)
                for name, x in zip(names, tones, strict=True)
            }
        else:
            middle = 0.5 if slug == "black_white" else 0.1
            values = {
                parameter.name: parameter.neutral + random.normal(middle * (parameter.low >= 0), 0.25 * boldness)
                for parameter in filter_.parameters
            }
        return {
            parameter.name: min(max(round(values[parameter.name], 4), parameter.low), parameter.high)
            for parameter in filter_.parameters
        }

    def choose(self) -> list[Event]:
        """Go to the end and choose a filter that is not used yet, by favour."""
        used = {step.filter for step in self.state.steps}
        free = [slug for slug in FILTERS if slug not in used]
        weights = np.array([self.temperament.favourites.get(slug, 1.0) for slug in free])
        slug = str(self.random.choice(free, p=weights / weights.sum()))
        end = len(self.state.steps)
        moved = [] if self.state.cursor == end else [self.event("goto", step=end)]
        return [*moved, self.event("choose", step=end, filter=slug)]


def play_photo(preview: NDArray[Any], temperament: Temperament, random: np.random.Generator) -> Iterator[list[Event]]:
    """Yield the events of one episode, in the batches in which a browser would send them.

    Args:
        preview: (H, W, 3), linear light; a small one will do.
    """
    play = Play(preview, temperament, random)
    yield [play.event("start")]
    goal = int(random.integers(temperament.steps[0], min(temperament.steps[1], MAXIMUM_STEPS) + 1))
    while len(play.state.steps) < goal:
        yield play.choose()
        yield [play.adjust()]
        yield from _second_thoughts(play)
    if not trajectory(play.state):
        # All went back to neutral; a photo is not left as it is.
        if not play.state.steps:
            yield play.choose()
        cursor = len(play.state.steps) - 1
        if play.state.cursor != cursor:
            yield [play.event("goto", step=cursor)]
        while not trajectory(play.state):
            yield [play.adjust()]
    yield [play.event("submit")]


def _second_thoughts(play: Play) -> Iterator[list[Event]]:
    temperament, random = play.temperament, play.random
    if random.random() < temperament.curiosity:
        yield [play.event("compare")]
    if random.random() < temperament.hesitation:
        yield [play.adjust()]
    if random.random() < temperament.hesitation / 2:
        yield [play.event("undo")]
        if random.random() < 0.5:
            yield [play.event("redo")]
    if random.random() < temperament.hesitation / 4 and play.state.cursor < len(play.state.steps):
        yield [play.event("remove", step=play.state.cursor)]
