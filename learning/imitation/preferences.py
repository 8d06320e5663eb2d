"""Preferences that stand in the events: two continuations of one state, of which a person kept one.

The rules, for each episode that was handed in:

- What is *kept* are the steps that stood at the end.
- What was *rejected* is a step, or steps, that a player saw and left: by undo (``undone``), by setting its sliders
  again (``pulled back``), by another filter in its place (``replaced``), by taking it out (``removed``), or by emptying
  the list (``started over``).
- They are a pair if both go on from the same steps: those before the rejected step must stand unchanged at the end. The
  kept continuation is the step that stands at the rejected one's place; of those who started over, everything.
- A step left at neutral was not seen, and what came back by redo or by hand was not rejected.
- Each rejected continuation counts once. Two whose pictures differ by less than ``VISIBLE`` are no pair.

From the tasks of judging come pairs of finished treatments: the one chosen over the other, and a favourite over each of
the others shown with it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.game.events import Event
from editing.game.filters import apply_steps
from editing.game.rules import State, Step, apply_event, trajectory, why_unknown
from editing.photos.preview import agent_view, load_preview
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot

Pixels = NDArray[np.float32]
UNDONE, PULLED_BACK, REPLACED, REMOVED, STARTED_OVER = "undone", "pulled back", "replaced", "removed", "started over"
CHOSEN, FAVOURITE = "chosen of a pair", "favourite"
RULES = (UNDONE, PULLED_BACK, REPLACED, REMOVED, STARTED_OVER, CHOSEN, FAVOURITE)
# The mean difference of two pictures as shown, 0 .. 1, from which on they are said to differ.
VISIBLE = 2 / 255
_NOT_COUNTED = ("preview", "attention", "repeat", "surplus", "failed")


@dataclass(frozen=True)
class Preference:
    """One pair.

    Attributes:
        rule: by which it is one, of ``RULES``.
        before: the steps that both go on from.
        kept, rejected: the steps that follow.
        ends: whether both were finished after that, as in tasks of judging and where all was started over.
        difference: of the pictures as shown, mean over pixels and channels of the 64 x 64 view.
        episode: that the pair is from; empty for a task of judging.
    """

    rule: str
    player: str
    photo: str
    before: tuple[Step, ...]
    kept: tuple[Step, ...]
    rejected: tuple[Step, ...]
    ends: bool = False
    difference: float = 0.0
    episode: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values, for a line of a file."""
        steps = {
            name: [{"filter": step.filter, "parameters": dict(step.parameters)} for step in getattr(self, name)]
            for name in ("before", "kept", "rejected")
        }
        return dict(vars(self)) | steps


@dataclass(frozen=True)
class _Left:
    """Steps that a player saw and left."""

    rule: str
    place: int
    steps: tuple[Step, ...]


def _left_steps(events: Iterable[Event]) -> Iterator[_Left]:
    """Yield what was left on the way; the rule is that of the event that left it."""
    state = State()
    for event in events:
        before, cursor = state.steps, state.cursor
        state = apply_event(state, event, allow_untouched=True)
        after = state.steps
        if before == after:
            continue
        if event.kind == "reset":
            yield _Left(STARTED_OVER, 0, before)
        elif event.kind == "undo":
            place = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(after))
            if place < len(before):
                yield _Left(UNDONE, place, before[: place + 1])
        elif event.kind in ("adjust", "choose", "remove") and cursor < len(before):
            rule = {"adjust": PULLED_BACK, "choose": REPLACED, "remove": REMOVED}[event.kind]
            yield _Left(rule, cursor, before[: cursor + 1])


def preferences_of_episode(
    events: Sequence[Event], player: str, photo: str, view: Pixels, counts: Counter[str]
) -> list[Preference]:
    """Return the pairs of one episode that was handed in.

    Args:
        view: the photo, (64, 64, 3) linear light.
        counts: what was left, and why it is no pair, is counted here.
    """
    left = list(_left_steps(events))
    state = State()
    for event in events:
        state = apply_event(state, event, allow_untouched=True)
    final = trajectory(state)
    found: dict[tuple[Any, ...], Preference] = {}
    for one in left:
        place = one.place
        before, rejected = one.steps[:place], one.steps[place:]
        if one.rule == STARTED_OVER:
            rejected = tuple(step for step in rejected if not step.is_neutral)
        if not rejected or rejected[-1].is_neutral:
            counts["left at neutral, not seen"] += 1
            continue
        kept = final[place:] if one.rule == STARTED_OVER else final[place : place + 1]
        if before != final[:place] or not kept:
            counts["the steps before it, or its place, did not stand at the end"] += 1
            continue
        if kept == rejected:
            counts["came back"] += 1
            continue
        key = (place, tuple((step.filter, tuple(step.parameters.items())) for step in rejected))
        ends = one.rule == STARTED_OVER
        pair = Preference(one.rule, player, photo, before, kept, rejected, ends, episode=events[0].episode)
        found.setdefault(key, pair)
    return _visible(found.values(), view, counts)


