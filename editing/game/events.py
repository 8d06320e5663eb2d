"""Events: one action of a player each, and the form in which they travel."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from editing.game.filters import VERSION
from editing.game.parameters import HUGE

# What a kind of event carries besides its time: the step that it is about, a filter, parameters.
EVENT_FIELDS: Mapping[str, frozenset[str]] = {
    "start": frozenset(),
    "choose": frozenset({"step", "filter"}),
    "adjust": frozenset({"step", "filter", "parameters"}),
    "remove": frozenset({"step"}),
    "reset": frozenset(),
    "goto": frozenset({"step"}),
    "undo": frozenset(),
    "redo": frozenset(),
    "compare": frozenset(),
    "blur": frozenset(),
    "focus": frozenset(),
    "resume": frozenset(),
    "view": frozenset({"parameters"}),
    "submit": frozenset(),
}
EVENT_KINDS = tuple(EVENT_FIELDS)

# What moves a control: a pointer of one of three kinds, keys (typed numbers too), or what tells of itself by neither.
GESTURE_DEVICES = ("mouse", "touch", "pen", "keyboard", "other")

# As clients write them: other forms take longer to read.
_CANONICAL_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# The context that a `view` event may record: sizes in CSS pixels, device pixels for each of them, 1 for a wide gamut,
# and the width in pixels of the preview on the screen: the one that is played on, or a larger one of the same photo.
VIEW_PARAMETERS = ("viewport_width", "viewport_height", "pixel_ratio", "wide_gamut", "photo_width")

# 24 days in milliseconds: beyond it, a client's clock is broken.
MAXIMUM_MS = 2**31 - 1


# The codes by which the rules refuse an event: what is refused by one of them will never be taken.
REFUSAL_CODES = frozenset(
    (
        *("malformed", "unknown_kind", "unknown_filter", "unknown_parameter", "out_of_range"),
        *(
            "filter_used",
            "filter_not_offered",
            "too_many_steps",
            "no_step_here",
            "nothing_to_undo",
            "nothing_to_redo",
            "nothing_to_submit",
        ),
        *("already_started", "not_started", "closed", "gap", "stale_contract"),
    )
)


class IllegalEvent(ValueError):
    """An event that the rules refuse.

    ``code`` is one of REFUSAL_CODES and names the rule, ``seq`` the event (None where it has no number).
    """

    def __init__(self, code: str, message: str, seq: int | None = None) -> None:
        if code not in REFUSAL_CODES:
            raise ValueError(f"{code!r} is not among the codes of the rules")
        super().__init__(message if seq is None else f"event {seq}: {message}")
        self.code = code
        self.seq = seq


@dataclass(frozen=True)
class Gesture:
    """How an ``adjust`` was made: one drag, one burst of keys, one typed number.

    Attributes:
        device: one of ``GESTURE_DEVICES``, the last that was used.
        moves: how many values the control went through, at least 1.
        ms: from the first of them to the last, in milliseconds.
        reversals: how often it turned back on its way.
        trusted: whether the browser says that all of it came from a person's device, none of it from a program.
    """

    device: str
    moves: int
    ms: int
    reversals: int
    trusted: bool

    @classmethod
    def from_json(cls, data: object, seq: int) -> "Gesture":
        """Read the gesture of an event from decoded JSON.

        Raises:
            IllegalEvent: ``malformed``.
        """
        if not isinstance(data, Mapping) or data.keys() != cls.__dataclass_fields__.keys():
            raise IllegalEvent("malformed", f"a gesture has exactly: {', '.join(cls.__dataclass_fields__)}", seq)
        device, trusted = data["device"], data["trusted"]
        moves, ms, reversals = (_whole(data, name, seq) for name in ("moves", "ms", "reversals"))
        if device not in GESTURE_DEVICES:
            raise IllegalEvent("malformed", f"a gesture's device is one of {', '.join(GESTURE_DEVICES)}", seq)
        if not moves or ms is None or reversals is None or reversals >= moves:
            raise IllegalEvent("malformed", "a gesture has a move at least, ms, and fewer reversals than moves", seq)
        if not isinstance(trusted, bool):
            raise IllegalEvent("malformed", "a gesture is trusted or not: true or false", seq)
        return cls(device, moves, ms, reversals, trusted)


@dataclass(frozen=True)
class Event:
    """One action of a player, or one piece of context.

    Attributes:
        id, episode: UUIDs, made by the player's client.
        seq: 0, 1, 2 ... within the episode.
        step: the index of the step that it is about; ``filter`` a slug; ``parameters`` physical values by name.
        ms: milliseconds since the episode began, by the client's clock.
        contract_version: the ``VERSION`` of the filters that the client knew.
        gesture: how an ``adjust`` was made, where the client says so.
    """

    id: str
    episode: str
    seq: int
    kind: str
    ms: int
    step: int | None = None
    filter: str | None = None
    parameters: Mapping[str, float] | None = None
    contract_version: int = VERSION
    gesture: Gesture | None = None

    @classmethod
    def from_json(cls, data: object) -> "Event":
        """Read an event from decoded JSON.

        Raises:
            IllegalEvent: ``malformed``, ``unknown_kind``, or what is wrong with its parameters.
        """
        if not isinstance(data, Mapping):
            raise IllegalEvent("malformed", f"an event must be an object, not {type(data).__name__}")
        seq = _whole(data, "seq", None)
        if seq is None:
            raise IllegalEvent("malformed", "an event needs a seq")
        if not data.keys() <= _NAMES:
            unknown = sorted(map(str, data.keys() - _NAMES))
            raise IllegalEvent("malformed", f"an event has no field {', '.join(unknown)}", seq)
        ms = _whole(data, "ms", seq)
        version = _whole(data, "contract_version", seq)
        kind, slug, parameters, gesture = map(data.get, ("kind", "filter", "parameters", "gesture"))
        if ms is None or version is None:
            raise IllegalEvent("malformed", "an event needs ms and contract_version", seq)
        if not isinstance(kind, str) or kind not in EVENT_FIELDS:
            raise IllegalEvent("unknown_kind", f"there is no kind of event {kind!r}", seq)
        if slug is not None and not isinstance(slug, str):
            raise IllegalEvent("unknown_filter", f"a filter is named by its slug, not by {slug!r}", seq)
        if parameters is not None and not _is_numbers(parameters):
            raise IllegalEvent("malformed", "parameters must be finite numbers by name", seq)
        event = object.__new__(cls)
        # At once: a frozen class sets one field after the other, which takes longer than all that is checked here.
        vars(event).update(
            id=_uuid(data, "id", seq),
            episode=_uuid(data, "episode", seq),
            seq=seq,
            kind=kind,
            ms=ms,
            step=_whole(data, "step", seq),
            filter=slug,
            parameters=None if parameters is None else {name: float(value) for name, value in parameters.items()},
            contract_version=version,
            gesture=None if gesture is None else Gesture.from_json(gesture, seq),
        )
        if (kind, event.step is None, slug is None, parameters is None, gesture is None) not in _USUAL:
            _check_fields(event)
        return event

    def to_json(self) -> dict[str, Any]:
        """Return the event as ``from_json`` reads it."""
        parameters = None if self.parameters is None else dict(self.parameters)
        gesture = None if self.gesture is None else dict(vars(self.gesture))
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return own | {"parameters": parameters, "gesture": gesture}


_NAMES = frozenset(Event.__dataclass_fields__)
# Which fields are empty in events that have just those of their kind; what is unusual is looked at one by one.
_USUAL = {
    (kind, *(name not in fields for name in ("step", "filter", "parameters")), True)
    for kind, fields in EVENT_FIELDS.items()
    if kind != "view"
} | {("adjust", False, False, False, False)}


def _whole(data: Mapping[Any, Any], name: str, seq: int | None) -> int | None:
    value = data.get(name)
    if value is None or (type(value) is int and 0 <= value <= MAXIMUM_MS):
        return value
    raise IllegalEvent("malformed", f"{name} must be a whole number from 0 to {MAXIMUM_MS}, not {value!r}", seq)


def _uuid(data: Mapping[Any, Any], name: str, seq: int) -> str:
    value = data.get(name)
    if isinstance(value, str):
        if _CANONICAL_UUID.fullmatch(value):
            return value
        with suppress(ValueError):
            return str(UUID(value))
    raise IllegalEvent("malformed", f"{name} must be a UUID, not {value!r}", seq)


def _is_numbers(parameters: object) -> bool:
    if not isinstance(parameters, Mapping):
        return False
    for name, value in parameters.items():
        # By their exact types: True is an int too.
        if type(name) is not str or type(value) not in (float, int) or not abs(value) < HUGE:
            return False
    return True


def _check_fields(event: Event) -> None:
    """Refuse an event that lacks a field of its kind, or has one of another."""
    allowed_fields = EVENT_FIELDS[event.kind]
    for name, value in (("step", event.step), ("filter", event.filter), ("parameters", event.parameters)):
        if value is not None and name not in allowed_fields:
            raise IllegalEvent("malformed", f"{event.kind} takes no {name}", event.seq)
        if value is None and name in allowed_fields and event.kind != "view":
            raise IllegalEvent("malformed", f"{event.kind} needs a {name}", event.seq)
    if event.gesture is not None and event.kind != "adjust":
        raise IllegalEvent("malformed", f"{event.kind} takes no gesture", event.seq)
    if event.kind == "view" and set(event.parameters or ()) - set(VIEW_PARAMETERS):
        raise IllegalEvent("malformed", f"view records {', '.join(VIEW_PARAMETERS)} only", event.seq)
