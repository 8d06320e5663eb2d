"""The arrows of the house point one way, among packages and among their rooms, and start-up stays light."""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pytest

# What no file of a package imports.
FORBIDDEN = {
    "editing": {"django", "rest_framework", "torch", "webapp", "learning", "click", "rich"},
    "webapp": {"torch", "learning"},
    "learning": {"django", "rest_framework", "webapp"},
    "safelight": {"django", "rest_framework", "torch", "webapp"},
}
# The rooms of each package from the ground up: a room imports from itself and from rooms on lower floors. Rooms of one
# line stand side by side. A room is a folder; a file beside the folders is one too.
FLOORS = {
    "editing": [
        {"files", "processes"},
        {"game"},
        {"photos", "trajectories"},
        {"rendering", "formats"},
    ],
    "learning": [
        {"baselines", "cluster", "device", "configuration"},
        {"photos", "metrics", "figures", "robots"},
        {"agent"},
        {"training", "comparison", "developing", "fitting"},
        {"imitation"},
        {"environments", "reference"},
        {"dataset"},
        {"commands"},
        {"command_line"},
    ],
    "webapp": [
        {"database", "storage"},
        {"environment", "http", "translations"},
        {"command_line", "logins", "participants", "photos"},
        {"studies"},
        {"games", "questionnaires"},
        {"downloads", "ratings"},
        {"quality", "personal_agents"},
        {"judging", "recruiting"},
        {"datasets"},
        {"backups"},
        {"desk"},
        {"local"},
        {"configuration", "management", "urls"},
        {"settings", "wsgi", "apps"},
    ],
}


@cache
def statements(path: Path) -> list[ast.AST]:
    """All statements of a file, those within others too."""
    return statements_of(ast.parse(path.read_text(encoding="utf-8")))


def statements_of(tree: ast.AST) -> list[ast.AST]:
    """A tree's statements without their expressions, which are twelve times as many."""
    found = [tree]
    for node in found:
        for blocks in ("body", "orelse", "finalbody", "handlers", "cases"):
            found.extend(getattr(node, blocks, ()))
    return found


def imported_modules(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that a module imports, anywhere in it: ``from webapp import games`` gives ``webapp.games`` too."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            assert node.module
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def room_imports(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Each file of a package, its room, and a room of the package that it imports from."""
    rooms = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    for path in sorted(folder.rglob("*.py")):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        for name in imported_modules(statements(path)):
            package, _, inside = name.partition(".")
            other = inside.split(".")[0]
            if package == folder.name and other in rooms and other != own:
                yield path, own, other


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
def test_an_import_is_seen_however_it_is_written(line: str) -> None:
    assert "webapp.games" in imported_modules(statements_of(ast.parse(line)))


@pytest.mark.parametrize("package", FORBIDDEN)
def test_nothing_is_imported_upwards(package: str, root: Path) -> None:
    files = sorted((root / package).rglob("*.py"))
    assert files
    top_level = {path: {name.split(".")[0] for name in imported_modules(statements(path))} for path in files}
    wrong = {str(path.relative_to(root)): names for path in files if (names := top_level[path] & FORBIDDEN[package])}
    assert wrong == {}


@pytest.mark.parametrize("package", FLOORS)
def test_every_room_has_its_floor(package: str, root: Path) -> None:
    rooms = {
        path.stem
        for path in (root / package).iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    }
    assert rooms == set().union(*FLOORS[package])


@pytest.mark.parametrize("package", FLOORS)
def test_a_room_imports_only_from_lower_floors(package: str, root: Path) -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS[package]) for room in rooms}
    wrong = [
        f"{path.relative_to(root)} imports {other}"
        for path, own, other in room_imports(root / package)
        if floor[other] >= floor[own]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", FLOORS)
def test_no_modules_import_each_other_in_a_circle(package: str, root: Path) -> None:
    files = {".".join(path.relative_to(root).with_suffix("").parts): path for path in (root / package).rglob("*.py")}
    graph = defaultdict(set)
    for module, path in files.items():
        graph[module] = {name for name in imported_modules(statements(path)) if name in files and name != module}
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


@cache
def defined_names(path: Path) -> set[str]:
    """The names that a module defines itself: classes, functions and assigned names, anywhere in it."""
    names = set()
    for node in statements(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return names


def test_every_name_is_imported_from_the_module_that_defines_it(root: Path) -> None:
    packages = (*FLOORS, "bench", "tests")
    wrong = []
    for path in sorted(path for package in packages for path in (root / package).rglob("*.py")):
        for node in statements(path):
            if not isinstance(node, ast.ImportFrom) or not node.module or node.module.split(".")[0] not in packages:
                continue
            module = root.joinpath(*node.module.split(".")).with_suffix(".py")
            names = {alias.name for alias in node.names}
            if module.exists() and (passed_on := names - defined_names(module)):
                wrong.append(f"{path.relative_to(root)} imports {', '.join(sorted(passed_on))} from {node.module}")
    assert wrong == []


def modules_after(statement: str) -> set[str]:
    command = [sys.executable, "-c", f"{statement}; import sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_editing_imports_neither_torch_nor_django() -> None:
    names = [f"editing.{room}" for room in ("game.contract", "game.numpy_source", "photos.decoding", "rendering.cube")]
    assert not modules_after(f"import {', '.join(names)}, editing.trajectories.snapshot") & {"torch", "django"}


def test_loading_a_data_set_imports_nothing_that_it_may_not_need(tmp_path: Path) -> None:
    from tests.learning.snapshots import Play, write

    export = write(tmp_path / "export", [Play("ann", "sea")])
    statement = (
        f"import safelight; data = safelight.load({str(export)!r}); "
        "data.render(data.episodes['id'][0].as_py()); data.steps.to_arrow(['filter']); len(data.events)"
    )
    assert not modules_after(statement) & {"torch", "django", "pandas", "polars", "matplotlib", "scipy", "halide"}


def test_the_help_of_no_command_imports_anything_heavy() -> None:
    statement = (
        "from learning.command_line import COMMANDS; from tests.command_line import safelight_output; "
        "safelight_output('--help'); [safelight_output(name, '--help') for name in COMMANDS]"
    )
    assert not modules_after(statement) & {"torch", "matplotlib", "scipy", "jinja2"}


def test_developing_a_photo_imports_nothing_that_is_long_to_import(tmp_path: Path) -> None:
    np.save(tmp_path / "photo.npy", np.full((64, 96, 3), 0.1, np.float32))
    statement = (
        "from tests.command_line import safelight_output; "
        f"safelight_output('develop', '{tmp_path}/photo.npy', '--agent', 'pretrained', '-o', '{tmp_path}/out')"
    )
    assert not modules_after(statement) & {"torch", "pyarrow", "rich", "scipy", "numpy.testing"}
    assert (tmp_path / "out" / "photo.jpg").exists()
