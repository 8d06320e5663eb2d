"""``safelight dataset preferences``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from learning.commands.options import clear_errors

KINDS = {"people": "human", "robots": "robot", "experts": "expert"}


@click.command(
    epilog="""\b
Examples:
  safelight dataset preferences export
  safelight dataset preferences export -o preferences.jsonl
"""
)
@click.argument("export", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--players",
    type=click.Choice(list(KINDS)),
    default="people",
    show_default=True,
    help="Whose preferences.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the pairs here, a line each.")
def preferences(export: Path, players: str, out: Path | None) -> None:
    """List what people preferred in EXPORT: two continuations of one state, of which one was kept.

    From the events: what was undone, pulled back, replaced, removed, or thrown away to start over, against what stood
    in its place at the end. From tasks of judging: the picture chosen of a pair, and the favourite of several. The
    rules are in docs/learning-from-people.md. Ends with status 1 where there is no pair.
    """
    from editing.files import write_atomically
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.imitation.preferences import read_preferences

    with clear_errors(InvalidSnapshot, PhotoError, OSError):
        found = read_preferences(export, KINDS[players])
        if out is not None and found.pairs:
            lines = (json.dumps(pair.to_json(), ensure_ascii=False) for pair in found.pairs)
            write_atomically(out, "".join(f"{line}\n" for line in lines).encode())
    people = len({pair.player for pair in found.pairs})
    click.echo(f"{len(found.pairs)} pairs by {people} {players}, in {found.episodes} episodes:")
    for rule, count in found.counts.items():
        click.echo(f"{count:8}  {rule}")
    for reason, count in found.left_out.items():
        click.echo(f"{count:8}  no pair: {reason}")
    if not found.pairs:
        raise click.ClickException(
            f"{export}: nothing that {players} did was taken back for something else, and nothing was judged in pairs; "
            "there is no preference to learn from"
        )
