"""Sets of photos, from a folder or from an export, read by a few processes; here is no torch.

What is kept of each photo is what a function makes of its pixels, so a large set never lies in memory whole.
"""

import os
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from editing.game.filters import apply_steps
from editing.game.rules import Step, why_unknown
from editing.photos.colour import linear_to_srgb
from editing.photos.decoding import read_photo
from editing.photos.finding import find_photos
from editing.photos.memory import memory_needed
from editing.photos.photo_error import PhotoError
from editing.photos.preview import LARGEST_FLOAT16, agent_view, load_preview, square
from editing.photos.read_options import AUTO, ReadOptions
from editing.processes import Crashed, each_by_processes
from editing.trajectories.columns import rows
from editing.trajectories.reading import is_snapshot
from editing.trajectories.snapshot import read_rows
from editing.trajectories.versions import unknown_text
from learning.cluster import each_on_cluster
from learning.photos.squares import SQUARE_SIZE

Pixels = NDArray[np.float32]
Result = TypeVar("Result")

# A RAW file takes hundreds of MB while it is decoded: more processes than this would need the memory of a server.
MAXIMUM_WORKERS = 4
# Fewer photos than this are read sooner than processes start.
PHOTOS_WORTH_PROCESSES = 16


class PhotoSetError(ValueError):
    """There is no photo to work with; the message is one line."""


@dataclass(frozen=True)
class PictureFile:
    """A picture that can be read: a photo file, or the stored preview of an export, and the steps made on it.

    Attributes:
        photo: the SHA-256 of the photo's source; of an export alone.
        player: who made the steps.
    """

    name: str
    path: Path
    is_preview: bool = False
    steps: tuple[Step, ...] = ()
    photo: str = ""
    player: str = ""


@dataclass(frozen=True)
class Decoding:
    """How photo files are read.

    Attributes:
        options: how their values are to be taken.
        shown: whether what is wanted is not light, but what a screen shows: with the transfer auto the sRGB numbers
            of the colours, 0 .. 1, with linear the values as they are.
    """

    options: ReadOptions = AUTO
    shown: bool = False


@dataclass(frozen=True)
class PictureResults(Generic[Result]):
    """What a function made of each picture that could be read, in order, and a line for each of the others."""

    pictures: tuple[PictureFile, ...]
    results: tuple[Result, ...]
    unreadable: tuple[str, ...]


def list_photos(location: Path) -> list[PictureFile]:
    """List the photos below a folder (or the one file), or those of an export.

    Raises:
        PhotoSetError: if there are none.
        PhotoError, InvalidSnapshot: if the folder or the export cannot be read.
    """
    if is_snapshot(location):
        snapshot = read_rows(location)
        photos = sorted(rows(snapshot.photos), key=lambda row: (row["name"], row["sha256"]))
        pictures = [
            PictureFile(row["name"], snapshot.preview_path(row["preview_sha256"]), True, photo=row["sha256"])
            for row in photos
        ]
    else:
        pictures = [PictureFile(path.name, path) for path in find_photos([location]).photos]
    if not pictures:
        raise PhotoSetError(f"{location}: no photos there")
    return pictures


def list_results(location: Path) -> list[PictureFile]:
    """List finished pictures: the files below a folder as they are, or the submitted episodes of an export, rendered.

    Episodes by a version of the filters that is not known are left out, with a warning that counts them.

    Raises: as ``list_photos``.
    """
    if not is_snapshot(location):
        return list_photos(location)
    snapshot = read_rows(location)
    previews = {row["sha256"]: snapshot.preview_path(row["preview_sha256"]) for row in rows(snapshot.photos)}
    names = {row["sha256"]: row["name"] for row in rows(snapshot.photos)}
    steps: dict[str, list[Step]] = {}
    for row in sorted(rows(snapshot.steps), key=lambda row: row["index"]):
        steps.setdefault(row["episode"], []).append(Step(row["filter"], row["parameters"]))
    handed_in = snapshot.episodes.filter(pc.equal(snapshot.episodes.column("status"), "submitted"))
    left_out = unknown_text(handed_in, "used")
    submitted = [row for row in rows(handed_in) if not why_unknown(row["contract_version"])]
    if not submitted:
        raise PhotoSetError(f"{location}: {left_out or 'no submitted episode there'}")
    if left_out:
        warnings.warn(f"{location}: {left_out}", stacklevel=2)
    submitted.sort(key=lambda row: (names[row["photo"]], row["photo"], row["player"], row["sample"] or 0, row["id"]))
    return [
        PictureFile(
            names[row["photo"]],
            previews[row["photo"]],
            True,
            tuple(steps.get(row["id"], ())),
            row["photo"],
            row["player"],
        )
        for row in submitted
    ]


