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

    from editing.photos.read_options import ReadOptions
    from learning.photos.sets import Decoding, PictureFile


@click.command(
    epilog="""\b
Examples:
  safelight measure play finished --transfer linear
  safelight measure frames/edited frames/graded --transfer linear --pairs --json measure.json
"""
)
@click.argument("outputs", type=click.Path(path_type=Path))
@click.argument("targets", type=click.Path(path_type=Path))
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of the crops.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file too.")
@click.option("--pairs", is_flag=True, help="Also the RMSE of each output to the target of the same name.")
@photo_options
def command(
    outputs: Path, targets: Path, seed: int, json_file: Path | None, pairs: bool, read_options: ReadOptions
) -> None:
    """Measure how close OUTPUTS are to TARGETS, as sets, in the luminance, contrast and saturation of their crops.

    Each is a folder of finished pictures, or an export or an agent's play, whose episodes are rendered from their
    previews. Finished files usually want --transfer linear, which measures their values as they are shown. Prints the
    paper's histogram intersection in percent, 100 for sets that are distributed alike. With --pairs, also how far each
    picture is from its own target: the RMSE of values from 0 to 1, and its mean.
    """
    from editing.files import write_atomically
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.metrics.histogram_intersection import STATISTICS, intersection
    from learning.photos.sets import Decoding, PhotoSetError

    with clear_errors(PhotoError, PhotoSetError, InvalidSnapshot, OSError):
        decoding = Decoding(read_options)
        output_statistics, target_statistics = (_statistics(folder, decoding, seed) for folder in (outputs, targets))
        intersections = intersection(output_statistics, target_statistics)
        metrics = {name: getattr(intersections, name) for name in (*STATISTICS, "mean")}
        for name, value in metrics.items():
            click.echo(f"{name:<10} {value:5.1f} %")
        if pairs:
            metrics["rmse"] = _mean_rmse(outputs, targets, decoding)
            click.echo(f"{'rmse':<10} {metrics['rmse']:7.3f}")
        if json_file:
            counts = {"outputs": len(output_statistics), "targets": len(target_statistics), "seed": seed}
            write_atomically(json_file, (json.dumps(metrics | counts, indent=1) + "\n").encode())


def _mean_rmse(outputs: Path, targets: Path, decoding: Decoding) -> float:
    """Return the mean RMSE over the outputs, each against the target of its name, whatever the suffix."""
    from functools import partial

    import numpy as np

    from learning.photos.sets import PhotoSetError, list_results, map_processes

    by_stem = {Path(picture.name).stem: picture for picture in list_results(targets)}
    pictures = list_results(outputs)
    missing = [picture.name for picture in pictures if Path(picture.name).stem not in by_stem]
    if missing:
        raise PhotoSetError(f"{targets}: no target of the name of {missing[0]}, which --pairs needs")
    pairs = [(picture, by_stem[Path(picture.name).stem]) for picture in pictures]
    return float(np.mean(map_processes(partial(_rmse, decoding=decoding), pairs, "Comparing pairs")))


def _rmse(pair: tuple[PictureFile, PictureFile], decoding: Decoding) -> float:
    from learning.metrics.histogram_intersection import root_mean_square
    from learning.photos.sets import PhotoSetError, read_picture

    output, target = (read_picture(picture, decoding) for picture in pair)
    if output.shape != target.shape:
        sizes = " and ".join(f"{pixels.shape[1]} x {pixels.shape[0]}" for pixels in (output, target))
        raise PhotoSetError(f"{pair[0].name} and its target have different sizes, {sizes}")
    return root_mean_square(output, target)


def _statistics(folder: Path, decoding: Decoding, seed: int) -> tuple[NDArray[np.float64], ...]:
    from functools import partial

    from learning.metrics.histogram_intersection import crop_statistics
    from learning.photos.sets import list_results, map_pictures

    statistics = map_pictures(
        list_results(folder), decoding, partial(crop_statistics, seed=seed), f"Reading {folder.name}"
    )
    for line in statistics.unreadable:
        click.echo(f"Left out: {line}", err=True)
    click.echo(f"{folder}: {len(statistics.results)} pictures")
    return statistics.results
