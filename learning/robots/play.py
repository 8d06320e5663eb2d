"""How robots edit: seeded, plausible play of one photo, as the events of a browser.

A robot is no agent: it follows a temperament, not a policy. It stands in for people where there are none yet: in the
demo, as a fixture, and to put load on a site.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from editing.game.attention import AttentionRule
from editing.game.events import Event, Gesture
from editing.game.filters import FILTERS, apply_steps, luminance
from editing.game.parameters import Parameter
from editing.game.rules import MAXIMUM_STEPS, State, apply_event, trajectory
from learning.robots.temperaments import Temperament

# Milliseconds that a control takes through each value of a gesture: a screen's frame.
FRAME_MS = 17


@dataclass(frozen=True)
class Offer:
    """What a study offers its players."""

    filters: tuple[str, ...] = tuple(FILTERS)
    maximum_steps: int = MAXIMUM_STEPS
    allow_untouched: bool = False


class Play:
    """One episode in the making: its state by the rules, its events so far, and a clock of its own."""

    def __init__(
        self,
        preview: NDArray[Any],
        temperament: Temperament,
        random: np.random.Generator,
        offer: Offer = Offer(),
        again: np.random.Generator | None = None,
    ) -> None:
        """Begin an episode.

        Args:
            preview: (H, W, 3), linear light; a small one will do.
            random: what it makes of the photo follows from it.
            again: from which follows in what it differs this time, where the photo comes again.
        """
        self.episode = str(uuid4())
        self.state = State()
        self.preview = preview
        self.temperament = temperament
        self.offer = offer
        self.random = random
        self.again = again
        self.ms = 0

    def event(self, kind: str, **fields: Any) -> Event:
        """Return the next event, after a pause; it is part of the state already."""
        event = Event(id=str(uuid4()), episode=self.episode, seq=self.state.next_seq, kind=kind, ms=self.ms, **fields)
        self.state = apply_event(self.state, event, self.offer.allow_untouched)
        self.ms += round(1000 * self.temperament.pause * self.random.lognormal(0, 0.6))
        return event

    def adjust(self, values: Mapping[str, float] | None = None) -> Event:
        """Move the sliders of the step under the cursor, to where its temperament likes them, or to these values."""
        cursor = self.state.cursor
        step = self.state.steps[cursor]
        if values is None:
            values = self._liked(step.filter, self.state.steps[:cursor])
            if self.again is not None and self.temperament.wobble:
                values = _wobbled(step.filter, values, self.temperament.wobble, self.again)
        parameters = {
            parameter.name: min(max(round(values[parameter.name], 4), parameter.low), parameter.high)
            for parameter in FILTERS[step.filter].parameters
        }
        return self.event("adjust", step=cursor, filter=step.filter, parameters=parameters, gesture=self._gesture())

    def choose(self, slug: str | None = None) -> list[Event]:
        """Go to the end and choose a filter that is not used yet, by favour, or this one."""
        used = {step.filter for step in self.state.steps}
        free = [slug for slug in self.offer.filters if slug not in used]
        if slug is None:
            weights = np.array([self.temperament.favourites.get(slug, 1.0) for slug in free])
            slug = str(self.random.choice(free, p=weights / weights.sum()))
        end = len(self.state.steps)
        moved = [] if self.state.cursor == end else [self.event("goto", step=end)]
        return [*moved, self.event("choose", step=end, filter=slug)]

    def _gesture(self) -> Gesture:
        temperament, random = self.temperament, self.random
        if temperament.scripted:
            return Gesture("other", 1, 0, 0, trusted=False)
        moves = 1 + int(random.poisson(3 if temperament.device == "keyboard" else 20))
        reversals = int(random.binomial(min(moves - 1, 4), 0.3))
        return Gesture(temperament.device, moves, FRAME_MS * (moves - 1), reversals, trusted=True)

    def _liked(self, slug: str, before: Any) -> dict[str, float]:
        filter_, boldness, random = FILTERS[slug], self.temperament.boldness, self.random
        if slug in ("exposure", "gamma"):
            y = luminance(tuple(np.moveaxis(np.clip(apply_steps(self.preview, before), 1e-4, 1), -1, 0)))
            mean, aim = float(y.mean()), self.temperament.brightness * random.lognormal(0, self.temperament.moods)
            # Exposure multiplies the mean; gamma, roughly, raises it to a power.
            value = math.log2(aim / mean) if slug == "exposure" else math.log(min(aim, 0.9)) / math.log(min(mean, 0.9))
            return {filter_.parameters[0].name: value}
        if filter_.curves:
            # A smooth curve: two waves of random height over the tones.
            tones = np.arange(len(filter_.curves[0])) / len(filter_.curves[0])
            span = math.log(filter_.parameters[0].high) * 0.5 * boldness
            waves = [random.normal(0, span, 2) for _ in filter_.curves]
            return {
                name: math.exp(wave[0] * math.cos(math.pi * x) + 0.5 * wave[1] * math.cos(2 * math.pi * x))
                for names, wave in zip(filter_.curves, waves, strict=True)
                for name, x in zip(names, tones, strict=True)
            }
        middle = 0.5 if slug == "black_white" else 0.1
        return {
            parameter.name: parameter.neutral + random.normal(middle * (parameter.low >= 0), 0.25 * boldness)
            for parameter in filter_.parameters
        }


def _wobbled(slug: str, values: Mapping[str, float], wobble: float, random: np.random.Generator) -> Mapping[str, float]:
    def moved(parameter: Parameter) -> float:
        value, by = values[parameter.name], random.normal(0, wobble / 2)
        if parameter.scale == "log":
            return value * math.exp(by * math.log(parameter.high / parameter.low))
        return value + by * (parameter.high - parameter.low)

    return {parameter.name: moved(parameter) for parameter in FILTERS[slug].parameters}


def play_photo(
    preview: NDArray[Any],
    temperament: Temperament,
    random: np.random.Generator,
    offer: Offer = Offer(),
    again: np.random.Generator | None = None,
    rule: AttentionRule | None = None,
) -> Iterator[list[Event]]:
    """Yield the events of one episode, in the batches in which a browser would send them.

    Args:
        preview, random, offer, again: as of ``Play``.
        rule: what is asked on this photo, for who does as they are told.
    """
    play = Play(preview, temperament, random, offer, again)
    batches = _obeyed(play, rule) if rule is not None else _edited(play)
    yield [play.event("start")]
    for batch in batches:
        yield batch
        if play.random.random() < temperament.absent:
            yield [play.event("blur")]
            play.ms += round(1000 * play.random.uniform(5, 60))
            yield [play.event("focus")]
    yield [play.event("submit")]


def _obeyed(play: Play, rule: AttentionRule) -> Iterator[list[Event]]:
    offered = [asked for asked in rule.rules if asked.filter in play.offer.filters]
    values: dict[str, dict[str, float]] = {}
    for asked in offered if rule.needs_all else offered[:1]:
        of_filter = values.setdefault(asked.filter, {**FILTERS[asked.filter].neutral})
        of_filter[asked.parameter] = (asked.low + asked.high) / 2
    for slug, parameters in values.items():
        yield play.choose(slug)
        yield [play.adjust(parameters)]


def _edited(play: Play) -> Iterator[list[Event]]:
    temperament = play.temperament
    if temperament.idle:
        yield from _left(play)
    elif temperament.routine:
        offered = (step for step in temperament.routine if step.filter in play.offer.filters)
        for step in islice(offered, play.offer.maximum_steps):
            yield play.choose(step.filter)
            yield [play.adjust(step.parameters)]
    else:
        most = min(temperament.steps[1], play.offer.maximum_steps, len(play.offer.filters))
        goal = int(play.random.integers(min(temperament.steps[0], most), most + 1))
        while len(play.state.steps) < goal:
            yield play.choose()
            yield [play.adjust()]
            yield from _second_thoughts(play)
        yield from _changed_after_all(play)


def _left(play: Play) -> Iterator[list[Event]]:
    """Leave the photo as it is, or do the least that is taken."""
    if play.offer.allow_untouched:
        return
    slug = play.offer.filters[0]
    first = FILTERS[slug].parameters[0]
    yield play.choose(slug)
    yield [play.adjust({**FILTERS[slug].neutral, first.name: first.neutral + (first.high - first.neutral) / 200})]


def _changed_after_all(play: Play) -> Iterator[list[Event]]:
    """Where all went back to neutral: a photo is not left as it is."""
    if trajectory(play.state):
        return
    if not play.state.steps:
        yield play.choose()
    cursor = len(play.state.steps) - 1
    if play.state.cursor != cursor:
        yield [play.event("goto", step=cursor)]
    while not trajectory(play.state):
        yield [play.adjust()]


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
