"""Who is compared: the episodes of some snapshots that count, and the players who are set side by side."""

from __future__ import annotations

import gc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from editing.game.rules import Step, why_unknown
from editing.trajectories.columns import rows
from editing.trajectories.reading import is_snapshot, open_snapshot
from editing.trajectories.schemas import InvalidSnapshot
from editing.trajectories.validation import check_rows
from learning.agent.training_data import TrainingData
from learning.comparison.judgements import Judgement, judgements_that_count

# What players of a kind are called, several of them.
PLAYERS = {"human": "people", "agent": "agents", "robot": "robots", "baseline": "baselines", "expert": "experts"}


# Whom a comparison takes without a choice.
EVERYBODY = ("people", "agents")
# What one of them is called, by the label of their side.
SINGULAR = {"People": "person", "Robots": "robot", "Baselines": "baseline", "Experts": "expert"}


# Of all folders together: each step that is read takes about a kilobyte, and each episode as much.
MAXIMUM_STEPS_READ, MAXIMUM_EPISODES_READ = 2_000_000, 1_000_000


class ComparisonError(ValueError):
    """Two folders cannot be compared; the message is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Episode:
    """A submitted episode: who played which photo (SHA-256 of the source), and the steps that stood at the end."""

    id: str
    player: str
    player_kind: str
    photo: str
    preview: str
    steps: tuple[Step, ...]
    started: datetime | None = None
    checkpoint_hash: str = ""
    saw_reveal: bool = False

    @property
    def order(self) -> tuple[str, ...]:
        """The filters' slugs, first step first."""
        return tuple(step.filter for step in self.steps)


@dataclass(frozen=True)
class Side:
    """Players of one kind, or everybody in some snapshots: the episodes that count, and why others do not.

    Attributes:
        photos: what is known of each photo, by its SHA-256.
        previews: the files of the previews, by their SHA-256.
        judgements: what people thought of pictures, whoever made them.
        trained_on: what agents were trained on, where their play says so, by checkpoint.
    """

    label: str
    episodes: tuple[Episode, ...]
    left_out: Mapping[str, int]
    photos: Mapping[str, Mapping[str, Any]]
    previews: Mapping[str, Path]
    judgements: tuple[Judgement, ...] = ()
    trained_on: Mapping[str, TrainingData] = field(default_factory=dict)

    @property
    def played(self) -> dict[str, str]:
        """The preview's SHA-256 by photo, of the photos with an episode that counts."""
        return {episode.photo: episode.preview for episode in self.episodes}

    @property
    def kinds(self) -> Counter[str]:
        """How many episodes count, by the kind of player."""
        return Counter(episode.player_kind for episode in self.episodes)


def read_play(directories: Sequence[Path]) -> Side:
    """Read the play of several snapshots together, labelled by the names of their folders.

    Raises:
        ComparisonError: as ``read_side``, or they hold more than fits in memory: that is found before any is read.
    """
    _check_size(directories)
    with _collector_paused():
        return merge([read_side(directory, directory.resolve().name) for directory in directories])


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Hold the garbage collector back: it would look through each million of rows again and again, for no cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_side(directory: Path, label: str) -> Side:
    """Read a snapshot and choose the episodes that count, whoever played them. Its events are not read.

    Play by a version of the filters that is not known is left out, since it cannot be rendered.

    Raises:
        ComparisonError: no snapshot there, or an invalid one: the message names folder, row and reason.
    """
    if not directory.exists():
        raise ComparisonError(f"{directory} does not exist")
    if not is_snapshot(directory):
        raise ComparisonError(
            f"{directory} is not a snapshot: name the folder that an export or `safelight play` wrote"
        )
    try:
        snapshot = open_snapshot(directory)
        check_rows(snapshot)
    except InvalidSnapshot as error:
        raise ComparisonError(f"{directory} is not a valid snapshot: {error}") from error
    photos = {str(row["sha256"]): row for row in rows(snapshot.photos)}
    steps: defaultdict[str, dict[int, Step]] = defaultdict(dict)
    for row in rows(snapshot.steps):
        steps[row["episode"]][row["index"]] = Step(row["filter"], row["parameters"])
    episodes, left_out = [], Counter[str]()
    for row in sorted(rows(snapshot.episodes), key=lambda row: str(row["id"])):
        reason = _reason(row)
        if reason:
            left_out[reason] += 1
            continue
        ordered = tuple(steps[row["id"]][index] for index in sorted(steps[row["id"]]))
        preview = photos[row["photo"]]["preview_sha256"]
        episodes.append(
            Episode(
                row["id"],
                row["player"],
                row["player_kind"],
                row["photo"],
                preview,
                ordered,
                row["started"],
                row["checkpoint_hash"] or "",
                row["saw_reveal"],
            )
        )
    previews = {photo["preview_sha256"]: snapshot.preview_path(photo["preview_sha256"]) for photo in photos.values()}
    makers = {
        row["id"]: row["player"] if row["player_kind"] == "agent" else row["player_kind"]
        for row in rows(snapshot.episodes)
    }
    judgements = tuple(judgements_that_count(rows(snapshot.judgements), makers))
    trained_on = {
        checkpoint: data for checkpoint, value in snapshot.trained_on.items() if (data := TrainingData.from_json(value))
    }
    return Side(label, tuple(episodes), dict(sorted(left_out.items())), photos, previews, judgements, trained_on)


