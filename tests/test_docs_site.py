"""The documentation as a site."""

import pkgutil
import posixpath
import re
from pathlib import Path

import pytest
import yaml
from markdown.extensions.toc import slugify


def headings(text: str) -> set[str]:
    """The anchors of a page."""
    return {slugify(title.replace("`", ""), "-") for title in re.findall(r"^#+ +(.+)$", text, re.M)}


def test_the_navigation_has_every_page_and_links_lead_to_pages_and_headings(root: Path) -> None:
    pages = {path.relative_to(root / "docs").as_posix(): path.read_text("utf-8") for path in root.glob("docs/**/*.md")}
    cards = {path.relative_to(root).as_posix() for path in root.glob("learning/shipped/*/CARD.md")}
    navigation = yaml.safe_load((root / "mkdocs.yml").read_text("utf-8"))["nav"]
    assert set(re.findall(r"[\w/-]+\.md", str(navigation))) == pages.keys() | cards
    anchors = {page: headings(text) for page, text in pages.items()}

    def leads_somewhere(page: str, link: str) -> bool:
        name, _, anchor = link.partition("#")
        linked = posixpath.normpath(posixpath.join(posixpath.dirname(page), name)) if name else page
        # The anchors of the Python API are the names of what it describes.
        is_heading = not anchor or linked.startswith("python/") or anchor in anchors.get(linked, ())
        return is_heading and (linked in cards or (root / "docs" / linked).is_file())

    links = [(page, link) for page, text in pages.items() for link in re.findall(r"\]\(([^)\s:]+)\)", text)]
    assert [pair for pair in links if not leads_somewhere(*pair)] == []


@pytest.mark.long
def test_every_page_is_in_it_and_every_link_leads_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort

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
