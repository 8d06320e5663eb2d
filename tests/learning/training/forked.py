"""Trainings in processes of their own, to be killed, or to share batches.

They are forked from one process that has imported torch, which takes a new one seconds.
"""

import os
import signal
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import torch

_FORK_SERVER = get_context("forkserver")
# What every optimizer imports comes along.
_FORK_SERVER.set_forkserver_preload(["learning.command_line", "learning.training.run", "torch._dynamo", __name__])
_LIMIT = 500  # seconds after which a process is ended


def start_forked(
    program: Callable[..., object], *arguments: object, errors: Path, environment: Mapping[str, str] | None = None
) -> ForkServerProcess:
    """Start a function of a module in a process of its own, on one thread.

    Args:
        program: the function, whose ``arguments`` are sent to the process.
        errors: where it writes its standard error to; what it prints is lost.
        environment: variables that it has besides those of this session.
    """
    process = _FORK_SERVER.Process(target=_run, args=(program, arguments, errors, dict(environment or {})))
    process.start()
    return process


def _run(
    program: Callable[..., object], arguments: tuple[object, ...], errors: Path, environment: dict[str, str]
) -> None:
    signal.alarm(_LIMIT)
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(errors, os.O_CREAT | os.O_WRONLY), 2)
    torch.set_num_threads(1)
    program(*arguments)
