"""``safelight synthetic-people``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from learning.commands.options import clear_errors

STUDY = "synthetic"


@click.command(
    epilog="""\b
Examples:
  safelight synthetic-people -o synthetic
  safelight synthetic-people -o careful --temperament careful --people 40 --each 10 --scenes 60
  safelight synthetic-people -o on-our-photos --photos export
"""
)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the export.")
@click.option("--people", type=click.IntRange(1, 100_000), default=100, show_default=True, help="How many there are.")
@click.option("--each", type=click.IntRange(1), default=20, show_default=True, help="Photos that each of them plays.")
@click.option(
    "--temperament",
    "temperaments",
    multiple=True,
    type=click.Choice(["hasty", "careful", "colourful", "moody"]),
    help="Of what temperament they are; may be repeated.  [default: all four, in turn]",
)
@click.option("--scenes", type=click.IntRange(1), default=250, show_default=True, help="Photos made for them.")
@click.option(
    "--photos",
    "export",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Play the photos of this export in place of scenes.",
)
@click.option(
    "--spread",
    type=click.FloatRange(0, 5),
    default=1.0,
    show_default=True,
    help="How much people of one temperament differ.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of all that is drawn.")
def command(
    out: Path,
    people: int,
    each: int,
    temperaments: tuple[str, ...],
    scenes: int,
    export: Path | None,
    spread: float,
    seed: int,
) -> None:
    """Let synthetic people with planted tastes play, and write it in the form of an export.

    They are programs, and robots by their kind: on them it is proven what can be learned from people, since what they
    would do next is known exactly. Their tastes stand in manifest.json. The same seed gives the same rows.
    """
    from editing.files import check_free
    from editing.photos.photo_error import PhotoError
    from editing.photos.preview import agent_view, load_preview
    from editing.trajectories.schemas import InvalidSnapshot
    from editing.trajectories.snapshot import write_snapshot
    from learning.agent.episodes import photos_of_export
    from learning.photos.sets import PhotoSetError
    from learning.robots.synthetic_people import TASTES, draw_people
    from learning.robots.synthetic_photos import make_photos
    from learning.robots.synthetic_play import MANIFEST_KEY, export_rows

    with (
        clear_errors(PhotoError, PhotoSetError, InvalidSnapshot, OSError),
        tempfile.TemporaryDirectory(prefix="safelight-scenes-") as folder,
    ):
        check_free(out)
        if export is None:
            photo_rows, previews = make_photos(Path(folder), scenes, seed)
        else:
            photos = photos_of_export(export)
            photo_rows, previews = list(photos.rows), photos.previews
        views = {row["sha256"]: agent_view(load_preview(previews[row["preview_sha256"]])) for row in photo_rows}
        tastes = draw_people(temperaments or tuple(TASTES), people, seed, spread)
        episodes, steps, events = export_rows(tastes, views, each, seed, STUDY)
        write_snapshot(
            out,
            episodes=episodes,
            steps=steps,
            events=events,
            photos=photo_rows,
            previews=previews,
            manifest={
                "made_by": "safelight synthetic-people",
                MANIFEST_KEY: {name: taste.to_json() for name, taste in tastes.items()},
            },
        )
    click.echo(
        f"{people} synthetic people played {len(episodes)} games on {len(photo_rows)} photos; they are in {out}."
    )
