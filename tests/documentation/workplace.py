"""What the examples of the documentation name, all small: photos, finished pictures, exports, play, trained agents."""

import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image

from bench.dng import dng
from editing.trajectories.columns import rows
from editing.trajectories.reading import open_snapshot, preview_path
from editing.trajectories.snapshot import write_manifest, write_snapshot
from editing.trajectories.tombstones import tombstone, write_tombstones
from tests.command_line import safelight_output
from tests.documentation.pages import ROOT, blocks
from tests.documentation.programs import ADDED
from tests.learning.scenes import scene

HOME, WORK = "home", "work"
COUNT = 4
# Of several seeds one is chosen by photos that are held out, which takes more of them.
HELD_OUT, TRAINED_BY_SEVERAL_SEEDS = 54, ("linear", "raws")
# Folders of photos, by the suffix of their files; the names of their files are the same.
FOLDERS: Mapping[str, str] = {
    f"{HOME}/photos": ".tif",
    f"{HOME}/finished": ".jpg",
    f"{HOME}/finished-photos": ".jpg",
    "edited": ".jpg",
    "finished": ".jpg",
    "fivek/dng": ".dng",
    "fivek/tiff16_c": ".tif",
    "frames/dark": ".npy",
    "frames/edited": ".npy",
    "frames/graded": ".jpg",
    "frames/input": ".npy",
    "inputs": ".npy",
    "linear": ".npy",
    "npy": ".npy",
    "pairs/input": ".tif",
    "pairs/target": ".jpg",
    "photos": ".tif",
    "raws": ".dng",
    "retouched": ".jpg",
    "views": ".npy",
}
FILES = (
    "IMG.CR2",
    "IMG.JPG",
    "another.cr2",
    "evening.nef",
    "finished.png",
    "photo.cr2",
    "photo.npy",
    "photo.tif",
    "retouched.jpg",
    "retouched.tif",
)
# The person whom the examples adapt to, and one who has withdrawn since last year.
PERSON, WITHDRAWN = "p-3f9c", "p-0b1d"


def write_photo(path: Path, seed: int) -> None:
    """Write a scene in the form of the file's suffix: as it was taken, and as finished pictures are bright."""
    light = scene(seed)
    shown = np.clip(2 * light, 0, 1) ** (1 / 2.2)
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix.lower():
        case ".npy":
            np.save(path, light)
        case ".jpg" | ".png":
            Image.fromarray((255 * shown).astype(np.uint8)).save(path)
        case ".tif":
            values = (65535 * np.clip(light, 0, 1) ** (1 / 2.2)).astype(np.uint16)
            pyvips.Image.new_from_array(values, interpretation="rgb16").tiffsave(str(path))
        case _:
            path.write_bytes(dng(light))


def write_workplace(folder: Path) -> None:
    """Write all that the examples name."""
    home, work = folder / HOME, folder / WORK
    for name, suffix in FOLDERS.items():
        parent = folder if name.startswith(HOME) else work
        for number in range(1, (HELD_OUT if name in TRAINED_BY_SEVERAL_SEEDS else COUNT) + 1):
            write_photo(parent / name / f"{number:04}{suffix}", number)
    write_photo(home / "photos" / "OTHER.jpg", 5)
    for name in FILES:
        write_photo(work / name, 1)
    shutil.copyfile(ROOT / "tests" / "fixtures" / "reference_step.npz", work / "reference_step.npz")
    (steps,) = blocks("docs/other-tools.md", "json")
    (work / "steps.json").write_text(steps.text)
    _write_fivek(work)
    _write_play_of_2018(work)
    _write_exports(work)
    _write_runs(work)


def _write_fivek(work: Path) -> None:
    pack = work / "data" / "fivek_dataset" / "sup_batched80aug_daylight" / "image_raw.npy"
    pack.parent.mkdir(parents=True)
    squares = [scene(number)[:80, :80] for number in range(1, 2 * COUNT + 1) for _ in range(4)]
    np.save(pack, np.array(squares, dtype=np.float32))
    for number in range(1, COUNT + 1):
        write_photo(work / "data" / "artists" / "FiveK_C" / f"{number:04}.jpg", number)
    for name, numbers in (("first2k", "1\n2\n"), ("second2k", "3\n4\n")):
        for parent in (work, work / "data" / "folds"):
            parent.mkdir(exist_ok=True)
            (parent / f"FiveK_train_{name}.txt").write_text(numbers)


def _write_play_of_2018(work: Path) -> None:
    (work / "actions").mkdir()
    for number in range(1, COUNT + 1):
        actions = [{"filter_id": 0, "parameters": [62]}, {"filter_id": 2, "parameters": [30]}]
        (work / "actions" / f"{number:04}.json").write_text(json.dumps(actions))


def _write_exports(work: Path) -> None:
    safelight_output("synthetic-people", "-o", work / "synthetic", *ADDED["safelight synthetic-people"].split())
    for version, withdrawn in ((1, []), (2, [WITHDRAWN]), (3, [WITHDRAWN])):
        _write_version(work / "synthetic", work / f"lab-v{version}", version, withdrawn)
    for name, version in (("last-year", 1), ("pilot", 2), ("export", 3)):
        shutil.copytree(work / f"lab-v{version}", work / name)


def _write_version(robots: Path, out: Path, version: int, withdrawn: Collection[str]) -> None:
    """Write the play of synthetic people as a version of a study: every third is a robot there, too."""
    snapshot = open_snapshot(robots)
    photos = list(rows(snapshot.photos))
    players = sorted({row["player"] for row in rows(snapshot.episodes)})
    people = [player for number, player in enumerate(players) if number % 3]
    names = dict(zip(people, (PERSON, WITHDRAWN, *(f"p-{number:04x}" for number in range(len(people)))), strict=False))
    episodes = [
        row
        | {"study": "lab"}
        | ({"player": name, "player_kind": "human"} if (name := names.get(row["player"])) else {})
        for row in rows(snapshot.episodes)
    ]
    episodes = [row for row in episodes if row["player"] not in withdrawn]
    kept = {row["id"] for row in episodes}
    write_snapshot(
        out,
        episodes=episodes,
        steps=[row for row in rows(snapshot.steps) if row["episode"] in kept],
        events=[row for row in rows(snapshot.events) if row["episode"] in kept],
        photos=photos,
        previews={row["preview_sha256"]: preview_path(robots, row["preview_sha256"]) for row in photos},
        manifest={},
    )
    counts = dict(open_snapshot(out).manifest["rows"])
    if withdrawn:
        counts["tombstones"] = write_tombstones(out, [tombstone("lab", name) for name in withdrawn])
    write_manifest(out, counts, {"study": "lab", "version": version})


def _write_runs(work: Path) -> None:
    runs = work / "runs"
    photos = ["--inputs", work / "photos", "--targets", work / "finished"]
    safelight_output("train", *photos, "--out", runs / "first", *ADDED["safelight train"].split())
    safelight_output("imitate", work / "export", "-o", runs / "people", *ADDED["safelight imitate"].split())
    preferred = ["prefer", work / "export", "--agent", runs / "people", "-o", runs / "preferred"]
    safelight_output(*preferred, *ADDED["safelight prefer"].split())
    plays = []
    for agent, name in ((runs / "first", "mine"), ("pretrained", "pretrained")):
        plays.append(work.parent / f"play-of-{name}")
        safelight_output("play", "--agent", agent, work / "export", "-o", plays[-1], "--name", name)
    safelight_output("dataset", "merge", *plays, "-o", work / "play")
    safelight_output("export", "--steps", work / "steps.json", "--cube", work / "look.cube", "--size", 17)
