"""``safelight measure``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from learning.commands.options import clear_errors, photo_options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from learning.photo_sets import Decoding


@click.command(
    epilog="""\b
Examples:
  safelight measure play finished --transfer linear
  safelight measure frames/edited frames/graded --transfer linear --json measure.json
"""
)
@click.argument("outputs", type=click.Path(path_type=Path))
@click.argument("targets", type=click.Path(path_type=Path))
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of the crops.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file too.")
@photo_options
def command(outputs: Path, targets: Path, seed: int, json_file: Path | None, transfer: str, primaries: str) -> None:
    """Measure how close OUTPUTS are to TARGETS, as sets, in the luminance, contrast and saturation of their crops.

    Each is a folder of finished pictures, or an export or an agent's play, whose episodes are rendered from their
    previews. Finished files usually want --transfer linear, which measures their values as they are shown. Prints the
    paper's histogram intersection in percent, 100 for sets that are distributed alike.
    """
    from editing.photo import PhotoError
    from editing.trajectory import InvalidSnapshot
    from learning.measure import STATISTICS, intersection
    from learning.photo_sets import Decoding, PhotoSetError

    with clear_errors(PhotoError, PhotoSetError, InvalidSnapshot, OSError):
        decoding = Decoding(transfer, primaries)
        first, second = (_statistics(location, decoding, seed) for location in (outputs, targets))
        result = intersection(first, second)
        figures = {name: getattr(result, name) for name in (*STATISTICS, "mean")}
        for name, value in figures.items():
            click.echo(f"{name:<10} {value:5.1f} %")
        if json_file:
            counts = {"outputs": len(first), "targets": len(second), "seed": seed}
            unfinished = json_file.with_name(f".{json_file.name}.unfinished")
            unfinished.write_text(json.dumps(figures | counts, indent=1) + "\n", encoding="utf-8")
            unfinished.replace(json_file)


def _statistics(location: Path, decoding: Decoding, seed: int) -> tuple[NDArray[np.float64], ...]:
    from functools import partial

    from learning.measure import crop_statistics
    from learning.photo_sets import keep_of_pictures, list_results

    reading = keep_of_pictures(
        list_results(location), decoding, partial(crop_statistics, seed=seed), f"Reading {location.name}"
    )
    for line in reading.unreadable:
        click.echo(f"Left out: {line}", err=True)
    click.echo(f"{location}: {len(reading.kept)} pictures")
    return reading.kept
