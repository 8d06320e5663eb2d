"""Work in a process of its own: what crashes, hangs or eats all memory there takes nothing along."""

import os
import signal
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from editing.processes import SPAWN, follow_parent, interrupts_blocked

_LOOK_EVERY = 0.25  # seconds


class Crashed(RuntimeError):
    """The process died: a crash of a library, or the system, which had no memory left, ended it."""


class Stopped(RuntimeError):
    """The work was given up: it was asked to stop, or took longer than it may."""


def run_apart(
    function: Callable[..., object], *arguments: Any, should_stop: Callable[[], bool], limit: float, **options: Any
) -> None:
    """Call a function, which lives in a module, in a fresh process, and wait for its end. What it returns is dropped.

    limit: the seconds that it may take. should_stop: asked again and again; when it says so, the process is ended.

    Raises:
        Crashed: the process died.
        Stopped: it was ended.
        Exception: what the function raised.
    """
    receiving, sending = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_call, args=(sending, function, arguments, options))
    until = time.monotonic() + limit
    with receiving:
        with interrupts_blocked():
            process.start()
        sending.close()
        try:
            while True:
                if should_stop() or time.monotonic() > until:
                    raise Stopped
                if receiving.poll(_LOOK_EVERY):
                    break
            error = receiving.recv()
        except EOFError:
            raise Crashed from None
        finally:
            process.kill()  # it has nothing left to do
            process.join()
    if error is not None:
        raise error


def _call(
    sending: Connection, function: Callable[..., object], arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    follow_parent()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to all of a service: the parent decides when this one ends
    os.nice(10)  # pages come first
    error: Exception | None = None
    try:
        function(*arguments, **options)
    except Exception as raised:
        raised.add_note(traceback.format_exc())  # which is lost on the way, else
        error = raised
    sending.send(error)
