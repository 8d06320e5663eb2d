"""Snapshots for tests: a few lines of play, written as an export is."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from editing.game.events import Event
from editing.game.filters import FILTERS, VERSION
from editing.trajectories.snapshot import write_snapshot

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_NAMESPACE = UUID("6f0c1f7e-2f5b-4c3e-9f27-000000000000")
FLAGS = ("tutorial", "preview", "repeat", "attention", "resumed", "saw_reveal")

# Excluded ones are, here, after their submit.
FINISHED = ("submitted", "excluded")

Steps = Sequence[tuple[str, Mapping[str, float]]]


@dataclass(frozen=True)
class Play:
    """One episode to write: who, which photo (by name), and what they did; ``row`` overrides columns."""

    player: str
    photo: str
    steps: Steps = (("exposure", {"ev": 1.0}),)
    row: Mapping[str, Any] = field(default_factory=dict)


def picture(name: str, height: int = 20, width: int = 30) -> NDArray[np.float16]:
    """A dark picture, float16 (height, width, 3), that depends on its name alone."""
    random = np.random.default_rng(list(name.encode()))
    ramp = np.linspace(0.01, 0.35, height * width).reshape(height, width, 1)
    return (ramp * random.uniform(0.5, 1, 3) + random.uniform(0, 0.02, (height, width, 3))).astype(np.float16)


def episode_id(snapshot: str, number: int) -> str:
    """The id of the play of that number, from 0, in the snapshot that is written to a folder of that name."""
    return str(uuid5(_NAMESPACE, f"{snapshot}/{number}"))


def photo_sha256(name: str) -> str:
    """The identity of the photo of that name."""
    return hashlib.sha256(name.encode()).hexdigest()


def write(
    directory: Path,
    plays: Iterable[Play],
    pictures: Mapping[str, NDArray[np.floating[Any]]] | None = None,
    **tables: Any,
) -> Path:
    """Write the plays as a snapshot.

    Players whose name starts with ``agent:`` are agents, others humans; a play's ``row`` may say otherwise. Other
    tables, and what agents were trained on, are written as they are given.
    """
    plays = list(plays)
    store = directory.parent / f"{directory.name}-store"
    store.mkdir(parents=True)
    photos, previews = [], {}
    for name in sorted({play.photo for play in plays}):
        pixels = np.asarray((pictures or {}).get(name, picture(name)), dtype=np.float16)
        np.save(store / f"{name}.npy", pixels)
        digest = hashlib.sha256((store / f"{name}.npy").read_bytes()).hexdigest()
        previews[digest] = store / f"{name}.npy"
        height, width = pixels.shape[:2]
        photos.append(
            {
                "sha256": photo_sha256(name),
                "preview_sha256": digest,
                "name": f"{name}.png",
                "width": width,
                "height": height,
                "preview_width": width,
                "preview_height": height,
                "working_space": "linear-srgb",
                "decoding": json.dumps({}),
                "licence": "CC0",
                "attribution": "made for a test",
            }
        )
    episodes, steps, events = [], [], []
    for number, play in enumerate(plays):
        episode = _episode(directory.name, number, play)
        episodes.append(episode)
        rows = [
            {
                "episode": episode["id"],
                "index": index,
                "filter": slug,
                "parameters": FILTERS[slug].canonical({**FILTERS[slug].neutral, **parameters}),
                "ms_spent": 1000,
                "probabilities": None,
            }
            for index, (slug, parameters) in enumerate(play.steps)
        ]
        events += [event.to_json() for event in _events(episode, rows)]
        steps += rows[: episode["step_count"]]
    write_snapshot(
        directory,
        episodes=episodes,
        steps=steps,
        events=events,
        photos=photos,
        previews=previews,
        manifest={"study": "default"},
        **tables,
    )
    return directory


def _events(episode: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    """What a player did to come to these steps."""
    actions: list[dict[str, Any]] = [{"kind": "start"}]
    for index, step in enumerate(steps):
        here = {"step": index, "filter": step["filter"]}
        actions += [{"kind": "goto", "step": index}] if index else []
        actions += [{"kind": "choose", **here}, {"kind": "adjust", **here, "parameters": step["parameters"]}]
    actions += [{"kind": "submit"}] if episode["status"] in FINISHED else []
    for seq, action in enumerate(actions):
        identity = str(uuid5(UUID(episode["id"]), str(seq)))
        yield Event(id=identity, episode=episode["id"], seq=seq, ms=100 * seq, **action)


def _episode(snapshot: str, number: int, play: Play) -> dict[str, Any]:
    return {
        "id": episode_id(snapshot, number),
        "player": play.player,
        "player_kind": "agent" if play.player.startswith("agent:") else "human",
        "photo": photo_sha256(play.photo),
        "study": "default",
        "status": "submitted",
        "exclusion_reason": None,
        "contract_version": VERSION,
        "step_count": len(play.steps) if play.row.get("status", "submitted") in FINISHED else 0,
        "started": START + timedelta(hours=number),
        "duration_ms": 60_000,
        **dict.fromkeys(FLAGS, False),
        "seed": None,
        "sample": None,
        "checkpoint_hash": None,
        **play.row,
    }
