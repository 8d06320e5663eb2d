"""What synthetic people do on photos, as the events of a browser and the rows of an export.

The steps that stand at the end are drawn by the planted policy exactly. What is tried and taken back on the way has no
part in that: it is drawn apart, further from the mean, and is what the person likes less than what stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import numpy as np

from editing.game.events import Event, Gesture
from editing.game.filters import FILTERS, VERSION, apply_steps
from editing.game.rules import MAXIMUM_STEPS, STOP, State, Step, apply_event, trajectory
from editing.trajectories.schemas import FLAGS
from learning.robots.synthetic_people import ACTIONS, Pixels, Taste, appeal, choice_probabilities, draw_step, look_at

NAMESPACE = UUID("a7c9f1b2-3d54-4e0e-8d8a-0c4d7e5b9a10")
# The key of a manifest under which the tastes stand.
MANIFEST_KEY = "synthetic_people"
# When the first of them plays; the others follow by the minute.
START = datetime(2026, 1, 1, tzinfo=UTC)
# What is tried lies so many times as far from the mean, and is liked by so much less.
BOLDNESS, DISLIKED_BY = 6.0, 0.1
TRIES = 12

Row = dict[str, Any]


@dataclass
class _Log:
    """An episode in the making: its state by the rules, and its events so far."""

    episode: str
    random: np.random.Generator
    state: State = field(default_factory=State)
    ms: int = 0

    def __post_init__(self) -> None:
        self.events: list[Event] = []

    def add(self, kind: str, **fields: Any) -> None:
        seq = self.state.next_seq
        event = Event(
            id=str(uuid5(UUID(self.episode), str(seq))), episode=self.episode, seq=seq, kind=kind, ms=self.ms, **fields
        )
        self.state = apply_event(self.state, event)
        self.events.append(event)
        self.ms += round(1000 * float(self.random.lognormal(0.7, 0.6)))

    def choose(self, place: int, slug: str) -> None:
        if self.state.cursor != place:
            self.add("goto", step=place)
        self.add("choose", step=place, filter=slug)

    def adjust(self, place: int, step: Step) -> None:
        moves = 1 + int(self.random.poisson(20))
        gesture = Gesture("mouse", moves, 17 * (moves - 1), int(self.random.binomial(min(moves - 1, 4), 0.3)), True)
        self.add("adjust", step=place, filter=step.filter, parameters=step.parameters, gesture=gesture)


def draw_trajectory(taste: Taste, view: Pixels, random: np.random.Generator) -> tuple[Step, ...]:
    """Draw a trajectory by the planted policy.

    Args:
        view: (64, 64, 3) linear light.
    """
    picture, steps = view, list[Step]()
    while len(steps) < MAXIMUM_STEPS:
        look, used = look_at(picture), [step.filter for step in steps]
        probabilities = choice_probabilities(taste, look, used)
        action = ACTIONS[int(random.choice(len(ACTIONS), p=probabilities))]
        if action == STOP:
            break
        step = draw_step(taste, look, action, random)
        steps.append(step)
        picture = apply_steps(picture, [step])
    return tuple(steps)


def _disliked(taste: Taste, before: Pixels, kept: Step, slug: str, random: np.random.Generator) -> Step | None:
    """Draw a try of this filter that is liked less than the step that is kept; None if none is found."""
    liked, look = appeal(taste, apply_steps(before, [kept])), look_at(before)
    for _ in range(TRIES):
        tried = draw_step(taste, look, slug, random, BOLDNESS)
        if not tried.is_neutral and appeal(taste, apply_steps(before, [tried])) < liked - DISLIKED_BY:
            return tried
    return None


def play(taste: Taste, view: Pixels, episode: str, random: np.random.Generator) -> tuple[list[Event], tuple[Step, ...]]:
    """Return the events of one episode, and the steps that stand at its end."""
    steps = draw_trajectory(taste, view, random)
    log = _Log(episode, random)
    log.add("start")
    if random.random() < taste.readiness / 4:
        _start_over(log, taste, view, steps)
    picture, used = view, list[str]()
    for place, step in enumerate(steps):
        if random.random() < taste.readiness:
            _try(log, taste, picture, place, step, used)
        else:
            log.choose(place, step.filter)
        log.adjust(place, step)
        picture = apply_steps(picture, [step])
        used.append(step.filter)
    log.add("submit")
    return log.events, trajectory(log.state)


def _start_over(log: _Log, taste: Taste, view: Pixels, steps: Sequence[Step]) -> None:
    """Try a whole treatment that is liked less than the one that is kept, and throw it away."""
    liked = appeal(taste, apply_steps(view, steps))
    slugs = [str(slug) for slug in log.random.permutation(list(FILTERS))[:2]]
    tried, picture = list[Step](), view
    for slug in slugs:
        tried.append(draw_step(taste, look_at(picture), slug, log.random, BOLDNESS))
        picture = apply_steps(picture, [tried[-1]])
    if appeal(taste, picture) >= liked - DISLIKED_BY:
        return
    for place, step in enumerate(tried):
        log.choose(place, step.filter)
        log.adjust(place, step)
    log.add("reset")


def _try(log: _Log, taste: Taste, picture: Pixels, place: int, step: Step, used: Sequence[str]) -> None:
    """Try something at this place and take it back in one of four ways; the filter of the step is then chosen."""
    way = int(log.random.integers(4))
    other = [slug for slug in FILTERS if slug not in used and slug != step.filter]
    slug = str(log.random.choice(other)) if way >= 2 else step.filter
    tried = _disliked(taste, picture, step, slug, log.random)
    if tried is None:
        log.choose(place, step.filter)
        return
    log.choose(place, slug)
    log.adjust(place, tried)
    if way == 0:
        log.add("undo")
    elif way == 1:
        log.add("compare")  # the slider is pulled back by the adjust that follows
    elif way == 2:
        log.add("choose", step=place, filter=step.filter)
    else:
        log.add("remove", step=place)
        log.choose(place, step.filter)


def _assigned(
    people: Sequence[str], photos: Sequence[str], each: int, random: np.random.Generator
) -> Iterator[tuple[str, str]]:
    """Yield who plays which photo: each person ``each`` photos, all photos about as often."""
    waiting: list[str] = []
    for person in people:
        own: list[str] = []
        while len(own) < min(each, len(photos)):
            if not waiting:
                waiting = [str(photo) for photo in random.permutation(photos)]
            own.append(next((photo for photo in waiting if photo not in own), waiting[0]))
            waiting.remove(own[-1])
        yield from ((person, photo) for photo in own)


def export_rows(
    people: Mapping[str, Taste], views: Mapping[str, Pixels], each: int, seed: int, study: str
) -> tuple[list[Row], list[Row], list[Row]]:
    """Let people play, and return the rows of episodes, steps and events; the same of the same seed.

    Args:
        views: (64, 64, 3) linear light, by the SHA-256 of the photo.
        each: how many photos each person plays.
    """
    random = np.random.default_rng([seed, 12])
    episodes, step_rows, event_rows = list[Row](), list[Row](), list[Row]()
    for number, (person, photo) in enumerate(_assigned(list(people), list(views), each, random)):
        episode = str(uuid5(NAMESPACE, f"{study}/{seed}/{person}/{photo}/{number}"))
        events, steps = play(people[person], views[photo], episode, np.random.default_rng([seed, 13, number]))
        episodes.append(
            {
                "id": episode,
                "player": person,
                "player_kind": "robot",
                "photo": photo,
                "study": study,
                "status": "submitted",
                "exclusion_reason": None,
                "contract_version": VERSION,
                "step_count": len(steps),
                "started": START + timedelta(minutes=number),
                "duration_ms": events[-1].ms,
                **dict.fromkeys(FLAGS, False),
                "seed": None,
                "sample": None,
                "checkpoint_hash": None,
            }
        )
        event_rows += [event.to_json() for event in events]
        step_rows += [
            {
                "episode": episode,
                "index": index,
                "filter": step.filter,
                "parameters": dict(step.parameters),
                "ms_spent": 1000,
                "probabilities": None,
            }
            for index, step in enumerate(steps)
        ]
    return episodes, step_rows, event_rows
