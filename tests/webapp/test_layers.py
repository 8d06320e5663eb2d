"""The apps stand on one another, and none looks up."""

import ast

import pytest

APPS = ["photos", "participants", "studies", "games", "datasets"]


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_what_is_below_it(root, app):
    # Photos and participants stand side by side at the bottom.
    above = set(APPS[APPS.index(app) + 1 :]) | ({"photos"} if app == "participants" else set())
    files = sorted((root / "webapp" / app).rglob("*.py"))
    assert files
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = [module or ""] if module else [alias.name for alias in getattr(node, "names", [])]
            wrong = [name for name in names if any(f"{name}.".startswith(f"webapp.{one}.") for one in above)]
            assert not wrong, f"{path} imports {wrong}"