def read_picture(picture: PictureFile, decoding: Decoding) -> Pixels:
    """(H, W, 3) linear light, or as ``decoding`` wants it; after steps display-referred and unclipped.

    Raises:
        PhotoError: if it cannot be read.
    """
    if picture.is_preview:
        pixels = load_preview(picture.path)
    else:
        pixels = read_photo(picture.path, decoding.options).pixels
        if decoding.shown and decoding.options.transfer == "auto":
            pixels = linear_to_srgb(pixels)
    return apply_steps(pixels, picture.steps) if picture.steps else pixels


def map_pictures(
    pictures: Sequence[PictureFile], decoding: Decoding, function: Callable[[Pixels, str], Result], description: str
) -> PictureResults[Result]:
    """Apply ``function`` to the pixels of each picture; a progress bar shows on standard error.

    Args:
        function: of the pixels and the picture's name. It is sent to other processes, so it must be one
            that can be pickled.

    Raises:
        PhotoSetError: if none can be read; the message has the first one's reason.
    """
    read = partial(map_picture, decoding=decoding, function=function)
    outcomes = map_processes(read, pictures, description, lambda picture: memory_needed(picture.path))
    readable = tuple((picture, kept) for picture, (kept, reason) in zip(pictures, outcomes, strict=True) if not reason)
    unreadable = tuple(reason for _, reason in outcomes if reason)
    if not readable:
        raise PhotoSetError(f"none of {len(pictures)} photos could be read; the first: {unreadable[0]}")
    return PictureResults(tuple(picture for picture, _ in readable), tuple(kept for _, kept in readable), unreadable)


def map_picture(picture: PictureFile, decoding: Decoding, function: Callable[[Pixels, str], Any]) -> tuple[Any, str]:
    """Apply ``function`` to a picture's pixels and name; or None, and the reason why it cannot be read."""
    try:
        return function(read_picture(picture, decoding), picture.name), ""
    except (PhotoError, OSError) as error:
        return None, str(error)


def training_square(pixels: Pixels, name: str) -> NDArray[np.float16]:  # noqa: ARG001 (any name gives the same)
    """(80, 80, 3) the centre square of a photo, area-averaged, of which the trainer takes its crops; finite."""
    return np.minimum(square(pixels, SQUARE_SIZE), LARGEST_FLOAT16).astype(np.float16)


def preview_view(path: Path) -> Pixels:
    """(64, 64, 3) what the agent sees of a stored preview.

    Raises:
        PhotoError: if it is missing or damaged.
    """
    return agent_view(load_preview(path))


def map_processes(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    description: str,
    memory: Callable[[Any], int] | None = None,
    scheduler: str | None = None,
) -> list[Any]:
    """``[function(item) for item in items]``; all as of ``results_with_progress``."""
    return list(results_with_progress(function, items, description, memory, scheduler))


def results_with_progress(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    description: str,
    memory: Callable[[Any], int] | None = None,
    scheduler: str | None = None,
) -> Generator[Any, None, None]:
    """``function(item)`` of each, in order, by at most four processes, with a progress bar on standard error.

    Args:
        memory: about how many bytes a process takes with an item; fewer work at once where they would not suffice.
        scheduler: the address of a Dask cluster, which does the work in place of processes here.

    Raises:
        PhotoSetError: if a process died.
        ClusterError: if the cluster cannot be used.
    """
    console = Console(stderr=True)
    on_cluster = _cluster_results(function, items, scheduler) if scheduler else None
    with closing(on_cluster or _results(function, items, memory)) as results:
        yield from track(
            results, description, len(items), console=console, transient=True, disable=not console.is_terminal
        )


def _results(
    function: Callable[[Any], Any], items: Sequence[Any], memory: Callable[[Any], int] | None
) -> Generator[Any, None, None]:
    workers = min(MAXIMUM_WORKERS, os.cpu_count() or 1)
    if workers == 1 or len(items) < PHOTOS_WORTH_PROCESSES:
        yield from map(function, items)
        return
    with closing(each_by_processes(function, items, workers, ordered=True, memory=memory)) as outcomes:
        for _, result in outcomes:
            if isinstance(result, Crashed):
                raise PhotoSetError("a process that read photos died; there may be too little memory")
            yield result


def _cluster_results(
    function: Callable[[Any], Any], items: Sequence[Any], scheduler: str
) -> Generator[Any, None, None]:
    """Yield the results of a cluster in the order of the items; those that are early wait."""
    early: dict[int, Any] = {}
    following = 0
    for (index, _), result in each_on_cluster(partial(_of_second, function), list(enumerate(items)), scheduler):
        if isinstance(result, Crashed):
            raise PhotoSetError("a process that read photos died; there may be too little memory")
        early[index] = result
        while following in early:
            yield early.pop(following)
            following += 1


def _of_second(function: Callable[[Any], Any], item: tuple[int, Any]) -> Any:
    return function(item[1])
