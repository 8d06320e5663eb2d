"""Processes forked from one that has imported torch, Django and the editing, which takes a new one seconds.

Each is as a fresh interpreter: nobody's threads, connections and open files come along.
"""

import os
import signal
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

_LIMIT = 500  # seconds after which a process is ended


class _Process(ForkServerProcess):
    """One that has the environment of whoever starts it, not of whoever was first to start one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._variables = dict(os.environ)

    def run(self) -> None:
        os.environ.clear()
        os.environ.update(self._variables)
        super().run()


class _Context(ForkServerContext):
    Process = _Process  # type: ignore[assignment]


FORKED = _Context()
FORKED.set_forkserver_preload(
    [
        "learning.command_line",
        "learning.training.run",
        "learning.developing",
        # What every optimizer imports comes along.
        "torch._dynamo",
        "webapp.photos.isolated_decoding",
        "webapp.downloads.developing",
        "webapp.datasets.learning_command",
        __name__,
    ]
)


def start_forked(
    program: Callable[..., object], *arguments: object, errors: Path, environment: Mapping[str, str] | None = None
) -> ForkServerProcess:
    """Start a function of a module in a process of its own, on one thread.

    Args:
        program: the function, whose ``arguments`` are sent to the process.
        errors: where it writes its standard error to; what it prints is lost.
        environment: variables that it has besides those of this session.
    """
    process = FORKED.Process(target=_run, args=(program, arguments, errors, dict(environment or {})))
    process.start()
    return process


def _run(
    program: Callable[..., object], arguments: tuple[object, ...], errors: Path, environment: dict[str, str]
) -> None:
    import torch  # only here: it takes seconds, and the tests of other folders have no use for it

    signal.alarm(_LIMIT)
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(errors, os.O_CREAT | os.O_WRONLY), 2)
    torch.set_num_threads(1)
    program(*arguments)
