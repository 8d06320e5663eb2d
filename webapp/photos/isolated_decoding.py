"""Decoding a photo that somebody has sent: in a process of its own, with limits, and few at once on this machine.

A picture of some kilobytes may claim gigabytes of memory and minutes of time. So nothing is decoded where pages are
served; all web processes together take no more than DECODING_MEMORY for it, and whoever finds no room waits for a
while, and is told to come again.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from editing.photos.finding import IMAGE_SUFFIXES
from editing.photos.photo_error import DecoderCrashed, NotEnoughMemory, PhotoError, printable
from editing.photos.read_options import AUTO, ReadOptions
from editing.processes import Crashed, Stopped, run_isolated
from webapp.photos.decoding import Decoded, NotSaved, SourceFile, decode

# As many are decoded side by side, each with its share of the memory. One that needs more is decoded alone.
SHARES = 2
# How many may decode or wait; each holds a thread of a web process. Whoever comes then is told so at once.
IN_LINE = 6
_POLL_INTERVAL = 0.1  # seconds


class Busy(RuntimeError):
    """Others are being decoded, and there was no room within DECODING_WAIT."""


def decode_isolated(source: SourceFile, folder: Path, options: ReadOptions = AUTO) -> Decoded:
    """Do what `decode` does, in a process of its own and within the limits of the settings.

    Raises:
        editing.photos.photo_error.PhotoError: as `decode`, and where the photo takes more than a limit.
        NotSaved: as `decode`.
        Busy: it has to be tried again later.
    """
    remaining = settings.DECODING_SECONDS
    failure: Exception = Stopped()
    with _in_line():
        for shares in (1, SHARES):
            with _shares(shares):
                began = time.monotonic()
                try:
                    return _decode(source, folder, options, shares / SHARES, remaining)
                except Stopped as error:
                    failure = error
                    break
                except (Crashed, DecoderCrashed, NotEnoughMemory) as error:
                    failure = error
                remaining -= time.monotonic() - began
    raise _refusal(source, failure) from failure


def _refusal(source: SourceFile, failure: Exception) -> PhotoError:
    """Say of a photo why it could not be read within the limits."""
    if isinstance(failure, DecoderCrashed):
        return failure
    memory = f"{settings.DECODING_MEMORY} MB of memory, which is this site's limit"
    if isinstance(failure, NotEnoughMemory):
        reason = f"reading it takes more than {memory}: make it smaller"
    elif isinstance(failure, Stopped):
        seconds = settings.DECODING_SECONDS
        reason = f"reading it takes longer than {seconds:g} seconds, which is this site's limit: make it smaller"
    else:
        reason = f"its decoder crashed, or took more than {memory}: save it anew, or make it smaller"
    return PhotoError(f"{printable(source.path.name)}: {reason}")


def _decode(source: SourceFile, folder: Path, options: ReadOptions, share: float, seconds: float) -> Decoded:
    memory = int(settings.DECODING_MEMORY * share) << 20
    if source.path.suffix.lower() not in IMAGE_SUFFIXES:
        # By two processes, this one and LibRaw's, which are never both at their largest.
        memory = memory * 2 // 3
    return run_isolated(decode, source, folder, options, should_stop=lambda: False, limit=seconds, memory=memory)


# The rooms of this machine are files that are locked: the system unlocks them with the process that holds them.


@contextmanager
def _in_line() -> Iterator[None]:
    with ExitStack() as held:
        _lock(held, [f"place{number}" for number in range(IN_LINE)], 1, wait=0)
        yield


@contextmanager
def _shares(count: int) -> Iterator[None]:
    """Hold so many shares of the memory; nobody overtakes who waits for more than one."""
    with ExitStack() as held:
        with ExitStack() as first:
            began = time.monotonic()
            _lock(first, ["first"], 1, wait=settings.DECODING_WAIT)
            wait = settings.DECODING_WAIT - (time.monotonic() - began)
            _lock(held, [f"share{number}" for number in range(SHARES)], count, wait=wait)
        yield


def _lock(held: ExitStack, names: list[str], count: int, *, wait: float) -> None:
    """Lock so many files of those names, to the end of ``held``.

    Raises:
        Busy: others hold them after ``wait`` seconds.
        NotSaved: there is no folder to have them in.
    """
    folder = Path(settings.DATA_DIR) / "decoding"
    until = time.monotonic() + wait
    free = [folder / name for name in names]
    while True:
        for path in list(free):
            if (file := _locked(path)) is not None:
                held.enter_context(file)
                free.remove(path)
                count -= 1
                if count == 0:
                    return
        if time.monotonic() >= until:
            raise Busy
        time.sleep(_POLL_INTERVAL)


def _locked(path: Path) -> BinaryIO | None:
    """Return the file, locked; None where another thread or process holds it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise NotSaved(f"nothing can be saved in {path.parent}: {error.strerror or error}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
