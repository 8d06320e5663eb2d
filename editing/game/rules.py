"""The rules of the game: which actions are legal, and what a sequence of events leaves standing.

An episode is its events, numbered 0, 1, 2 ... without a gap. ``replay`` derives the steps from them, here as in the
browser (both pass ``tests/fixtures/events.json``), so the picture and the actions cannot disagree.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import NamedTuple

from editing.game.events import Event, IllegalEvent
from editing.game.filters import FILTERS, VERSION, find_filter, known_versions
from editing.game.parameters import ParameterError

MAXIMUM_STEPS = 5
# What some agents may choose besides the filters, as people do when they submit: to finish before the last step.
STOP = "stop"
# What undo takes back. Each of them forgets what redo could bring back.
CHANGES = frozenset(("choose", "adjust", "remove", "reset"))


@dataclass(frozen=True)
class Step:
    """A filter by its slug, and its physical parameters by name.

    ``made_by`` is the number of the event that made it so, where it comes from one; steps that are alike are equal.
    """

    filter: str
    parameters: Mapping[str, float]
    made_by: int | None = field(default=None, compare=False)

    @property
    def is_neutral(self) -> bool:
        """Whether the step leaves a picture exactly as it is."""
        return dict(self.parameters) == FILTERS[self.filter].neutral


class Position(NamedTuple):
    """The steps, and the cursor: the index of the step that it stands on, or the number of steps, behind the last."""

    steps: tuple[Step, ...] = ()
    cursor: int = 0


class State(NamedTuple):
    """An episode after some events.

    Attributes:
        past, future: for undo and redo, pairs of the position before and after a change.
        status: ``empty`` before the start, ``open``, or ``submitted``.
        next_seq: the number that the next event must have.
    """

    position: Position = Position()
    past: tuple[tuple[Position, Position], ...] = ()
    future: tuple[tuple[Position, Position], ...] = ()
    status: str = "empty"
    next_seq: int = 0

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.position.steps

    @property
    def cursor(self) -> int:
        return self.position.cursor

    @property
    def can_undo(self) -> bool:
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        return bool(self.future)


def made_step(event: Event) -> Step:
    """Return the step that a legal ``choose`` or ``adjust`` makes of the one at the cursor."""
    filter_ = find_filter(event.filter)
    parameters = filter_.neutral if event.kind == "choose" else filter_.canonical(event.parameters or {})
    return Step(filter_.slug, parameters, event.seq)


def _chosen(position: Position, event: Event) -> Position:
    steps, cursor = position.steps, position.cursor
    slug = find_filter(event.filter).slug
    if any(step.filter == slug for index, step in enumerate(steps) if index != cursor):
        raise IllegalEvent("filter_used", f"{slug} stands in another step; each filter is used once")
    if cursor == MAXIMUM_STEPS:
        raise IllegalEvent("too_many_steps", f"an episode has at most {MAXIMUM_STEPS} steps")
    return Position((*steps[:cursor], made_step(event), *steps[cursor + 1 :]), cursor)


def _adjusted(position: Position, event: Event) -> Position:
    steps, cursor = position.steps, position.cursor
    filter_ = find_filter(event.filter)
    if cursor == len(steps) or steps[cursor].filter != filter_.slug:
        raise IllegalEvent("no_step_here", f"there is no {filter_.slug} at step {cursor}")
    filter_.check(event.parameters or {})
    return Position((*steps[:cursor], made_step(event), *steps[cursor + 1 :]), cursor)


def _removed(position: Position) -> Position:
    steps, cursor = position.steps, position.cursor
    if cursor == len(steps):
        raise IllegalEvent("no_step_here", f"there is no step {cursor} to remove")
    left = (*steps[:cursor], *steps[cursor + 1 :])
    return Position(left, max(0, min(cursor, len(left) - 1)))


def _changed(position: Position, event: Event) -> Position:
    """Return the position after an event that undo can take back."""
    if event.kind == "reset":
        return Position()
    if event.step != position.cursor:
        raise IllegalEvent("no_step_here", f"the cursor stands on step {position.cursor}, not on {event.step}")
    if event.kind == "choose":
        return _chosen(position, event)
    return _adjusted(position, event) if event.kind == "adjust" else _removed(position)


def _gone(position: Position, event: Event) -> Position:
    if event.step is None or event.step > len(position.steps):
        raise IllegalEvent("no_step_here", f"there is no step {event.step} to go to")
    return Position(position.steps, event.step)


def _moved(state: State, event: Event, allow_untouched: bool) -> State:
    """Return the state after an event of an open episode."""
    position, past, future, status = state.position, state.past, state.future, state.status
    match event.kind:
        case "choose" | "adjust" | "remove" | "reset":
            position = _changed(position, event)
            past, future = (*past, (state.position, position)), ()
        case "goto":
            position = _gone(position, event)
        case "undo":
            if not state.past:
                raise IllegalEvent("nothing_to_undo", "there is nothing to undo")
            past, future = past[:-1], (past[-1], *future)
            position = future[0][0]
        case "redo":
            if not state.future:
                raise IllegalEvent("nothing_to_redo", "there is nothing to redo")
            past, future = (*past, future[0]), future[1:]
            position = past[-1][1]
        case "submit":
            if not allow_untouched and not trajectory(state):
                raise IllegalEvent("nothing_to_submit", "no step changes the picture; at least one must")
            status = "submitted"
    return State(position, past, future, status, event.seq + 1)


def why_unknown(version: int) -> str:
    """Return why play by a version of the filters is neither replayed nor rendered; empty where it is."""
    return (
        "" if version in known_versions() else f"played by version {version} of the filters; this is version {VERSION}"
    )


def check_version(version: int) -> None:
    """Refuse play by a version of the filters that is not known.

    Raises:
        IllegalEvent: ``stale_contract``.
    """
    if message := why_unknown(version):
        raise IllegalEvent("stale_contract", message)


def apply_event(state: State, event: Event, allow_untouched: bool = False) -> State:
    """Return the state after one more event.

    Args:
        allow_untouched: whether a player may submit the picture as it is, without a step.

    Raises:
        IllegalEvent: with the code and the number of the event.
    """
    try:
        check_version(event.contract_version)
        if event.seq != state.next_seq:
            raise IllegalEvent("gap", f"the next event is number {state.next_seq}")
        if state.status == "submitted":
            raise IllegalEvent("closed", "the episode was submitted; it takes no more events")
        if event.kind == "start":
            if state.status != "empty":
                raise IllegalEvent("already_started", "an episode starts once")
            return State(status="open", next_seq=1)
        if state.status == "empty":
            raise IllegalEvent("not_started", "the first event of an episode is its start")
        return _moved(state, event, allow_untouched)
    except (IllegalEvent, ParameterError) as error:
        raise IllegalEvent(error.code, str(error), event.seq) from None


def check_offer(event: Event, filters: Collection[str], maximum_steps: int) -> None:
    """Refuse the choice of a filter that is not offered, or of a step more than are offered.

    Args:
        filters: the slugs of those that may be used.
        maximum_steps: how many steps an episode may have, at most ``MAXIMUM_STEPS``.

    Raises:
        IllegalEvent: with the code and the number of the event.
    """
    if event.kind != "choose":
        return
    if event.filter not in filters:
        raise IllegalEvent("filter_not_offered", f"{event.filter} is not among the filters of this game", event.seq)
    if event.step is not None and event.step >= maximum_steps:
        raise IllegalEvent("too_many_steps", f"an episode has at most {maximum_steps} steps here", event.seq)


def replay(events: Iterable[Event], allow_untouched: bool = False) -> State:
    """Return the state after the events of one episode, from its start.

    Raises:
        IllegalEvent: at the first event that the rules refuse.
    """
    return reduce(lambda state, event: apply_event(state, event, allow_untouched), events, State())


def trajectory(state: State) -> tuple[Step, ...]:
    """Return the steps that count: those that stand, less those left exactly at neutral."""
    return tuple(step for step in state.steps if not step.is_neutral)
