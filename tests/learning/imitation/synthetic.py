"""A small export by synthetic people, for tests of what is learned from people."""

from pathlib import Path

from tests.command_line import safelight_output


def synthetic_export(folder: Path, people: int = 10, each: int = 5, scenes: int = 8, *more: object) -> Path:
    """Write it, and return its folder."""
    counts = ("--people", people, "--each", each, "--scenes", scenes)
    safelight_output("synthetic-people", "-o", folder, "--temperament", "careful", *counts, *more)
    return folder
