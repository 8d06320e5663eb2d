"""``safelight sheet``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from editing.photos.read_options import PRIMARIES, TRANSFERS, ReadOptions
from learning.commands.options import check_output, clear_errors, photo_options

if TYPE_CHECKING:
    from editing.game.rules import Step
    from learning.figures.contact_sheet import SheetRow

SUFFIXES = (".jpg", ".jpeg", ".png")
# Of the filters' names below a picture.
LETTERS = 4


@dataclass(frozen=True)
class SheetPhoto:
    """A photo of the sheet, how it is read, and the finished picture of it, if there is one."""

    path: Path
    read_options: ReadOptions
    target: Path | None


@dataclass(frozen=True)
class Treatments:
    """What is made of each photo: by agents, the folders of their runs, and by baselines, by their names."""

    agents: Sequence[Path]
    baselines: Sequence[str]
    seed: int
    edge: int


@click.command(
    epilog="""\b
Examples:
  safelight sheet photos --agent pretrained -o sheet.jpg
  safelight sheet photos --agent pretrained --agent runs/first --targets retouched -o sheet.png
  safelight sheet raws --also views linear auto --also npy linear prophoto --each 12 --agent pretrained -o sheet.jpg
"""
)
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--also",
    type=(click.Path(path_type=Path), click.Choice(TRANSFERS), click.Choice(PRIMARIES)),
    metavar="FOLDER TRANSFER PRIMARIES",
    multiple=True,
    help="Photos too, whose values are to be taken in another way.",
)
@click.option("--agent", "runs", type=click.Path(path_type=Path), multiple=True, help="A run's folder, or pretrained.")
@click.option("--targets", type=click.Path(path_type=Path), help="Finished pictures, of the same names as the photos.")
@click.option("--each", type=click.IntRange(1), help="At most so many of each folder, spread over it.")
@click.option("--rows", type=click.IntRange(1, 200), default=15, show_default=True, help="Photos on a page, at most.")
@click.option("--edge", type=click.IntRange(32, 1024), default=240, show_default=True, help="Of pictures, in pixels.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of agents' dropout.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A .jpg or .png file.")
@photo_options
def command(
    photos: tuple[Path, ...],
    also: tuple[tuple[Path, str, str], ...],
    runs: tuple[Path, ...],
    targets: Path | None,
    each: int | None,
    rows: int,
    edge: int,
    seed: int,
    out: Path,
    read_options: ReadOptions,
) -> None:
    """Draw PHOTOS, files and folders, and what becomes of each, side by side on a contact sheet.

    The columns are the untouched photo, what each agent makes of it, automatic levels, and the finished picture of the
    same name in the folder of targets, whatever its suffix. Below stand the first letters of the filters. A sheet of
    more than --rows photos has several pages, sheet-1.jpg, sheet-2.jpg and so on.
    """
    from editing.photos.memory import memory_needed
    from editing.photos.photo_error import PhotoError
    from learning.agent.checkpoint import CheckpointError
    from learning.agent.single_games import load_single_player
    from learning.figures.contact_sheet import write_sheet
    from learning.photos.sets import PhotoSetError, map_processes

    check_output(out, "--out", SUFFIXES, ())
    places = [(path, read_options) for path in photos] + [(path, ReadOptions(*how)) for path, *how in also]
    if not places:
        raise click.UsageError("name photos, or folders of them")
    with clear_errors(PhotoError, PhotoSetError, CheckpointError, OSError):
        for run in runs:
            load_single_player(run)
        sheet = _find(places, targets, each)
        treatments = Treatments(runs, ("automatic levels",), seed, edge)
        outcomes = map_processes(
            _Draw(treatments, targets is not None), sheet, "Developing", lambda photo: memory_needed(photo.path)
        )
        drawn = [outcome for outcome in outcomes if not isinstance(outcome, str)]
        for outcome in outcomes:
            if isinstance(outcome, str):
                click.echo(f"Left out: {outcome}", err=True)
        if not drawn:
            raise PhotoSetError(f"none of {len(sheet)} photos could be read")
        columns = ["untouched", *(run.name for run in runs), *treatments.baselines]
        if targets is not None:
            columns.append("target")
        pages = write_sheet(out, drawn, columns, edge, rows)
    click.echo(f"{len(drawn)} photos on {', '.join(str(page) for page in pages)}.")


def _find(places: Sequence[tuple[Path, ReadOptions]], targets: Path | None, each: int | None) -> list[SheetPhoto]:
    """Find the photos of a sheet, and the target of each."""
    from editing.photos.finding import find_photos

    finished = {path.stem: path for path in find_photos([targets]).photos} if targets else {}
    sheet = []
    for path, read_options in places:
        photos = find_photos([path]).photos
        count = min(each or len(photos), len(photos))
        chosen = [photos[index * len(photos) // count] for index in range(count)]
        sheet += [SheetPhoto(photo, read_options, finished.get(photo.stem)) for photo in chosen]
    return sheet


@dataclass(frozen=True)
class _Draw:
    """Makes the row of a photo, in a process of its own."""

    treatments: Treatments
    has_targets: bool

    def __call__(self, photo: SheetPhoto) -> SheetRow | str:
        """Return the row, or why the photo cannot be read."""
        import numpy as np

        from editing.game.filters import apply_steps
        from editing.photos.colour import linear_to_srgb
        from editing.photos.decoding import read_photo, source_sha256
        from editing.photos.photo_error import PhotoError, printable
        from editing.photos.preview import agent_view, area_average, make_preview, shrunk_size
        from learning.agent.games import GameRequest
        from learning.agent.single_games import load_single_player
        from learning.baselines import BASELINES
        from learning.figures.contact_sheet import SheetRow

        try:
            preview = make_preview(read_photo(photo.path, photo.read_options).pixels).astype(np.float32)
            target = linear_to_srgb(read_photo(photo.target).pixels) if photo.target else None
            request = GameRequest(source_sha256(photo.path), 0, agent_view(preview))
        except (PhotoError, OSError) as error:
            return str(error)
        width, height = shrunk_size(preview.shape[1], preview.shape[0], self.treatments.edge)
        small = area_average(preview, height, width)
        games = [load_single_player(run).play(request, self.treatments.seed) for run in self.treatments.agents]
        decisions: list[Sequence[Step]] = [(), *([played.step for played in game] for game in games)]
        decisions += [BASELINES[name](preview) for name in self.treatments.baselines]
        pictures = [apply_steps(small, steps) for steps in decisions]
        notes = [" ".join(step.filter[:LETTERS] for step in steps) for steps in decisions]
        if self.has_targets:
            return SheetRow(
                printable(photo.path.name),
                [*pictures, area_average(target, height, width) if target is not None else None],
                [*notes, ""],
            )
        return SheetRow(printable(photo.path.name), pictures, notes)