def _visible(pairs: Iterable[Preference], view: Pixels, counts: Counter[str]) -> list[Preference]:
    """Return the pairs whose pictures differ, with their difference."""
    kept = []
    for pair in pairs:
        start = apply_steps(view, pair.before)
        a, b = (np.clip(apply_steps(start, steps), 0, 1) for steps in (pair.kept, pair.rejected))
        difference = float(np.abs(a - b).mean())
        if difference < VISIBLE:
            counts["not to be told apart"] += 1
        else:
            kept.append(replace(pair, difference=round(difference, 6)))
    return kept


@dataclass(frozen=True)
class Preferences:
    """The pairs of an export.

    Attributes:
        episodes: how many were handed in by those who were asked for.
        left_out: how many rejected continuations are no pair, by the reason; and how many episodes were played by a
            version of the filters that is not known.
        views: (64, 64, 3) linear light, by photo.
    """

    pairs: tuple[Preference, ...]
    episodes: int
    left_out: Mapping[str, int]
    views: Mapping[str, Pixels]

    @property
    def counts(self) -> dict[str, int]:
        """How many pairs there are by each rule."""
        counted = Counter(pair.rule for pair in self.pairs)
        return {rule: counted[rule] for rule in RULES}


def read_preferences(directory: Path, kind: str = "human") -> Preferences:
    """Read the pairs of an export.

    Args:
        kind: of the players, as in the table of episodes.

    Raises:
        InvalidSnapshot: if it is damaged.
        PhotoError: if a preview is.
    """
    snapshot = read_snapshot(directory)
    previews = {row["sha256"]: snapshot.preview_path(row["preview_sha256"]) for row in rows(snapshot.photos)}
    left_out, pairs = Counter[str](), list[Preference]()
    chosen = {}
    for row in rows(snapshot.episodes):
        if (
            row["player_kind"] == kind
            and row["status"] == "submitted"
            and not any(row[flag] for flag in ("tutorial", "preview", "attention"))
        ):
            if reason := why_unknown(row["contract_version"]):
                left_out[reason] += 1
            else:
                chosen[row["id"]] = row
    events: defaultdict[str, list[Event]] = defaultdict(list)
    for row in rows(snapshot.events):
        if row["episode"] in chosen:
            events[row["episode"]].append(Event.from_json(row))
    judged = [row for row in rows(snapshot.judgements) if row["player_kind"] == kind and _counts(row)]
    photos = {row["photo"] for row in chosen.values()} | {row["photo"] for row in judged}
    views = {photo: agent_view(load_preview(previews[photo])) for photo in sorted(photos)}
    for episode in sorted(events):
        row = chosen[episode]
        own = sorted(events[episode], key=lambda event: event.seq)
        pairs += preferences_of_episode(own, row["player"], row["photo"], views[row["photo"]], left_out)
    steps: defaultdict[str, dict[int, Step]] = defaultdict(dict)
    for row in rows(snapshot.steps) if judged else ():
        steps[row["episode"]][row["index"]] = Step(row["filter"], row["parameters"])
    for row in judged:
        found = list(_judged_pairs(row, {key: tuple(own[i] for i in sorted(own)) for key, own in steps.items()}))
        pairs += _visible(found, views[row["photo"]], left_out)
    return Preferences(tuple(pairs), len(chosen), dict(sorted(left_out.items())), views)


def _counts(row: Mapping[str, Any]) -> bool:
    return row["kind"] in ("pair", "favourite") and not any(row.get(flag) for flag in _NOT_COUNTED)


def _judged_pairs(row: Mapping[str, Any], steps: Mapping[str, tuple[Step, ...]]) -> Iterator[Preference]:
    """Yield the pairs of an answer; pictures of no episode are left out, but for the photo as it came."""
    makers = row.get("makers") or [""] * len(row["episodes"])
    shown = [
        steps.get(episode) if episode else () if maker == "untouched" else None
        for episode, maker in zip(row["episodes"], makers, strict=True)
    ]
    kept = shown[row["answer"]] if row["answer"] < len(shown) else None
    rule = CHOSEN if row["kind"] == "pair" else FAVOURITE
    for place, rejected in enumerate(shown):
        if kept is not None and rejected is not None and place != row["answer"]:
            yield Preference(rule, row["player"], row["photo"], (), kept, rejected, ends=True)
