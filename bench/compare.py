"""``safelight compare`` of 40,000 episodes with 40,000: its time against reading the play, and its memory."""

import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import numpy as np

from bench.figures import Figure
from editing.game.filters import FILTERS, VERSION
from editing.trajectories.reading import open_snapshot
from editing.trajectories.schemas import ADDED, ALL_SCHEMAS
from editing.trajectories.snapshot import tables_of_rows, write_manifest, write_tables
from editing.trajectories.validation import check_rows

PHOTOS, PLAYERS = 400, 100
SIDES = {"people": ("human", "p{}"), "play": ("agent", "agent:one")}
WIDTH, HEIGHT = 96, 64
STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
_NAMESPACE = UUID("2ad1ac6e-53b4-4bb5-a5b2-0a5ad0a1f4b8")

Row = dict[str, Any]


def measure() -> dict[str, Figure]:
    """Compare 100 people on each of 400 photos with 100 plays of an agent on each; in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        exports = [write_play(Path(folder) / name, kind, player) for name, (kind, player) in SIDES.items()]
        read = time.process_time()
        for export in exports:
            check_rows(open_snapshot(export))
        read = time.process_time() - read
        seconds, memory = _compare(exports, Path(folder) / "report")
    episodes = 2 * PHOTOS * PLAYERS
    note = f"{PHOTOS * PLAYERS:,} episodes by people and as many by an agent on {PHOTOS} photos; CPU seconds"
    return {
        "compare.over_reading": Figure(
            seconds / read, "x", "reading and checking the rows of both exports, in this run", note
        ),
        "compare.episodes_per_second": Figure(episodes / seconds, "episodes/s", "", note),
        "compare.peak_memory": Figure(memory / 1e6, "MB", "", "of the whole process"),
    }


def _compare(exports: Sequence[Path], report: Path) -> tuple[float, int]:
    """Return the CPU seconds and the peak memory in bytes of a comparison in a new process."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_compare_here, args=([str(export) for export in exports], str(report), theirs))
    process.start()
    theirs.close()
    outcome: tuple[float, int] = ours.recv()
    process.join()
    return outcome


def _compare_here(exports: Sequence[str], report: str, outcome: Any) -> None:
    from learning.command_line import main

    with Path(os.devnull).open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        main.main(["compare", *exports, "-o", report], standalone_mode=False)
    used = resource.getrusage(resource.RUSAGE_SELF)
    outcome.send((used.ru_utime + used.ru_stime, 1024 * used.ru_maxrss))


def write_play(folder: Path, kind: str, player: str) -> Path:
    """Write an export of random play on random photos: each photo is played by 100 people, or 100 times by an agent."""
    folder.mkdir()
    (folder / "previews").mkdir()
    photos = [_photo(folder, number) for number in range(PHOTOS)]
    episodes: list[Row] = []
    steps: list[Row] = []
    random = np.random.default_rng(len(kind))
    for number in range(PLAYERS):
        for photo in photos:
            episode, own_steps = _episode(photo["sha256"], kind, player.format(number), number, random)
            episodes.append(episode)
            steps += own_steps
    tables = {"episodes": episodes, "steps": steps, "events": (), "photos": photos}
    counts = write_tables(folder, {name: tables_of_rows(name, rows) for name, rows in tables.items()})
    write_manifest(folder, counts, {"made_by": "bench"})
    return folder


def _photo(folder: Path, number: int) -> Row:
    random = np.random.default_rng(number)
    ramp = np.linspace(0.01, 0.35, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1)
    pixels = (ramp * random.uniform(0.5, 1, 3) + random.uniform(0, 0.02, (HEIGHT, WIDTH, 3))).astype(np.float16)
    np.save(folder / "preview.npy", pixels)
    digest = hashlib.sha256((folder / "preview.npy").read_bytes()).hexdigest()
    (folder / "preview.npy").rename(folder / "previews" / f"{digest}.npy")
    size = {"width": WIDTH, "height": HEIGHT, "preview_width": WIDTH, "preview_height": HEIGHT}
    return {
        "sha256": hashlib.sha256(f"photo {number}".encode()).hexdigest(),
        "preview_sha256": digest,
        "name": f"{number}.png",
        **size,
        "working_space": "linear-srgb",
        "decoding": json.dumps({}),
        "licence": "",
        "attribution": "",
    }


def _episode(photo: str, kind: str, player: str, number: int, random: np.random.Generator) -> tuple[Row, list[Row]]:
    identity = str(uuid5(_NAMESPACE, f"{kind} {player} {photo} {number}"))
    slugs = [str(slug) for slug in random.permutation(list(FILTERS))[: random.integers(2, 6)]]
    steps = [
        {
            "episode": identity,
            "index": index,
            "filter": slug,
            "parameters": FILTERS[slug].canonical(
                {p.name: float(p.from_position(random.uniform(0.35, 0.65))) for p in FILTERS[slug].parameters}
            ),
            "ms_spent": 1000,
            "probabilities": None,
        }
        for index, slug in enumerate(slugs)
    ]
    row = dict.fromkeys(ALL_SCHEMAS["episodes"].names, None) | ADDED["episodes"]
    row |= dict.fromkeys(("tutorial", "preview", "repeat", "attention", "resumed", "saw_reveal"), False)
    row |= {"id": identity, "player": player, "player_kind": kind, "photo": photo, "study": "bench"}
    row |= {"status": "submitted", "contract_version": VERSION, "step_count": len(steps), "started": STARTED}
    row |= {"duration_ms": 5000}
    return row | ({"seed": 0, "sample": number, "checkpoint_hash": "0" * 64} if kind == "agent" else {}), steps
