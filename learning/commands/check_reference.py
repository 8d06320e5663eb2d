"""``safelight check-reference``."""

from pathlib import Path

import click

from learning.commands.options import clear_errors


@click.command(
    epilog="""\b
Example:
  safelight check-reference reference_step.npz
"""
)
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Compare filters, networks, losses and gradients with the 2018 program's own numbers.

    Prints the relative difference, max|a - b| / max|b|, of each key of FILE (.npz), then one line of summary. Fails
    above 1e-3.
    """
    from learning.reference.check import TOLERANCE, ReferenceFileError, compare_with_reference, read_reference

    with clear_errors(ReferenceFileError):
        differences = compare_with_reference(read_reference(file))
    for difference in differences:
        value = "-" if difference.value is None else f"{difference.value:.1e}"
        click.echo(f"{difference.key:<62} {value:>8}  {difference.note}".rstrip())
    values = {difference.key: difference.value for difference in differences if difference.value is not None}
    worst = max(values, key=lambda key: values[key])
    above = sum(value > TOLERANCE for value in values.values())
    verdict = f"{above} of them above {TOLERANCE:g}" if above else f"all within {TOLERANCE:g}"
    click.echo(f"{len(values)} keys compared, {verdict}; the largest difference is {values[worst]:.1e} ({worst})")
    if above:
        raise SystemExit(1)
