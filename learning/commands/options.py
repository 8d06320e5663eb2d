"""Options that several commands share, and what turns known errors into one line."""

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from editing.photos.read_options import PRIMARIES, TRANSFERS, ReadOptions

Command = TypeVar("Command", bound=Callable[..., Any])


def photo_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--transfer`` and ``--primaries``, which the command is given as one ``read_options``."""

    @wraps(command)
    def with_read_options(*arguments: Any, transfer: str, primaries: str, **options: Any) -> Any:
        return command(*arguments, read_options=ReadOptions(transfer, primaries), **options)

    return separate_photo_options(with_read_options)


def separate_photo_options(command: Command) -> Command:
    """Add ``--transfer`` and ``--primaries``: how the values in photo files are to be taken."""
    command = click.option(
        "--primaries",
        type=click.Choice(PRIMARIES),
        default="auto",
        show_default=True,
        help="The colour space of the files: by their ICC profile (sRGB where there is none), or as given.",
    )(command)
    return click.option(
        "--transfer",
        type=click.Choice(TRANSFERS),
        default="auto",
        show_default=True,
        help="Linearise the values by the profile, or take them as they are, as linear light.",
    )(command)


def agent_option(*, required: bool) -> Callable[[Command], Command]:
    """Make ``--agent``, which the command is given as ``run``."""
    return click.option(
        "--agent",
        "run",
        type=click.Path(path_type=Path),
        required=required,
        help="A run's folder, or one that comes along: pretrained, for photographs, or pretrained-film.",
    )


def scheduler_option(command: Command) -> Command:
    """Add ``--scheduler``: the Dask cluster that does the work."""
    return click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Work on a Dask cluster, by its scheduler's address, in place of processes here.",
    )(command)


def steps_options(command: Command) -> Command:
    """Add ``--steps`` and ``--episode``, of which one is to be given: see ``check_steps_options``."""
    command = click.option("--episode", metavar="DIR:ID", help="An episode of an export or of an agent's play.")(
        command
    )
    return click.option("--steps", type=click.Path(path_type=Path), help="A steps file, as JSON.")(command)


def check_steps_options(steps: Path | None, episode: str | None) -> None:
    """Refuse neither or both of ``--steps`` and ``--episode``."""
    if (steps is None) == (episode is None):
        raise click.UsageError("give one of --steps FILE and --episode DIR:ID")


def check_output(output: Path, option: str, suffixes: Collection[str], inputs: Iterable[Path | None]) -> None:
    """Refuse a file to write that is not named as what it is, has no folder, or would overwrite what is read."""
    if output.suffix.lower() not in suffixes:
        raise click.UsageError(f"{option}: {output} must end in {' or '.join(suffixes)}")
    if not output.parent.is_dir():
        raise click.UsageError(f"{option}: there is no folder {output.parent}")
    if output.is_dir():
        raise click.UsageError(f"{option}: {output} is a folder")
    if any(path is not None and path.exists() and output.exists() and output.samefile(path) for path in inputs):
        raise click.UsageError(f"{option}: {output} is read by this command, and would be overwritten")


@contextmanager
def clear_errors(*expected: type[Exception]) -> Iterator[None]:
    """Turn expected errors into one line on standard error and exit status 1; Ctrl-C into status 130."""
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        raise SystemExit(130) from None
    except expected as error:
        raise click.ClickException(_in_words(error)) from error


@contextmanager
def first_speaks(first: bool, *common: type[Exception]) -> Iterator[None]:
    """Of several processes, let the first speak; the others tell only of errors that may be theirs alone.

    Args:
        first: whether this is the first.
        common: errors that all processes meet, as they do wrong usage.
    """
    if first:
        yield
        return
    silent: tuple[type[Exception], ...] = (click.UsageError, *common)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            yield
        except silent:
            raise SystemExit(1) from None


def _in_words(error: Exception) -> str:
    """Return what to tell of an error; of the system's, the place and the reason without their numbers."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    reason = os.strerror(error.errno).lower()
    if not isinstance(error.filename, str | bytes):
        return reason
    path = Path(os.fsdecode(error.filename))
    # An unfinished file has a name of ours that tells nobody anything.
    return f"{path.parent if path.name.startswith('.') else path}: {reason}"
