"""The command line of the learning package. The site knows it by its name, and imports nothing of it, nor torch."""

import os
from contextlib import redirect_stdout
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click

from editing.photos.photo_error import PhotoError
from editing.processes import Crashed, Stopped
from editing.trajectories.schemas import InvalidSnapshot

NOT_INSTALLED = "The learning extra is not installed on this server: pip install '.[learn]' for the worker."


class CommandFailed(RuntimeError):
    """The command has said, in one line, why it cannot do what it was asked for."""


# How agents' work may end badly, in a process of its own and where its results are read.
FAILURES = (Stopped, Crashed, CommandFailed, InvalidSnapshot, PhotoError, OSError)


def reason_of(failure: Exception) -> str:
    """Say why agents' work has failed."""
    if isinstance(failure, Stopped):
        return "it took too long"
    return "its process crashed, or ran out of memory" if isinstance(failure, Crashed) else str(failure)


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


def run_all(commands: list[list[str]]) -> None:
    """Do one command after the other, as ``run`` does each."""
    for arguments in commands:
        run(arguments)


def _safelight() -> EntryPoint | None:
    return next(iter(entry_points(group="console_scripts", name="safelight")), None)
