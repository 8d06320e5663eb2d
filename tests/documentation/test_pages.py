"""No command of the documentation is left out: each block is run by a test, and `test_commands.py` runs the most."""

import re

import pytest

from tests.documentation.pages import COMMANDS, ELSEWHERE, PAGES, READ, ROOT, Block, blocks
from tests.documentation.programs import PROGRAMS, program_of


@pytest.mark.parametrize("page", PAGES)
def test_each_block_says_its_language(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert 2 * len(blocks(page)) == len(re.findall(r"^ *```", text, re.M))
    assert [str(block) for block in blocks(page) if block.language not in (*COMMANDS, *READ)] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_command_is_run_by_the_long_test_or_by_one_of_its_own(page: str) -> None:
    left = [block for block in blocks(page, "sh") if block.test is None]
    assert [f"{block}: {line}" for block in left for line in block.lines if program_of(line) not in PROGRAMS] == []


@pytest.mark.parametrize(("page", "words"), [(page, words) for page, named in ELSEWHERE.items() for words in named])
def test_a_block_that_has_a_test_of_its_own_is_there_and_the_test_names_it(page: str, words: str) -> None:
    found = [block for block in blocks(page) if block.has(words)]
    assert len(found) == 1 or (found and words.startswith("```"))
    test = (ROOT / ELSEWHERE[page][words]).read_text(encoding="utf-8")
    assert page in test
    assert words.strip("`") in test


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page, "ini")], ids=str)
def test_settings_are_as_systemd_and_containers_read_them(block: Block) -> None:
    """What stands behind a value would be a part of it."""
    reference = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    lines = [line for line in block.lines if not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Z0-9_]+=[^\s#'\"$]+", line)] == []
    assert {line.partition("=")[0] for line in lines} <= set(re.findall(r"^\| `(\w+)`", reference, re.M))
