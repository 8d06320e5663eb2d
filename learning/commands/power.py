"""``safelight power``."""

from pathlib import Path

import click

from learning.commands.options import clear_errors


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
def command(
    folders: tuple[Path, ...],
    players: tuple[str, ...],
    temperaments: str | None,
    difference: float,
    photos_per_person: int,
    seed: int,
) -> None:
    """Say how many people, photos and treatments of each photo a study needs, by a pilot.

    The pilot is an export of a few people's play, and an agent's on the same photos. Studies of other sizes are drawn
    from it, and the chance to find the difference with each of them is printed: two-sided, at 5 %. A pilot of fewer
    than ten people or photos gives a rough answer. Before anybody has played, --temperaments lets robots play the
    photos, and measures one curve for all photos where no agent's play is given; or take an export of robots with
    --players robots,agents. Either is a guess about people, and no more.
    """
    import tempfile

    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.comparison.compare import PRIMARY, measure
    from learning.comparison.power import POWER, designs, detectable, smallest, with_power
    from learning.comparison.reference_players import FITTED
    from learning.comparison.robot_pilot import robot_pilot
    from learning.comparison.sides import ComparisonError, choose_players, read_play
    from learning.photos.sets import PhotoSetError

    chosen = [name.strip() for names in players for name in names.split(",")]
    with (
        clear_errors(ComparisonError, InvalidSnapshot, PhotoError, PhotoSetError, OSError),
        tempfile.TemporaryDirectory(prefix="safelight-power-") as store,
    ):
        if temperaments is not None:
            names = [name.strip() for name in temperaments.split(",")]
            everybody = robot_pilot(folders, names, seed, Path(store))
            chosen = chosen or ["robots", *(["agents"] if "agent" in everybody.kinds else [])]
        else:
            everybody = read_play(folders)
        people, others = choose_players(everybody, chosen)
        if not others and temperaments is None:
            raise ComparisonError("name an agent whose human-likeness is to be measured: its play is in no folder")
        measured = measure(people, others, seed)
    agent = others[0].label if others else FITTED
    pilot, count = measured.photos[PRIMARY], len(measured.people)
    click.echo(f"Pilot: {count} {people.label.lower()} and {agent} on {len(pilot)} photos.")
    if people.label == "Robots":
        click.echo("Robots are no people: take the figures for a guess, until a few people have played.")
    if min(count, len(pilot)) < 10:
        click.echo("That is a small pilot: take the figures for a rough guess.")
    tried = [with_power(d, pilot, count, agent, difference, (seed,)) for d in designs(photos_per_person)]
    if all(design.power != design.power for design in tried):
        raise click.ClickException(
            f"on these photos random play is no further from {people.label.lower()} than they are from one another, so "
            "human-likeness is not defined; choose photos on which they agree more"
        )
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
