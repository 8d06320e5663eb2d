"""The blocks of code on the pages of the documentation, and which test runs each."""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md")))
# What somebody types in; a block in another language is to be read.
COMMANDS = ("sh", "python", "r")
READ = ("bibtex", "ini", "json", "yaml")

# Blocks that tests of their own run: by the page and by words that no other block there has. "```" and a language name
# all blocks in it. Where a test says the same in other words, as with another engine, it says so.
ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "README.md": {"make run": "tests/deploy/test_bare_machine.py"},
    "docs/datasets.md": {
        "```python": "tests/learning/dataset/test_docs.py",
        "```r": "tests/learning/dataset/test_docs.py",
        "--constraint": "tests/test_wheel.py",
        "--wheel": "tests/test_wheel.py",
    },
    "docs/deploy.md": {
        "git clone": "tests/deploy/test_install.py",
        "git pull": "tests/deploy/test_install.py",
        "BACKUP_DIR=": "tests/deploy/test_install.py",
        "remove_second_factor": "tests/deploy/test_install.py",
        "deploy/backup --list": "tests/deploy/test_install.py",
        "deploy/restore --folder": "tests/deploy/test_install.py",
        "make audit": "tests/deploy/test_audit.py",
        "make sbom": "tests/deploy/test_bare_machine.py",
        "up --build --detach": "tests/deploy/test_containers.py",
        "manage.py drill": "tests/deploy/test_containers.py",
        "up --detach --wait database": "tests/deploy/test_containers.py",
        "archive_mode": "tests/deploy/test_point_in_time.py",
        "pg_basebackup": "tests/deploy/test_point_in_time.py",
        "recovery.signal": "tests/deploy/test_point_in_time.py",
        "rm /etc/postgresql": "tests/deploy/test_point_in_time.py",
    },
    "docs/environment.md": {"```python": "tests/learning/environments/test_editing_game.py"},
    "docs/faults.md": {"make faults": "tests/deploy/test_faults.py", "make soak": "tests/deploy/test_faults.py"},
    "docs/learning-from-people.md": {"import_trajectories": "tests/test_loop_of_people.py"},
    "docs/own-photos.md": {"```python": "tests/learning/photos/test_fivek_pack.py"},
    "docs/translations.md": {"make translations": "tests/test_translations.py"},
    "docs/tutorial.md": {"```sh": "tests/deploy/test_own_study.py"},
}


@dataclass(frozen=True)
class Block:
    """A block of code on a page, which is named from the project's root, and the line on which it begins."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def lines(self) -> list[str]:
        """The commands of a block for the shell, each whole."""
        return [line for line in self.text.replace("\\\n", " ").splitlines() if line.strip()]

    def has(self, words: str) -> bool:
        """Whether it has these words; they may begin with the fence."""
        return words in f"```{self.language}\n{self.text}"

    @property
    def test(self) -> str | None:
        """The test of its own that runs it, if there is one."""
        named = ELSEWHERE.get(self.page, {})
        return next((test for words, test in named.items() if self.has(words)), None)


@cache
def blocks(page: str, language: str | None = None) -> tuple[Block, ...]:
    """Return the blocks of a page, those in one language or all."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.finditer(r"^( *)```(.*)\n([\s\S]*?)^\1```$", text, re.M)
    made = [Block(page, 1 + text.count("\n", 0, one.start()), one[2], textwrap.dedent(one[3])) for one in found]
    return tuple(block for block in made if language in (None, block.language))
