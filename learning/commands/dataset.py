"""``safelight dataset``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from learning.commands.options import clear_errors


@click.group(
    epilog="""\b
Examples:
  safelight dataset receipts export
  safelight dataset receipts export --json receipts.json
"""
)
def command() -> None:
    """Check an export: ``receipts`` lists each participation with counts and a digest, and what does not add up."""


@command.command()
@click.argument("export", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write them to this file too.")
def receipts(export: Path, json_file: Path | None) -> None:
    """List the participations of EXPORT, computed from its rows alone. Ends with status 1 where something is wrong."""
    from editing.files import write_atomically
    from editing.trajectories.receipts import receipts_of
    from editing.trajectories.schemas import InvalidSnapshot
    from editing.trajectories.snapshot import read_snapshot

    with clear_errors(InvalidSnapshot, OSError):
        snapshot = read_snapshot(export)
        listed = receipts_of(snapshot)
        if json_file is not None:
            text = json.dumps([receipt.to_json() for receipt in listed], indent=1, ensure_ascii=False)
            write_atomically(json_file, f"{text}\n".encode())
    for receipt in listed:
        done = "complete" if receipt.complete else "not complete"
        counts = f"{receipt.episodes} episodes, {receipt.events} events"
        click.echo(f"{receipt.study} {receipt.player}: {done}, {counts}, {receipt.digest[:16]}")
        for problem in receipt.problems:
            click.echo(f"  {problem}")
    if withdrawn := snapshot.manifest.get("withdrawn", 0):
        click.echo(f"{withdrawn} withdrew; nothing of them is here")
    if any(receipt.problems for receipt in listed):
        raise click.exceptions.Exit(1)
