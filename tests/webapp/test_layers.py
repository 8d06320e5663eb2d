"""The apps stand on one another, and none looks up."""

import ast

import pytest

APPS = ["photos", "participants", "studies", "games", "downloads", "ratings", "datasets"]


def imported(source):
    """The names that a module imports: ``from webapp import games`` gives both ``webapp`` and ``webapp.games``."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize(
    "line",
    [
        "import webapp.games",
        "import webapp.games as play",
        "from webapp import games",
        "from webapp.games import models",
        "def late():\n    from webapp import photos, games as play",
    ],
)
def test_an_import_is_seen_however_it_is_written(line):
    assert "webapp.games" in imported(line)


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_what_is_below_it(root, app):
    # Photos and participants stand side by side at the bottom.
    above = set(APPS[APPS.index(app) + 1 :]) | ({"photos"} if app == "participants" else set())
    files = sorted((root / "webapp" / app).rglob("*.py"))
    assert files
    for path in files:
        wrong = [name for name in imported(path.read_text()) if {*name.split(".")[1:2]} & above]
        assert not [name for name in wrong if name.startswith("webapp.")], f"{path} imports {wrong}"
