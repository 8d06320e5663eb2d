"""``safelight describe``."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from learning.commands.options import clear_errors

if TYPE_CHECKING:
    from learning.metrics.artefacts import Artefacts
    from learning.photos.sets import PictureFile

# Orders are listed from the most frequent on.
LISTED = 5


@click.command(
    epilog="""\b
Examples:
  safelight describe play
  safelight describe export --json described.json
"""
)
@click.argument("play", type=click.Path(path_type=Path))
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file too.")
def command(play: Path, json_file: Path | None) -> None:
    """Describe the submitted episodes of PLAY, an export or an agent's play: their orders, and what they broke.

    An order is a sequence of filters, whatever their parameters. Artefacts are in units of CIE L*a*b*: chroma noise is
    how far colours move if the photo's values move within the rounding of 8 bits, hue shift how many degrees hues have
    turned, grey cast the chroma of what was grey.
    """
    from editing.files import write_atomically
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.reading import is_snapshot
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.metrics.artefacts import mean_artefacts
    from learning.photos.sets import PhotoSetError, list_results, map_processes

    with clear_errors(PhotoError, PhotoSetError, InvalidSnapshot, OSError):
        if not is_snapshot(play):
            raise PhotoSetError(f"{play} is neither an export nor an agent's play")
        pictures = list_results(play)
        means = asdict(mean_artefacts(map_processes(_artefacts, pictures, "Developing")))
        metrics = {name: value if math.isfinite(value) else None for name, value in means.items()}
        orders = Counter(tuple(step.filter for step in picture.steps) for picture in pictures)
        click.echo(f"{len(pictures)} episodes, {len(orders)} orders of filters; the most frequent:")
        for order, count in orders.most_common(LISTED):
            click.echo(f"{count:6} x {', '.join(order) or '(no step)'}")
        for name, value in metrics.items():
            click.echo(f"{name.replace('_', ' '):<12} {'     -' if value is None else f'{value:6.2f}'}")
        if json_file:
            listed = [{"order": order, "count": count} for order, count in orders.most_common()]
            description = {"episodes": len(pictures), "orders": listed, **metrics}
            write_atomically(json_file, (json.dumps(description, indent=1) + "\n").encode())


def _artefacts(picture: PictureFile) -> Artefacts:
    from editing.photos.preview import load_preview
    from learning.metrics.artefacts import artefacts

    return artefacts(load_preview(picture.path), picture.steps)
