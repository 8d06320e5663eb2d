"""``safelight power``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.options import clear_errors

if TYPE_CHECKING:
    from learning.comparison.power import Design


@click.command(
    epilog="""\b
Examples:
  safelight power pilot play --difference 0.1
  safelight power pilot play --players people,agent:mine --photos-per-person 30
  safelight power photos --temperaments hasty,careful,moody
"""
)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PILOT [MORE]...")
@click.option(
    "--players",
    multiple=True,
    metavar="NAMES",
    help="People and the agent, as for `safelight compare`: the first agent is the one that is measured.",
)
@click.option(
    "--temperaments",
    metavar="NAMES",
    help="Without a pilot: robots of these temperaments play the photos of the folders, hasty, careful, colourful or "
    "moody, with commas. The folders may then hold photos, or an agent's play.",
)
@click.option(
    "--difference",
    type=click.FloatRange(min=0, min_open=True),
    default=0.2,
    show_default=True,
    help="The difference in human-likeness that is to be found: of the agent's from 1, say.",
)
@click.option(
    "--photos-per-person",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many photos each person is to do.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of all that is drawn.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file too.")
def command(
    folders: tuple[Path, ...],
    players: tuple[str, ...],
    temperaments: str | None,
    difference: float,
    photos_per_person: int,
    seed: int,
    json_file: Path | None,
) -> None:
    """Say how many people, photos and treatments of each photo a study needs, by a pilot.

    The pilot is an export of a few people's play, and an agent's on the same photos. Studies of other sizes are drawn
    from it, and the chance to find the difference with each of them is printed: two-sided, at 5 %. A pilot of fewer
    than ten people or photos gives a rough answer. Where no agent's play is given, one curve for all photos is
    measured. Before anybody has played, --temperaments lets robots play the photos; or take an export of robots with
    --players robots,agents. Either is a guess about people, and no more. What is found depends on the agent too: one
    whose distance from people differs from photo to photo takes a larger study.
    """
    import tempfile

    from threadpoolctl import threadpool_limits

    from editing.files import write_atomically
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.comparison.power import designs, read_pilot, with_power
    from learning.comparison.sides import ComparisonError
    from learning.photos.sets import PhotoSetError

    chosen = [name.strip() for names in players for name in names.split(",")]
    cast = None if temperaments is None else [name.strip() for name in temperaments.split(",")]
    with (
        clear_errors(ComparisonError, InvalidSnapshot, PhotoError, PhotoSetError, OSError),
        tempfile.TemporaryDirectory(prefix="safelight-power-") as store,
        threadpool_limits(1, user_api="blas"),
    ):
        pilot = read_pilot(folders, chosen, cast, seed, Path(store))
    click.echo(f"Pilot: {pilot.people} {pilot.who} and {pilot.agent} on {len(pilot.photos)} photos.")
    if pilot.who == "robots":
        click.echo("Robots are no people: take the figures for a guess, until a few people have played.")
    if min(pilot.people, len(pilot.photos)) < 10:
        click.echo("That is a small pilot: take the figures for a rough guess.")
    tried = [with_power(design, pilot, difference, (seed,)) for design in designs(photos_per_person)]
    if all(design.power != design.power for design in tried):
        raise click.ClickException(
            f"on these photos random play is no further from {pilot.who} than they are from one another, so "
            "human-likeness is not defined; choose photos on which they agree more"
        )
    _print(tried, difference)
    if json_file:
        with clear_errors(OSError):
            document: dict[str, Any] = pilot.to_json() | {"temperaments": cast, "photos_per_person": photos_per_person}
            document["designs"] = [design.to_json() for design in tried]
            write_atomically(json_file, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())


def _print(tried: Sequence[Design], difference: float) -> None:
    from learning.comparison.power import POWER, detectable, smallest

    click.echo(f"\n{'photos':>7}{'treatments':>12}{'people':>8}{'episodes':>10}{'found from':>12}{'power':>8}")
    for design in tried:
        click.echo(
            f"{design.photos:7}{design.treatments:12}{design.people:8}{design.episodes:10}"
            f"{detectable(design.standard_error):12.2f}{100 * design.power:7.0f} %"
        )
    best = smallest(tried)
    click.echo(
        f"\nA difference of {difference:g} is found with at least {100 * POWER:.0f} % from {best.photos} photos, "
        f"{best.treatments} treatments of each and {best.people} people on."
        if best
        else f"\nNone of these studies finds a difference of {difference:g} with {100 * POWER:.0f} %: it is too small."
    )
