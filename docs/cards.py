"""A hook of MkDocs: the cards of the shipped agents, which stand beside their weights, are pages of the site too."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add each card under the path that it has in the repository."""
    for card in sorted(ROOT.glob("learning/shipped/*/CARD.md")):
        files.append(File.generated(config, str(card.relative_to(ROOT)), abs_src_path=str(card)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Lead links to the cards, and from them back, to where they are in the site."""
    return markdown.replace("](../learning/shipped/", "](learning/shipped/").replace("](../../../docs/", "](../../../")
