"""The programs that the documentation calls, as its reader does: from a folder, one command after the other.

What starts Python anew is called in this process where it can be, since torch takes seconds to import.
"""

import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.command_line import safelight
from tests.documentation.pages import ROOT

# Those of the environment that these tests run in come first.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
# What is added to a command, by how it begins: it counts in place of what stands before, and makes it small. An answer
# that says that something is wrong is a failure.
ADDED: Mapping[str, str] = {
    "curl": "--fail",
    "safelight compare": "--photos 1",
    "safelight fit": "--width 1 --starts 1 --steps 2",
    "safelight imitate": "--iterations 5 --width 1",
    "safelight prefer": "--iterations 2 --reward-iterations 2",
    "safelight synthetic-people": "--people 24 --each 8 --scenes 16",
    "safelight train": "--iterations 2 --width 1 --batch 8 --save-every 1 --keep-every 2 --picture-every 0",
    "safelight train-critic": "--iterations 2 --width 1",
    "torchrun": "--iterations 2 --width 1 --batch 8 --save-every 1 --keep-every 2 --picture-every 0",
    "python -m docs.ppo_example": "--steps 1280",
    "dask worker": "--nworkers 1 --no-dashboard",
}
# Commands that say by their exit status what they have found.
STATUS: Mapping[str, int] = {"safelight dataset check": 1}
# Seconds for a server to start, on a busy machine.
PATIENCE = 120


def program_of(line: str) -> str:
    """Return the program that a command calls."""
    return next(word for word in line.split() if not _VARIABLE.match(word))


_VARIABLE = re.compile(r"([A-Z_]+)=(.*)")


def outputs(line: str) -> list[str]:
    """Return what a command makes anew."""
    words = shlex.split(line, comments=True)
    named = [words[index + 1] for index, word in enumerate(words) if word in ("-o", "--out")]
    return [] if "--resume" in words else named


@dataclass
class Terminal:
    """A terminal in which one command after the other is typed in."""

    _servers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def type_in(self, line: str) -> None:
        """Run a command to its end, or start a server; a command that fails fails the test."""
        words = shlex.split(line, comments=True)
        variables = {}
        while match := _VARIABLE.match(words[0]):
            variables[match[1]] = match[2]
            del words[0]
        if words[0] == "source":  # the environment in which this test runs
            return
        text = " ".join(words)
        for beginning, options in ADDED.items():
            if f"{text} ".startswith(f"{beginning} "):
                words += options.split()
        status = next((status for beginning, status in STATUS.items() if text.startswith(beginning)), 0)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            PROGRAMS[words[0]](self, words, status)

    def safelight(self, words: Sequence[str], status: int) -> None:
        """Call the command line."""
        result = safelight(*words[1:])
        assert result.exit_code == status, f"{shlex.join(words)}\n{result.output}{result.exception!r}"

    def python(self, words: Sequence[str], status: int) -> None:
        """Call a program of the project."""
        if words[1] == "manage.py":
            call_command(*words[2:])
            return
        assert words[1] == "-m"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", list(words[2:]))
            runpy.run_module(words[2], run_name="__main__", alter_sys=True)

    def run(self, words: Sequence[str], status: int) -> None:
        """Run a program in a process of its own."""
        environment = os.environ | {"PATH": PATH, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == status, f"{shlex.join(words)}\n{done.stdout}"

    def serve(self, words: Sequence[str], status: int) -> None:
        """Start a server, which is stopped as the terminal is closed; a worker's scheduler knows it then."""
        environment = os.environ | {"PATH": PATH}
        self._servers.append(subprocess.Popen(words, env=environment, start_new_session=True))
        if words[1] == "worker":
            from distributed import Client  # only here: it takes a second, and so does torch elsewhere

            with Client(words[2], timeout=PATIENCE, set_as_default=False) as client:
                client.wait_for_workers(1, timeout=PATIENCE)

    def close(self) -> None:
        """Stop the servers, which must have run until now."""
        ended = [server.args for server in self._servers if server.poll() is not None]
        for server in reversed(self._servers):
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait()
        assert ended == []


PROGRAMS = {
    "curl": Terminal.run,
    "dask": Terminal.serve,
    "python": Terminal.python,
    "safelight": Terminal.safelight,
    "source": Terminal.run,
    "torchrun": Terminal.run,
}


@contextmanager
def terminal() -> Iterator[Terminal]:
    """Open a terminal."""
    opened = Terminal()
    try:
        yield opened
    finally:
        opened.close()
