"""``safelight dataset``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from learning.commands.options import clear_errors

if TYPE_CHECKING:
    from editing.trajectories.forgetting import Forgotten
    from editing.trajectories.reading import Snapshot

_EXPORT = click.Path(path_type=Path, exists=True, file_okay=False)
_ROWS_NAMED = 20


@click.group(
    epilog="""\b
Examples:
  safelight dataset info export
  safelight dataset validate export --sample 500
  safelight dataset check last-year --against export
  safelight dataset forget last-year --by export
  safelight dataset receipts export --json receipts.json
"""
)
def command() -> None:
    """Look into exports and plays, check them, and make others of them. None is changed, but by ``forget``."""


@command.command()
@click.argument("export", type=_EXPORT)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def info(export: Path, *, as_json: bool) -> None:
    """Say what is in EXPORT: version, tables, players, what was left out."""
    from editing.trajectories.describing import described
    from editing.trajectories.reading import open_snapshot
    from editing.trajectories.schemas import InvalidSnapshot

    with clear_errors(InvalidSnapshot, OSError):
        about = described(open_snapshot(export))
    if as_json:
        click.echo(json.dumps(about, indent=1, ensure_ascii=False))
        return
    for name, value in about.items():
        if isinstance(value, dict):
            click.echo(f"{name}:")
            for key, count in value.items():
                click.echo(f"  {key}: {count:,}" if isinstance(count, int) else f"  {key}: {count}")
        else:
            click.echo(f"{name}: {value}")


@command.command()
@click.argument("export", type=_EXPORT)
@click.option("--sample", type=click.IntRange(1), help="Replay the events of so many episodes, not of all.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which ones.")
def validate(export: Path, sample: int | None, seed: int) -> None:
    """Check EXPORT: files by their SHA-256, all rows, events by the rules of the game.

    Each thing that is wrong is a line that names file, row (counted from 0) and reason. Ends with status 1 where there
    is any. With --sample, the receipts of participations, for which all events are needed, are not compared.
    """
    from editing.trajectories.schemas import InvalidSnapshot
    from editing.trajectories.validation import problems_of

    wrong = 0
    with clear_errors(InvalidSnapshot, OSError):
        for problem in problems_of(export, sample, seed):
            click.echo(problem)
            wrong += 1
    if wrong:
        raise click.exceptions.Exit(1)
    replayed = "all events" if sample is None else f"the events of at most {sample:,} episodes (seed {seed})"
    click.echo(f"{export}: nothing is wrong; {replayed} were replayed")


@command.command()
@click.argument("old", type=_EXPORT)
@click.option("--against", "new", type=_EXPORT, required=True, help="A later version of it, with tombstones.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all rows to this file too.")
def check(old: Path, new: Path, json_file: Path | None) -> None:
    """Name the rows of OLD that must be deleted, since somebody has withdrawn. Ends with status 1 where there are any.

    Rows are counted from 0. They are those of the person, and what others said of their pictures. --json writes them as
    {"episodes": [5, 17], ...}.
    """
    import numpy as np

    from editing.files import write_atomically
    from editing.trajectories.schemas import InvalidSnapshot

    with clear_errors(InvalidSnapshot, OSError):
        forgotten = _forgotten(old, new)[0]
        numbers = {name: np.flatnonzero(gone).tolist() for name, gone in forgotten.rows.items()}
        if json_file is not None:
            write_atomically(json_file, f"{json.dumps(numbers)}\n".encode())
    if not forgotten.people:
        click.echo(f"{old}: no row is of anybody who has withdrawn, by {new}")
        return
    for name, indices in numbers.items():
        more = f" and {len(indices) - _ROWS_NAMED:,} more" if len(indices) > _ROWS_NAMED else ""
        named = ", ".join(map(str, indices[:_ROWS_NAMED]))
        click.echo(f"{name}.parquet: {len(indices):,} rows of people who have withdrawn: {named}{more}")
    click.echo(f"{_people(forgotten)}: safelight dataset forget {old} --by {new} deletes these rows")
    raise click.exceptions.Exit(1)


@command.command()
@click.argument("old", type=_EXPORT)
@click.option("--by", "new", type=_EXPORT, required=True, help="A later version of it, with tombstones.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write to this folder, and leave OLD as it is.")
def forget(old: Path, new: Path, out: Path | None) -> None:
    """Delete the rows of OLD that `check` names.

    What is left takes the place of OLD, whole or not at all, with a manifest that names its parent. Cards and other
    files beside the tables may tell of the same people: they are deleted too, and named.
    """
    from editing.trajectories.forgetting import write_without
    from editing.trajectories.schemas import InvalidSnapshot

    with clear_errors(InvalidSnapshot, OSError):
        forgotten, snapshot, by = _forgotten(old, new)
        if not forgotten.people and out is None:
            click.echo(f"{old}: no row is of anybody who has withdrawn, by {new}; it is as it was")
            return
        others = sorted(path.name for path in old.iterdir() if not _is_own(path))
        write_without(snapshot, forgotten, out or old, by)
    for name, count in forgotten.counts.items():
        click.echo(f"{name}.parquet: {count:,} rows deleted")
    click.echo(f"{out or old}: {_people(forgotten)}, and nothing is left of them")
    if others:
        click.echo(f"Not taken along: {', '.join(others)}")


def _forgotten(old: Path, new: Path) -> tuple[Forgotten, Snapshot, Snapshot]:
    from editing.trajectories.forgetting import rows_to_forget
    from editing.trajectories.reading import open_snapshot
    from editing.trajectories.tombstones import read_tombstones

    snapshot, by = open_snapshot(old), open_snapshot(new)
    return rows_to_forget(snapshot, read_tombstones(by)), snapshot, by


def _is_own(path: Path) -> bool:
    """Whether a path in an export is of its tables, its manifest or its previews."""
    return path.suffix == ".parquet" or path.name in ("manifest.json", "previews")


def _people(forgotten: Forgotten) -> str:
    count = len(forgotten.people)
    return f"{count} person has withdrawn" if count == 1 else f"{count} people have withdrawn"


@command.command()
@click.argument("export", type=_EXPORT)
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
