"""The wheel installs and works away from the clone, with its contract and the agents that come along.

It is built and installed as docs/datasets.md says: by `python -m build --wheel`, and by pip with `--constraint`.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from editing.game.contract import contract_text
from tests.learning.snapshots import Play, write

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git would commit."""
    sources = tmp_path_factory.mktemp("sources")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, sources / name)
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", out, sources]
    subprocess.run(build, capture_output=True, check=True)
    return next(out.glob("safelight-*.whl"))


def run(python: Path, *arguments: object, cwd: Path) -> str:
    """Run a program of another environment, which sees nothing of the clone."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), "-I", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make_environment(folder: Path) -> Path:
    venv.create(folder, with_pip=False)
    return folder / "bin" / "python"


def install(python: Path, *arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--python", python, "install", "-q", *arguments]
    subprocess.run([str(argument) for argument in command], check=True)


def test_the_wheel_holds_everything_that_is_not_code(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for name in ("learning/shipped/pretrained/best.safetensors", "safelight/__init__.py", "webapp/templates/page.html"):
        assert name in names
    assert not [name for name in names if name.startswith(("tests/", "bench/", "docs/"))]


def test_tables_and_pictures_need_no_extra(wheel: Path, root: Path, tmp_path: Path) -> None:
    export = write(tmp_path / "export", [Play("ann", "sea"), Play("bob", "sea")])
    python = make_environment(tmp_path / "environment")
    install(python, "--constraint", root / "constraints.txt", wheel)
    program = (
        "import safelight, sys; data = safelight.load('export'); print(len(data.steps), safelight.__file__);"
        "data.render(data.episodes['id'][0].as_py()).save('picture.png'); assert 'torch' not in sys.modules;"
        "import importlib.util; assert importlib.util.find_spec('torch') is None"
    )
    printed = run(python, "-c", program, cwd=tmp_path)
    assert printed.startswith(f"2 {tmp_path / 'environment'}")
    command = tmp_path / "environment" / "bin" / "safelight"
    assert "nothing is wrong" in run(python, command, "dataset", "validate", export, cwd=tmp_path)
    contract = run(python, "-c", "import safelight, json; print(json.dumps(safelight.contract()))", cwd=tmp_path)
    assert json.loads(contract) == json.loads(contract_text())


def test_the_agent_that_comes_along_plays(wheel: Path, tmp_path: Path) -> None:
    export = write(tmp_path / "export", [Play("ann", "sea")])
    python = make_environment(tmp_path / "environment")
    install(python, "--no-deps", wheel)
    # What it depends on is here already, torch above all; a path file does not bring the clone along.
    own = next((tmp_path / "environment" / "lib").glob("python*/site-packages"))
    (own / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    command = tmp_path / "environment" / "bin" / "safelight"
    run(python, command, "play", "--agent", "pretrained", export, "-o", "play", cwd=tmp_path)
    program = "import safelight; data = safelight.load('play'); print(len(data.torch()), safelight.__file__)"
    assert run(python, "-c", program, cwd=tmp_path).startswith(f"5 {tmp_path / 'environment'}")