def _check_size(directories: Iterable[Path]) -> None:
    """Refuse tables that would not fit in memory, by what their files say of themselves."""
    for table, most in (("steps", MAXIMUM_STEPS_READ), ("episodes", MAXIMUM_EPISODES_READ)):
        count = sum(_row_count(directory / f"{table}.parquet") for directory in directories)
        if count > most:
            names = ", ".join(directory.resolve().name for directory in directories)
            raise ComparisonError(
                f"there are {count:,} {table} in {names}, and at most {most:,} are compared at a time: export fewer "
                "studies, or take a part by `safelight dataset split`"
            )


def _row_count(path: Path) -> int:
    """Return how many rows a table has; 0 where its file cannot be read, which is told where it is read."""
    try:
        with pq.ParquetFile(path) as file:
            return int(file.metadata.num_rows)
    except (OSError, pa.ArrowException):
        return 0


def _reason(row: Mapping[str, Any]) -> str | None:
    """Why an episode does not count, or ``None``; the first reason that applies."""
    if row["tutorial"]:
        return "tutorial"
    if row["preview"]:
        return "a researcher's preview of a study"
    if row["attention"]:
        return "attention check, played to an instruction"
    if row["status"] == "excluded":
        return f"excluded: {row['exclusion_reason'] or 'no reason given'}"
    if row["status"] != "submitted":
        return f"not submitted ({row['status']})"
    return why_unknown(row["contract_version"]) or None


def merge(sides: Sequence[Side]) -> Side:
    """Return the play of several snapshots together; an episode that is in two of them counts once."""
    episodes = {episode.id: episode for side in sides for episode in side.episodes}
    left_out = sum((Counter(side.left_out) for side in sides), Counter[str]())
    return Side(
        " and ".join(side.label for side in sides),
        tuple(episodes[key] for key in sorted(episodes)),
        dict(sorted(left_out.items())),
        {photo: facts for side in sides for photo, facts in side.photos.items()},
        {preview: path for side in sides for preview, path in side.previews.items()},
        tuple(judgement for side in sides for judgement in side.judgements),
        {checkpoint: data for side in sides for checkpoint, data in side.trained_on.items()},
    )


def choose_players(side: Side, chosen: Sequence[str] = ()) -> tuple[Side, tuple[Side, ...]]:
    """Return those whom others are compared with, and the others, each as a side of its own.

    Kinds of players never mix. Without a choice people are compared with every agent.

    Args:
        side: everybody's play.
        chosen: ``people``, ``robots`` or ``experts``, ``agent:NAME``, or ``agents`` for each of them; the first is whom
            the others are compared with.

    Raises:
        ComparisonError: nobody has played whom the choice names, or no person without a choice.
    """
    agents = sorted({episode.player for episode in side.episodes if episode.player_kind == "agent"})
    choices = tuple(chosen) or EVERYBODY
    if choices == EVERYBODY and "human" not in side.kinds:
        raise ComparisonError(_nobody(side))
    names = [name for choice in choices for name in (agents if choice == "agents" else [choice])]
    if len(set(names)) < len(names):
        raise ComparisonError(f"--players names {next(name for name in names if names.count(name) > 1)} twice")
    if not names:
        raise ComparisonError(f"--players asks for agents, and no agent’s play is in {side.label}")
    sides = [_played_by(side, name) for name in names]
    return sides[0], tuple(sides[1:])


def _nobody(side: Side) -> str:
    if not side.kinds:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in side.left_out.items())
        return f"no episode in {side.label} counts, so there is nothing to compare" + (
            f": {reasons}" if reasons else ""
        )
    text = f"no play by people is in {side.label}, only {episodes_by_kind(side.kinds)}"
    return (
        f"{text}: robots are no people; safelight compare --players robots,agents puts them in their place"
        if "robot" in side.kinds
        else text
    )


def _played_by(side: Side, name: str) -> Side:
    kinds = {PLAYERS[kind]: kind for kind in PLAYERS if kind != "agent"}
    if name in kinds:
        episodes = [episode for episode in side.episodes if episode.player_kind == kinds[name]]
    elif name.startswith("agent:"):
        episodes = [episode for episode in side.episodes if episode.player == name]
    else:
        raise ComparisonError(f"--players: {name} is none of {', '.join(kinds)}, agents and agent:NAME")
    if not episodes:
        agents = sorted({episode.player for episode in side.episodes if episode.player_kind == "agent"})
        held = f"; the agents there are {', '.join(agents)}" if name.startswith("agent:") and agents else ""
        raise ComparisonError(f"no play by {name} is in {side.label}{held}")
    label = name.capitalize() if name in kinds else name.removeprefix("agent:")
    return replace(side, label=label, episodes=tuple(episodes))


def episodes_by_kind(counts: Mapping[str, int]) -> str:
    """Return how many episodes are by whom, such as ``12 by people, 3 by robots``; the most first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} by {PLAYERS[kind]}" for kind, count in ordered)


def shared_photos(a: Side, b: Side) -> list[str]:
    """Return the photos that both sides played from the same preview, in order of their SHA-256."""
    return sorted(photo for photo, _ in a.played.items() & b.played.items())
