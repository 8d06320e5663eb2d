"""``safelight compare`` of 40,000 episodes with 40,000: its time, against play by play, and its memory."""

import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from threadpoolctl import threadpool_limits

from bench.figures import Figure
from editing.game.filters import FILTERS, VERSION, apply_steps
from editing.photos.colour import lab
from editing.trajectories.reading import open_snapshot
from editing.trajectories.schemas import ADDED, ALL_SCHEMAS
from editing.trajectories.snapshot import tables_of_rows, write_manifest, write_tables
from editing.trajectories.validation import check_rows
from learning.metrics.histogram_intersection import picture_statistics

PHOTOS, PLAYERS = 400, 100
# On so many of the photos it is measured what each play by itself takes.
FEW = 4
SIDES = {"people": ("human", "p{}"), "play": ("agent", "agent:one")}
WIDTH, HEIGHT = 96, 64
STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
_NAMESPACE = UUID("2ad1ac6e-53b4-4bb5-a5b2-0a5ad0a1f4b8")

Row = dict[str, Any]


def measure() -> dict[str, Figure]:
    """Compare 100 people on each of 400 photos with 100 plays of an agent on each; in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        exports = [write_play(Path(folder) / name, kind, player) for name, (kind, player) in SIDES.items()]
        read = _seconds_of_reading(exports)
        seconds, memory = _alone(_compare, exports, Path(folder) / "report")
        first, _ = _alone(_first_statistics, exports)
        one_by_one = read + PHOTOS / FEW * _seconds_one_by_one(exports)
    episodes = 2 * PHOTOS * PLAYERS
    note = f"{PHOTOS * PLAYERS:,} episodes by people and as many by an agent on {PHOTOS} photos; CPU seconds"
    first_note = f"filter use, steps, order, parameters, results, colour differences; {first:.1f} CPU seconds"
    return {
        "compare.first_statistics": Figure(
            first / one_by_one,
            "x",
            f"each play developed and each pair measured by itself, on {FEW} photos",
            first_note,
        ),
        "compare.over_reading": Figure(
            seconds / read, "x", "reading and checking the rows of both exports, in this run", note
        ),
        "compare.episodes_per_second": Figure(episodes / seconds, "episodes/s", "", note),
        "compare.peak_memory": Figure(memory / 1e6, "MB", "", "of the whole process"),
    }


def _seconds_of_reading(exports: Sequence[Path]) -> float:
    start = time.process_time()
    for export in exports:
        check_rows(open_snapshot(export))
    return time.process_time() - start


def _alone(work: Callable[..., None], *arguments: Any) -> tuple[float, int]:
    """Return the CPU seconds and the peak memory in bytes of some work in a new process."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_tell, args=(theirs, work, arguments))
    process.start()
    theirs.close()
    outcome: tuple[float, int] = ours.recv()
    process.join()
    return outcome


def _tell(outcome: Any, work: Callable[..., None], arguments: Sequence[Any]) -> None:
    work(*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    outcome.send((used.ru_utime + used.ru_stime, 1024 * used.ru_maxrss))


def _compare(exports: Sequence[Path], report: Path) -> None:
    from learning.command_line import main

    with Path(os.devnull).open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        main.main(["compare", *map(str, exports), "-o", str(report)], standalone_mode=False)


def _first_statistics(exports: Sequence[Path]) -> None:
    """Take the statistics that there were before human-likeness, by what takes them today; with reading the play."""
    from learning.comparison import results, statistics
    from learning.comparison.compare import DISTANCE_EDGE
    from learning.comparison.pair_distances import measure_distances
    from learning.comparison.sampling import sampled
    from learning.comparison.sides import choose_players, read_play
    from learning.comparison.statistics import Sample

    people, (agent,) = choose_players(read_play(exports))
    with threadpool_limits(1, user_api="blas"):
        chosen = [sampled(side.episodes, (0, 4)) for side in (people, agent)]
        a, b = (Sample.of(episodes, (0, index)) for index, episodes in enumerate(chosen))
        pictures = results.measure_results(chosen, (people.previews.__getitem__, agent.previews.__getitem__))
        statistics.filter_use(a, b)
        statistics.step_counts(a, b)
        statistics.parameters(a, b)
        for side in (a, b):
            statistics.order(side)
        results.result_statistics(a, b, pictures)
        originals = {
            photo: results.thumbnail(people.previews[preview], DISTANCE_EDGE)
            for photo, preview in people.played.items()
        }
        measured = measure_distances(people.episodes, {agent.label: agent.episodes}, originals, (0,))
        results.differences(measured, "picture", agent.label, (0, 2))


def _seconds_one_by_one(exports: Sequence[Path]) -> float:
    """Return the CPU seconds of a few photos where each play is developed and each pair of 40 a side is measured alone.

    So it was done when these were all the statistics that there were.
    """
    from learning.comparison.results import MEASURED_EDGE, thumbnail
    from learning.comparison.sides import read_play

    play = read_play(exports)
    photos = sorted(play.played.items())[:FEW]
    by_photo: dict[str, list[Any]] = {photo: [] for photo, _ in photos}
    for episode in play.episodes:
        if episode.photo in by_photo:
            by_photo[episode.photo].append(episode)
    start = time.process_time()
    for photo, preview in photos:
        original = thumbnail(play.previews[preview], MEASURED_EDGE)
        finals = {e.id: np.clip(apply_steps(original, e.steps), 0, 1) for e in by_photo[photo]}
        for final in finals.values():
            picture_statistics(final)
        sides = [[e for e in by_photo[photo] if e.player_kind == kind][:40] for kind, _ in SIDES.values()]
        pictures = [lab(original), *(lab(finals[e.id]) for side in sides for e in side)]
        for index, picture in enumerate(pictures):
            for other in pictures[:index]:
                np.sqrt(((picture - other) ** 2).sum(axis=-1)).mean()
    return time.process_time() - start


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
