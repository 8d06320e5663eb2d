"""``safelight compare``."""

from pathlib import Path

import click

from editing.trajectories.schemas import PLAYER_KINDS
from learning.commands.options import clear_errors

KINDS = click.Choice(PLAYER_KINDS)


@click.command(
    epilog="""\b
Examples:
  safelight compare export play -o report
  safelight compare export play -o report --label-a People --label-b "Agent, first run"
  safelight compare export export -o report --kind-a human --kind-b agent
"""
)
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A new folder for the report.")
@click.option("--label-a", help="What to call A in the report; the folder's name if not given.")
@click.option("--label-b", help="What to call B.")
@click.option("--kind", "kinds", type=KINDS, multiple=True, help="Keep this kind of player alone, on both sides.")
@click.option("--kind-a", "kinds_a", type=KINDS, multiple=True, help="Keep this kind of player alone in A.")
@click.option("--kind-b", "kinds_b", type=KINDS, multiple=True, help="Keep this kind of player alone in B.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the intervals.")
@click.option(
    "--photos",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="How many photos to show film strips of.",
)
@click.option(
    "--episodes",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How many episodes a photo to show, of each side.",
)
def command(
    a: Path,
    b: Path,
    output: Path,
    label_a: str | None,
    label_b: str | None,
    kinds: tuple[str, ...],
    kinds_a: tuple[str, ...],
    kinds_b: tuple[str, ...],
    seed: int,
    photos: int,
    episodes: int,
) -> None:
    """Compare the play in snapshot A with the play in snapshot B.

    Snapshots are the folders that an export of the site and `safelight play` write. Kinds of players are not mixed: of
    a snapshot that holds several, A keeps people (robots where nobody else has played) and B agents, or the other way
    round where A holds agents alone or B none. --kind, --kind-a and --kind-b choose others, each several times if you
    like; the last two go before --kind. The first line says whose play is compared.

    Writes comparison.json (all numbers) and report.html (one page to open in a browser, nothing else needed).
    """
    from rich.console import Console
    from rich.progress import track

    from editing.files import check_free
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.comparison.compare import compare
    from learning.comparison.film_strips import film_strips
    from learning.comparison.report import render, write_report
    from learning.comparison.sentences import plural, who_is_compared
    from learning.comparison.sides import ComparisonError, choose_kinds, read_side

    names = [label or path.resolve().name for label, path in ((label_a, a), (label_b, b))]
    if names[0] == names[1]:
        names = [f"{names[0]} (A)", f"{names[1]} (B)"]
    console = Console(stderr=True)
    with clear_errors(ComparisonError, InvalidSnapshot, PhotoError, OSError):
        check_free(output)
        whole_a, whole_b = read_side(a, names[0]), read_side(b, names[1])
        side_a, side_b = choose_kinds(whole_a, whole_b, kinds_a or kinds, kinds_b or kinds)
        numbers = compare(
            side_a,
            side_b,
            seed,
            lambda work: track(
                work, "Developing results", console=console, transient=True, disable=not console.is_terminal
            ),
        )
        write_report(output, numbers, render(numbers, film_strips(side_a, side_b, photos, episodes)))
    for sentence in who_is_compared(side_a, side_b, whole_a, whole_b):
        click.echo(sentence)
    for side in (side_a, side_b):
        left_out = sum(side.left_out.values())
        click.echo(f"{side.label}: {plural(len(side.episodes), 'episode')} compared, {left_out} left out")
    click.echo(f"{output / 'report.html'}: open it in a browser; the numbers are in comparison.json beside it")
