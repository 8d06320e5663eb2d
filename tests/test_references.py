"""The generated references are fresh, and the example of a server's settings names what is in them."""

import re
from pathlib import Path

import pytest

from docs.references import REFERENCES
from webapp import settings


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.name)
def test_the_committed_reference_is_fresh(path: Path) -> None:
    """If this fails, run `make references` and commit what it writes."""
    assert path.read_text(encoding="utf-8") == REFERENCES[path](), "run `make references` and commit what it writes"


def test_the_example_of_settings_names_those_that_something_reads(root: Path) -> None:
    example = (root / "deploy" / "environment.example").read_text(encoding="utf-8")
    reference = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    compose = (root / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    read = set(re.findall(r"^\| `(\w+)`", reference, re.M)) | set(re.findall(r"\$\{(\w+)", compose))
    assert set(re.findall(r"^(\w+)=", example, re.M)) <= read


def test_no_file_of_the_site_reads_a_variable_that_it_does_not_declare(root: Path) -> None:
    source = Path(settings.__file__).read_text(encoding="utf-8") + (root / "deploy" / "gunicorn.conf.py").read_text()
    assert "os.environ" not in source
    assert "Env(" not in source
