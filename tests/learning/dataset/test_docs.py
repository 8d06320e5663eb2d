"""The examples of docs/datasets.md run as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import safelight
from tests.learning.snapshots import Play, write


@pytest.fixture
def workplace(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has what the examples name: two exports, the older of whom nobody has left, and play."""
    write(tmp_path / "play", [Play("agent:b", "sea")])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(root: Path, language: str) -> list[str]:
    text = (root / "docs" / "datasets.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_examples_in_python_run(root: Path, workplace: Path) -> None:
    namespace: dict[str, object] = {}
    examples = blocks(root, "python")
    assert len(examples) >= 3
    for example in examples:
        exec(example, namespace)  # noqa: S102 (the documentation's own)
    assert (workplace / "edited.png").is_file()


def test_every_command_of_the_page_is_one(root: Path, workplace: Path) -> None:
    commands = [
        line.split("#")[0].split()[1:]
        for block in blocks(root, "sh")
        for line in block.splitlines()
        if line.startswith("safelight ")
    ]
    assert len(commands) >= 8
    for command in commands:
        result = safelight(*command[:2], "--help")
        assert result.exit_code == 0, command
        options = [word for word in command[2:] if word.startswith("-")]
        assert all(option in result.output for option in options), command


def test_the_package_can_be_asked_for_its_contract() -> None:
    statement = "import safelight; print(len(safelight.contract()['filters']))"
    output = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True).stdout
    assert output == "8\n"
