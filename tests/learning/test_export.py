"""`safelight export`: what it writes and says, and what it refuses without writing."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editing.game.filters import FILTERS
from editing.game.rules import Step
from editing.rendering.cube import cube_slices
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from editing.trajectories.steps_file import StepsFile, write_steps
from learning.commands.steps_source import read_source
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, write

STEPS = (Step("exposure", {"ev": 1.5}), Step("gamma", {"gamma": 0.8}))


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    write_steps(tmp_path / "steps.json", StepsFile(STEPS))
    return tmp_path / "steps.json"


def figures(output: str) -> tuple[float, float]:
    found = re.search(r"largest ([\d.]+), mean ([\d.]+)", output)
    assert found
    return float(found[1]), float(found[2])


def test_a_cube_and_a_python_file(tmp_path: Path, steps: Path) -> None:
    cube, python = tmp_path / "a.cube", tmp_path / "a.py"
    output = safelight_output("export", "--steps", steps, "--cube", cube, "--size", 17, "--python", python)
    largest, mean = figures(output)
    assert 0 < mean < largest < 5
    assert "over a sample of 200,000 colours" in output
    values = np.loadtxt(cube.read_text().splitlines()[-(17**3) :])
    np.testing.assert_allclose(values, np.concatenate(list(cube_slices(STEPS, 17))).reshape(-1, 3), atol=1e-6)
    assert "def develop(image):" in python.read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"a.cube", "a.py", "steps.json"}


def test_the_error_over_a_photo(tmp_path: Path, steps: Path) -> None:
    np.save(tmp_path / "photo.npy", np.random.default_rng(0).random((40, 50, 3), dtype=np.float32) * 1.25)
    output = safelight_output(
        "export", "--steps", steps, "--cube", tmp_path / "a.cube", "--size", 33, tmp_path / "photo.npy"
    )
    assert "over 2,000 pixels of photo.npy" in output
    assert "a sample" not in output
    assert "% of these colours are beyond 1, where the table ends" in output


def test_the_error_over_a_part_of_a_photo_is_said_to_be_of_a_sample(tmp_path: Path, steps: Path) -> None:
    np.save(tmp_path / "photo.npy", np.random.default_rng(0).random((500, 600, 3), dtype=np.float32))
    output = safelight_output(
        "export", "--steps", steps, "--cube", tmp_path / "a.cube", "--size", 17, tmp_path / "photo.npy"
    )
    assert "over a sample of 200,000 of the 300,000 pixels of photo.npy; others may be further off" in output


def test_a_finer_cube_is_closer_and_the_saturation_filter_is_warned_of(tmp_path: Path) -> None:
    write_steps(tmp_path / "steps.json", StepsFile((*STEPS, Step("saturation", {"amount": 0.5}))))
    results = [
        safelight("export", "--steps", tmp_path / "steps.json", "--cube", tmp_path / "a.cube", "--size", size)
        for size in (17, 33)
    ]
    assert figures(results[0].output)[1] > figures(results[1].output)[1]
    assert all("Next to grey the saturation filter leaps" in result.output for result in results)


def test_an_episode_of_an_export(tmp_path: Path) -> None:
    play = write(tmp_path / "play", [Play("ann", "sea", (("exposure", {"ev": 1.5}), ("gamma", {"gamma": 0.8})))])
    episode = next(rows(read_snapshot(play).episodes))["id"]
    source = read_source(None, f"{play}:{episode}")
    assert source.steps_file.steps == STEPS
    assert source.steps_file.probabilities is None
    assert source.steps_file.about["player"] == "ann"
    assert source.preview is not None
    assert source.preview.is_file()
    safelight_output("export", "--episode", f"{play}:{episode}", "--python", tmp_path / "a.py")
    assert "ev = 1.5" in (tmp_path / "a.py").read_text()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("play:nobody", "there is no episode nobody"),
        ("play:OPEN", "was not submitted, so it has no steps"),
        ("play", "does not name an episode as EXPORT_DIR:ID"),
        (":x", "does not name an episode as EXPORT_DIR:ID"),
        ("none:x", "none is not a folder"),
    ],
)
def test_episodes_that_are_not_there_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, words: str
) -> None:
    play = write(tmp_path / "play", [Play("ann", "sea", (), {"status": "open"})])
    monkeypatch.chdir(tmp_path)
    named = given.replace("OPEN", next(rows(read_snapshot(play).episodes))["id"])
    result = safelight("export", "--episode", named, "--python", "a.py")
    assert result.exit_code == 1
    assert words in result.output
    assert not Path("a.py").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--steps steps.json", "nothing to write"),
        ("--python a.py", "give one of --steps FILE and --episode DIR:ID"),
        ("--steps steps.json --episode a:b --python a.py", "give one of --steps FILE and --episode DIR:ID"),
        ("--steps steps.json --cube a.txt", "a.txt must end in .cube"),
        ("--steps steps.json --python a.cube", "a.cube must end in .py"),
        ("--steps steps.json --cube none/a.cube", "there is no folder none"),
        ("--steps steps.json --cube folder.cube", "folder.cube is a folder"),
        ("--steps steps.json --cube a.cube --size 16", "16 is not in the range"),
        ("--steps steps.json --cube a.cube --size 130", "130 is not in the range"),
        ("--steps named.cube --cube named.cube", "named.cube is read by this command, and would be overwritten"),
        ("--steps steps.json --cube photo.cube ./photo.cube", "would be overwritten"),
        ("--steps none.json --cube a.cube", "none.json: no such file"),
        ("--steps other.json --cube a.cube", "made by version 2 of the filters; this is version 1"),
        ("--steps steps.json --cube a.cube none.cr2", "none.cr2: there is no such file"),
        ("--steps steps.json --cube a.cube steps.json", "it holds text, not a photo"),
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_written(
    tmp_path: Path, steps: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.cube").mkdir()
    Path("named.cube").write_bytes(steps.read_bytes())
    Path("other.json").write_text(json.dumps(json.loads(steps.read_text()) | {"contract_version": 2}))
    Image.new("RGB", (8, 8)).save("photo.cube", "png")
    before = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
    result = safelight("export", *arguments.split())
    assert result.exit_code in (1, 2)
    assert words in result.output
    assert result.output.count("Error: ") == 1
    assert {path: path.read_bytes() for path in Path().iterdir() if path.is_file()} == before


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, steps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.cube"
    # What is written into goes where nothing fits.
    monkeypatch.setattr("secrets.token_hex", lambda _: "draft")
    (tmp_path / ".a.cube.draft.unfinished").symlink_to("/dev/full")
    result = safelight("export", "--steps", steps, "--cube", target, "--size", 17)
    assert result.exit_code == 1
    assert "no space left on device" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["steps.json"]


def test_every_filter_can_be_exported(tmp_path: Path) -> None:
    photo = tmp_path / "photo.npy"
    np.save(photo, np.full((2, 3, 3), 0.25, np.float32))
    for slug, one in FILTERS.items():
        write_steps(tmp_path / "a.json", StepsFile((Step(slug, one.neutral),)))
        safelight_output("export", "--steps", tmp_path / "a.json", "--cube", tmp_path / "a.cube", "--size", 17, photo)
