"""Compiled pipelines on the disk: the same pictures from there, and none from a file that is not to be trusted."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from ctypes import c_float, c_uint32
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from editing.rendering import pipelines
from editing.rendering.halide_kernels import define
from editing.rendering.kernel import BLOCK, Kernel, Shape
from editing.rendering.pipelines import load_pipeline

UINT8, UINT16, FLOAT32 = map(np.dtype, ("uint8", "uint16", "float32"))
SHAPE = Shape(("exposure",), UINT16, False, True, True, UINT8, True, True)
PARAMETERS = [{"ev": 1.2}]
CURVE = np.linspace(0, 1, 3 * 2**16, dtype=np.float32).reshape(2**16, 3)
MATRIX = np.array([[0.9, 0.2, -0.1], [0.1, 0.8, 0.1], [0, 0.1, 1.1]], dtype=np.float32)
VALUES = np.random.default_rng(0).integers(2**16, size=(2 * BLOCK + 7, 3), dtype=np.uint16)


@pytest.fixture
def folder(tmp_path: Path, caches: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A new folder of object files; Halide's runtime, which takes the longest to compile, lies there already."""
    load_pipeline(repr(SHAPE), partial(define, SHAPE))
    folder = tmp_path / "pipelines"
    shutil.copytree(caches / "pipelines", folder)
    runtime = folder / f"{pipelines._digest(pipelines._RUNTIME)}.o"
    for path in set(folder.iterdir()) - {runtime}:
        path.unlink()
    monkeypatch.setenv("SAFELIGHT_CACHE", str(tmp_path))
    yield folder
    assert {path.suffix for path in folder.iterdir()} <= {".o"}, "a draft was left"


def rendered() -> NDArray[np.uint8]:
    """Render some pixels by a kernel of SHAPE, as a new process would: compiled, or loaded from the disk."""
    result = np.zeros((3, len(VALUES)), dtype=np.uint8)
    kernel = Kernel(SHAPE, load_pipeline(repr(SHAPE), partial(define, SHAPE)))
    kernel(VALUES, result, PARAMETERS, CURVE, MATRIX, 5)
    return result


def only_kernel(folder: Path) -> Path:
    (path,) = (path for path in folder.iterdir() if path.stem != pipelines._digest(pipelines._RUNTIME))
    return path


def refuse_to_compile(*arguments: object) -> None:
    raise AssertionError("it is on the disk, and compiled again")


def test_pipelines_from_the_disk_render_bit_by_bit_as_halides_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = rendered()
    with monkeypatch.context() as patch:
        patch.setattr(pipelines, "_compile", refuse_to_compile)
        np.testing.assert_array_equal(rendered(), compiled)
    monkeypatch.setattr(pipelines, "_folder", lambda: None)
    np.testing.assert_array_equal(rendered(), compiled)
    assert compiled.std() > 20


def test_a_process_that_finds_its_pipeline_on_the_disk_does_not_start_halide() -> None:
    program = """
import sys
import numpy as np
from editing.game.rules import Step
from editing.rendering.renderer import Renderer
picture = np.full((100, 100, 3), 0.25, dtype=np.float32)
picture = Renderer([Step("exposure", {"ev": 1.0})], engine="halide")(picture)
print(picture[50, 50], "halide" in sys.modules)
"""
    said = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True) for _ in range(2)]
    assert [(run.stdout, run.stderr) for run in said][1] == ("[0.5 0.5 0.5] False\n", "")


@pytest.mark.parametrize(
    "damage", ["changed", *(pytest.param(one, marks=pytest.mark.long) for one in ("cut", "emptied"))]
)
def test_a_damaged_file_is_made_anew(folder: Path, damage: str) -> None:
    expected = rendered()
    path = only_kernel(folder)
    whole = path.read_bytes()
    middle = len(whole) // 2
    changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes({"cut": whole[:middle], "emptied": b"", "changed": changed}[damage])
    np.testing.assert_array_equal(rendered(), expected)
    made_anew = path.read_bytes()
    assert hashlib.sha256(made_anew[32:]).digest() == made_anew[:32]


def test_another_processor_another_halide_and_another_source_compile_for_themselves(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, runtime = rendered(), pipelines._linked_runtime(folder)
    with monkeypatch.context() as patch:
        patch.setattr(pipelines, "_SOURCES", b"another source")
        np.testing.assert_array_equal(rendered(), expected)
    assert len(list(folder.iterdir())) == 3
    monkeypatch.setattr(pipelines, "_installation", lambda: b"another processor, or Halide")
    monkeypatch.setattr(pipelines, "_linked_runtime", lambda *_: runtime)
    np.testing.assert_array_equal(rendered(), expected)
    assert len(list(folder.iterdir())) == 4


@pytest.mark.long
def test_processes_that_compile_the_same_at_once_all_get_it(folder: Path) -> None:
    program = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_pipelines as t; "
    program += "import hashlib; print(hashlib.sha256(t.rendered()).hexdigest())"
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate() for process in running]
    assert said[0] == said[1]
    assert [errors for _, errors in said] == ["", ""]
    only_kernel(folder)


def no_space(path: Path, content: bytes) -> None:
    raise OSError("No space left on device")


@pytest.mark.parametrize(
    "hindrance",
    [
        "others may write there",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("a file in the folder's place", "a full disk")),
    ],
)
def test_where_nothing_can_be_kept_halide_compiles_for_the_process(
    folder: Path, hindrance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = rendered()
    only_kernel(folder).unlink()
    if hindrance == "a file in the folder's place":
        monkeypatch.setenv("SAFELIGHT_CACHE", __file__)
    elif hindrance == "others may write there":
        folder.chmod(0o777)
    else:
        monkeypatch.setattr(pipelines, "write_atomically", no_space)
    np.testing.assert_array_equal(rendered(), expected)
    assert len(list(folder.iterdir())) == 1


def test_a_wrong_argument_is_an_error_and_not_the_processs_end() -> None:
    shape = Shape(("exposure",), FLOAT32, False, False, False, FLOAT32, False, False)
    run = load_pipeline(repr(shape), partial(define, shape))
    too_few = np.zeros((BLOCK // 2, 3), dtype=np.float32)
    wrong: list[tuple[Any, str]] = [(too_few, "before the min"), (np.zeros((BLOCK, 3), np.uint8), "type")]
    for values, reason in wrong:
        with pytest.raises(RuntimeError, match=reason):
            run(values, c_float(1), c_uint32(0), np.zeros(values.shape, np.float32))


def test_the_oldest_files_are_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "FILES_KEPT", 3)
    for number in range(4):
        pipelines._kept(folder / f"{number}.o", lambda path: path.write_bytes(b"machine code") and None)
    assert sorted(path.name for path in folder.iterdir())[-3:] == ["1.o", "2.o", "3.o"]
