"""``safelight dataset partition``."""

from __future__ import annotations

from pathlib import Path

import click

from learning.commands.options import clear_errors


@click.command(
    epilog="""\b
Examples:
  safelight dataset partition lab-v1 lab-v2 -o parts
  safelight dataset partition lab-v3 -o parts
"""
)
@click.argument("exports", type=click.Path(path_type=Path, exists=True, file_okay=False), nargs=-1, required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder of all.")
def partition(exports: tuple[Path, ...], out: Path) -> None:
    """Put EXPORTS side by side into OUT, a folder for each table, in it one for each study and version.

    That is how DuckDB, Polars, Spark and Arrow read many versions as one table, and of that only what is asked for:
    OUT/steps/study=lab/version=3/steps.parquet. More can be added later. An export without a number is version 0.
    """
    from editing.formats.partitions import add_partition, withdrawn_since
    from editing.trajectories.reading import open_snapshot

    with clear_errors(ValueError, OSError):
        for export in exports:
            snapshot = open_snapshot(export)
            added = add_partition(snapshot, out)
            rows = ", ".join(f"{count:,} {name}" for name, count in added.rows.items())
            click.echo(f"{out}: study={added.study}, version={added.version}: {rows}")
            for place, people in withdrawn_since(snapshot, out).items():
                click.echo(
                    f"{out}: {place} holds {people} who {'has' if people == 1 else 'have'} withdrawn since: delete its "
                    f"folders, {out}/*/{place}"
                )
