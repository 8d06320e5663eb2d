"""The command line of the learning package. The site knows it by its name, and imports nothing of it, nor torch."""

import os
from contextlib import redirect_stdout
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click


class CommandFailed(RuntimeError):
    """The command has said, in one line, why it cannot do what it was asked for."""


def is_installed() -> bool:
    """Tell whether the learning extra is installed."""
    return find_spec("torch") is not None and _safelight() is not None


def run(arguments: list[str]) -> None:
    """Do what ``safelight`` does with these arguments, in a process that was made for it: on one thread, in silence.

    Raises:
        CommandFailed: what it would have said.
    """
    command = _safelight()
    if command is None:
        raise CommandFailed("the command safelight is not installed")
    os.environ["OMP_NUM_THREADS"] = "1"  # people play on the others
    main: click.Command = command.load()
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        try:
            main.main(arguments, standalone_mode=False)
        except click.ClickException as error:
            raise CommandFailed(error.format_message()) from None


def _safelight() -> EntryPoint | None:
    return next(iter(entry_points(group="console_scripts", name="safelight")), None)
