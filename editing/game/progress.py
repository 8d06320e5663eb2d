"""How far an episode has come: its state by the rules, the time that its filters have had, and the form that is stored.

Events lead from one progress to the next, so that a batch costs the same however many events came before. What is
stored has the parameters of the steps that stand. What undo and redo lead back to is there by the numbers of the events
that made it: two cursors and at most five numbers for each change, as text, of which only the end that is needed is
read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from editing.game.events import Event
from editing.game.rules import CHANGES, Position, State, Step, apply_event, made_step

# Ten minutes: nobody looks at a photo for longer without doing anything.
LONGEST_LOOK_MS = 10 * 60 * 1000

_Change = tuple[Position, Position]


@dataclass(frozen=True)
class Progress:
    """An episode after some events.

    Attributes:
        spent: milliseconds by slug of the filters that the cursor has stood on.
        ms: the latest time of any event. A client's clock that runs backwards counts as standing still.
        away: whether the page has lost the focus.
        resumed: whether the player came back to it.
        older, later: changes before those of ``state.past``, after those of ``state.future``, in the form stored.
    """

    state: State = field(default_factory=State)
    spent: Mapping[str, int] = field(default_factory=dict)
    ms: int = 0
    away: bool = False
    resumed: bool = False
    older: str = ""
    later: str = ""

    @property
    def time_spent(self) -> dict[str, int]:
        """Milliseconds for each filter that stands, while the cursor was on its step and the page had the focus.

        A filter stands at most once in the list of steps, so its slug names the step. Between two events at most
        ``LONGEST_LOOK_MS`` count: then the machine slept, or its clock jumped, without a word from the page.
        """
        return {step.filter: self.spent.get(step.filter, 0) for step in self.state.steps}

    def to_json(self) -> str:
        """Return the form stored. Nobody undoes what is submitted: of such an episode the history is left out."""
        state = self.state
        is_open = state.status == "open"
        past = [_word(change, change[0]) for change in state.past]
        future = [_word(change, change[1]) for change in state.future]
        data = {
            "status": state.status,
            "next_seq": state.next_seq,
            "steps": [[step.made_by, step.filter, dict(step.parameters)] for step in state.steps],
            "cursor": state.cursor,
            "past": _joined([self.older, *past]) if is_open else "",
            "future": _joined([*future, self.later]) if is_open else "",
            "spent": self.spent,
            "ms": self.ms,
            "away": self.away,
            "resumed": self.resumed,
        }
        return orjson.dumps(data).decode()

    @classmethod
    def from_json(
        cls,
        text: str,
        following: Sequence[Event] = (),
        events: Callable[[set[int]], Iterable[Event]] = lambda _: (),
    ) -> "Progress":
        """Read the form stored.

        Args:
            following: the events that are about to follow, perhaps after some that are stored. Of the history, what
                undo and redo among them lead back to is read.
            events: asked for the stored events of these numbers, or more, once, and only if there are any.
        """
        data = orjson.loads(text)
        current = tuple(Step(slug, parameters, seq) for seq, slug, parameters in data["steps"])
        undone, redone = _history_needed([event.kind for event in following if event.seq >= data["next_seq"]])
        older, past = _split(data["past"].rsplit(" ", undone), undone, rest=0)
        later, future = _split(data["future"].split(" ", redone), redone, rest=-1)
        steps = {step.made_by: step for step in current}
        if missing := {seq for *_, numbers in (*past, *future) for seq in numbers} - set(steps):
            steps |= {event.seq: made_step(event) for event in events(missing) if event.seq in missing}
        return cls(
            state=State(
                position=Position(current, data["cursor"]),
                past=tuple(reversed(list(_changes(reversed(past), current, steps, backwards=True)))),
                future=tuple(_changes(future, current, steps, backwards=False)),
                status=data["status"],
                next_seq=data["next_seq"],
            ),
            **{name: data[name] for name in ("spent", "ms", "away", "resumed")},
            older=older,
            later=later,
        )


def progress_after(
    events: Iterable[Event],
    allow_untouched: bool = False,
    progress: Progress = Progress(),
) -> Progress:
    """Return the progress after the events of one episode, from its start, or from where it has come to.

    Raises:
        IllegalEvent: at the first event that the rules refuse.
    """
    state, spent, later = progress.state, dict(progress.spent), progress.later
    ms, away, resumed = progress.ms, progress.away, progress.resumed
    for event in events:
        here = _here(state)
        state = apply_event(state, event, allow_untouched)
        if here and not away and event.kind != "resume":
            spent[here] = spent.get(here, 0) + min(max(0, event.ms - ms), LONGEST_LOOK_MS)
        ms = max(ms, event.ms)
        if event.kind in CHANGES:
            later = ""
        match event.kind:
            case "choose":
                # What was taken out and is chosen again begins anew; undo brings a step back, and its time with it.
                spent.pop(_here(state), None)
            case "blur":
                away = True
            case "focus" | "resume":
                away, resumed = False, resumed or event.kind == "resume"
    return Progress(state, spent, ms, away, resumed, progress.older, later)


def time_spent(events: Iterable[Event]) -> dict[str, int]:
    """Return ``Progress.time_spent`` after the events of one episode."""
    return progress_after(events, allow_untouched=True).time_spent


def _history_needed(kinds: Iterable[str]) -> tuple[int, int]:
    """Return how many changes of the past, and of the future, events of these kinds lead back to, in turn."""
    undone = redone = balance = 0
    is_changed = False
    for kind in kinds:
        is_changed = is_changed or kind in CHANGES
        balance += (kind == "redo" or kind in CHANGES) - (kind == "undo")
        undone = max(undone, -balance)
        if not is_changed:
            redone = max(redone, balance)
    return undone, redone


def _here(state: State) -> str:
    """Return the filter that the cursor stands on, if it does."""
    steps, cursor = state.position
    return steps[cursor].filter if cursor < len(steps) else ""


# A change in the form stored: "0:1:3,7", the cursor before and after it, and what made the steps at its far end. Those
# at the near end are of the next change, or of what stands.
_Word = tuple[int, int, list[int]]


def _word(change: _Change, far: Position) -> str:
    before, after = change
    return f"{before.cursor}:{after.cursor}:{','.join(str(step.made_by) for step in far.steps)}"


def _read(word: str) -> _Word:
    before, after, numbers = word.split(":")
    return int(before), int(after), [int(number) for number in numbers.split(",") if number]


def _joined(words: Sequence[str]) -> str:
    return " ".join(word for word in words if word)


def _split(words: list[str], count: int, *, rest: int) -> tuple[str, list[_Word]]:
    """Return what is left unread, which lies at index ``rest`` if there is more than ``count``, and what was read."""
    unread = words.pop(rest) if len(words) > count else ""
    return unread, [_read(word) for word in words if word]


def _changes(
    words: Iterable[_Word], steps: tuple[Step, ...], made: Mapping[Any, Step], *, backwards: bool
) -> Iterable[_Change]:
    """Yield the changes that lead away from these steps."""
    for before, after, numbers in words:
        far = tuple(made[number] for number in numbers)
        near, steps = steps, far
        yield (
            (Position(far, before), Position(near, after))
            if backwards
            else (Position(near, before), Position(far, after))
        )
