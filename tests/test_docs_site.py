"""The documentation as a site."""

import pkgutil
import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort


def test_every_page_is_in_it_and_every_link_leads_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    root = Path(__file__).resolve().parent.parent
    try:
        build(load_config(str(root / "mkdocs.yml"), site_dir=str(tmp_path / "site"), strict=True))
    except Abort as aborted:
        pytest.fail(f"{aborted}: make docs says which link or page")
    assert "half an hour" in (tmp_path / "site" / "tutorial" / "index.html").read_text(encoding="utf-8")


def test_every_name_of_ours_in_it_is_one(root: Path) -> None:
    pages = [*root.glob("docs/**/*.md"), *root.glob("learning/shipped/*/CARD.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    names = set(re.findall(r"`((?:editing|learning)(?:\.[A-Za-z_]+)+)", text))
    assert len(names) >= 10
    for name in sorted(names):
        pkgutil.resolve_name(name)
