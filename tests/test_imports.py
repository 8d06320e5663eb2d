"""The arrows of the house point one way, and start-up stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

FORBIDDEN = {
    "editing": {"django", "rest_framework", "torch", "webapp", "learning", "click", "rich"},
    "webapp": {"torch", "learning"},
    "learning": {"django", "rest_framework", "webapp"},
}


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
def test_nothing_is_imported_upwards(package: str, root: Path) -> None:
    files = sorted((root / package).rglob("*.py"))
    assert files
    wrong = {str(path.relative_to(root)): found for path in files if (found := imported(path) & FORBIDDEN[package])}
    assert wrong == {}


def modules_after(statement: str) -> set[str]:
    command = [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_editing_imports_neither_torch_nor_django() -> None:
    names = [f"editing.{room}" for room in ("game.contract", "game.numpy_source", "photos.decoding", "rendering.cube")]
    assert not modules_after(f"import {', '.join(names)}, editing.trajectories.snapshot") & {"torch", "django"}


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["play", "--help"], ["compare", "--help"]])
def test_the_help_of_the_command_line_imports_nothing_heavy(arguments: list[str]) -> None:
    statement = (
        "import sys\nfrom click.testing import CliRunner\nfrom learning.command_line import main\n"
        f"assert CliRunner().invoke(main, {arguments!r}).exit_code == 0"
    )
    heavy = {"torch", "matplotlib", "scipy", "jinja2"}
    command = [sys.executable, "-c", f"{statement}\nprint(*sys.modules)"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & heavy
