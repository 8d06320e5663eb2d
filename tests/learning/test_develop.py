"""``safelight develop``: finished pictures beside their steps; run again it goes on; one failure stops nobody else."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image

import bench.dng
from editing.game.rules import Step
from editing.photos.read_options import AUTO
from editing.rendering.developing import develop_file
from editing.rendering.writing import Output
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from editing.trajectories.steps_file import StepsFile, read_steps, write_steps
from learning.developing import Job, SameSteps, develop_all
from tests.command_line import safelight, safelight_output

STEPS = (Step("exposure", {"ev": 1.5}), Step("gamma", {"gamma": 0.8}))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(5)
    for name in ("one", "two"):
        values = (random.random((60, 80, 3)) ** 2 * 20_000).astype(np.uint16)
        pyvips.Image.new_from_array(values, interpretation="rgb16").tiffsave(str(folder / f"{name}.tif"))
    Image.fromarray(random.integers(0, 120, (40, 50, 3), dtype=np.uint8)).save(folder / "three.png")
    return folder


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("steps") / "look.json"
    write_steps(path, StepsFile(STEPS, about={"made_by": "a test"}))
    return path


def test_photos_become_pictures_each_with_its_steps_beside_it(photos: Path, steps: Path, tmp_path: Path) -> None:
    output = safelight_output("develop", photos, "--steps", steps, "-o", tmp_path / "out", "--format", "png16")
    assert "3 pictures made" in output
    names = {"one.png", "two.png", "three.png"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names | {f"{name}.safelight.json" for name in names}
    develop_file(photos / "one.tif", STEPS, tmp_path / "one.png", Output("png16"))
    assert (tmp_path / "out" / "one.png").read_bytes() == (tmp_path / "one.png").read_bytes()
    sidecar = read_steps(tmp_path / "out" / "one.png.safelight.json")
    assert sidecar.steps == STEPS
    assert sidecar.about["made_by"] == "a test"
    assert sidecar.about["picture"] == {"width": 80, "height": 60}
    assert sidecar.about["photo"]["name"] == "one.tif"


def test_a_sidecar_is_a_steps_file_for_other_photos(photos: Path, steps: Path, tmp_path: Path) -> None:
    safelight_output("develop", photos / "one.tif", "--steps", steps, "-o", tmp_path / "a")
    safelight_output(
        "develop", photos / "one.tif", "--steps", tmp_path / "a" / "one.jpg.safelight.json", "-o", tmp_path / "b"
    )
    assert (tmp_path / "a" / "one.jpg").read_bytes() == (tmp_path / "b" / "one.jpg").read_bytes()


def test_an_agent_decides_as_it_plays(photos: Path, tmp_path: Path) -> None:
    agent = ("--agent", "pretrained", "--samples", 2, "--seed", 4)
    safelight_output("develop", photos, *agent, "-o", tmp_path / "out")
    safelight_output("play", photos, *agent, "-o", tmp_path / "play")
    snapshot = read_snapshot(tmp_path / "play")
    names = {row["sha256"]: Path(row["name"]).stem for row in rows(snapshot.photos)}
    for episode in rows(snapshot.episodes):
        own = [row for row in rows(snapshot.steps) if row["episode"] == episode["id"]]
        picture = f"{names[episode['photo']]}-{episode['sample'] + 1}.jpg"
        sidecar = read_steps(tmp_path / "out" / f"{picture}.safelight.json")
        wanted = [Step(row["filter"], row["parameters"]) for row in sorted(own, key=lambda row: row["index"])]
        assert list(sidecar.steps) == wanted
        assert sidecar.probabilities is not None
        assert (tmp_path / "out" / picture).exists()


def test_what_is_there_already_stays_and_what_is_missing_is_made(photos: Path, steps: Path, tmp_path: Path) -> None:
    arguments = (photos, "--steps", steps, "-o", tmp_path / "out")
    safelight_output("develop", *arguments)
    before = (tmp_path / "out" / "one.jpg").stat().st_mtime_ns
    (tmp_path / "out" / "two.jpg").unlink()  # as if it had been stopped: the sidecar comes first
    (tmp_path / "out" / ".two.jpg.0a1b2c3d.unfinished").write_text("half")
    assert "1 pictures made" in (output := safelight_output("develop", *arguments))
    assert "2 were there already" in output
    assert (tmp_path / "out" / "one.jpg").stat().st_mtime_ns == before
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_a_picture_that_was_made_otherwise_is_not_overwritten(photos: Path, steps: Path, tmp_path: Path) -> None:
    safelight_output("develop", photos / "one.tif", "--steps", steps, "-o", tmp_path / "out")
    content = (tmp_path / "out" / "one.jpg").read_bytes()
    other = tmp_path / "other.json"
    write_steps(other, StepsFile(STEPS[:1]))
    for change in (("--steps", steps, "--quality", 50), ("--steps", other), ("--steps", steps, "--size", 20)):
        result = safelight("develop", photos / "one.tif", "-o", tmp_path / "out", *change)
        assert result.exit_code == 1
        assert "is there already, and was made otherwise" in result.output
    assert (tmp_path / "out" / "one.jpg").read_bytes() == content
    assert read_steps(tmp_path / "out" / "one.jpg.safelight.json").steps == STEPS


def test_one_photo_that_fails_is_named_and_does_not_stop_the_others(photos: Path, steps: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tif"
    cut.write_bytes((photos / "one.tif").read_bytes()[:9000])
    unknown = tmp_path / "unknown.cr2"
    unknown.write_bytes(bytes(range(256)) * 40)
    result = safelight("develop", cut, unknown, photos / "two.tif", "--steps", steps, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "Failed: cut.tif: " in result.output
    assert "Failed: unknown.cr2: " in result.output
    assert "Traceback" not in result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["two.jpg", "two.jpg.safelight.json"]


def test_two_photos_of_one_name_are_refused_before_anything_is_made(photos: Path, steps: Path, tmp_path: Path) -> None:
    other = tmp_path / "ONE.png"
    other.write_bytes((photos / "three.png").read_bytes())
    result = safelight("develop", photos / "one.tif", other, "--steps", steps, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "would both become" in result.output
    assert not (tmp_path / "out").exists()


def test_a_photo_is_never_overwritten(photos: Path, steps: Path, tmp_path: Path) -> None:
    photo = tmp_path / "three.png"
    photo.write_bytes((photos / "three.png").read_bytes())
    content = photo.read_bytes()
    for folder in (tmp_path, tmp_path / "a" / ".."):
        (tmp_path / "a").mkdir(exist_ok=True)
        result = safelight("develop", photo, "--steps", steps, "-o", folder, "--format", "png16")
        assert result.exit_code == 1
        assert "would overwrite the photo" in result.output
    assert photo.read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "one of --agent, --steps and --episode"),
        (("--agent", "pretrained", "--steps", "look.json"), "one of --agent, --steps and --episode"),
        (("--steps", "look.json", "--samples", 2), "--samples is for --agent"),
        (("--steps", "missing.json"), "missing.json: no such file"),
        (("--agent", "nobody"), "nobody"),
        (("--episode", "nowhere:1"), "nowhere"),
    ],
)
def test_wrong_usage_is_told_in_one_line(
    photos: Path, arguments: tuple[object, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_steps(Path("look.json"), StepsFile(STEPS))
    result = safelight("develop", photos, "-o", "out", *arguments)
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output
    assert not Path("out").exists()


def test_steps_of_another_version_are_refused(photos: Path, steps: Path, tmp_path: Path) -> None:
    document = json.loads(steps.read_text()) | {"contract_version": 99}
    (tmp_path / "old.json").write_text(json.dumps(document))
    result = safelight("develop", photos, "--steps", tmp_path / "old.json", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "version 99 of the filters" in result.output


def test_each_process_takes_its_share_of_the_photos(photos: Path, tmp_path: Path) -> None:
    jobs = [Job(photo, (tmp_path / f"{photo.stem}.jpg",)) for photo in sorted(photos.iterdir())]
    outcomes = list(develop_all(jobs, SameSteps(StepsFile(STEPS)), Output(), AUTO, 2))
    assert [outcome.made for outcome in outcomes] == [1, 1, 1]
    assert all(job.destinations[0].exists() for job in jobs)


def test_a_folder_within_the_photos_can_be_developed_into_again(photos: Path, steps: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "photos")
    command = ("develop", tmp_path / "photos", "--steps", steps, "-o", tmp_path / "photos" / "out")
    assert "3 pictures made" in safelight_output(*command)
    assert "0 pictures made" in (said := safelight_output(*command))
    assert "3 were there already" in said


def test_a_raw_and_its_jpeg_are_one_photo_and_the_jpeg_is_named_as_passed_over(steps: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "IMG_1.dng").write_bytes(bench.dng.dng(np.full((96, 128, 3), 0.3)))
    Image.new("RGB", (128, 96)).save(folder / "IMG_1.jpg")
    result = safelight("develop", folder, "--steps", steps, "-o", tmp_path / "out")
    assert "1 pictures made" in result.output
    assert "Passed over 1 JPEG beside a RAW of the same name." in result.output
    sidecar = json.loads((tmp_path / "out" / "IMG_1.jpg.safelight.json").read_text())
    assert sidecar["photo"]["name"] == "IMG_1.dng"


@pytest.mark.parametrize(("metadata", "kept"), [("safe", False), ("all", True), ("none", False)])
def test_what_metadata_says_of_owner_and_place_is_kept_or_not(
    steps: Path, tmp_path: Path, metadata: str, kept: bool
) -> None:
    exif = Image.Exif()
    exif[0x0110], exif[0x013B] = "Camera 5", "Owner Name"
    Image.new("RGB", (64, 48)).save(tmp_path / "a.jpg", exif=exif.tobytes())
    safelight_output("develop", tmp_path / "a.jpg", "--steps", steps, "-o", tmp_path / "out", "--metadata", metadata)
    content = (tmp_path / "out" / "a.jpg").read_bytes()
    assert (b"Owner Name" in content) == kept
    assert (b"Camera 5" in content) == (metadata != "none")


def test_names_of_230_bytes_work(steps: Path, tmp_path: Path) -> None:
    name = "n" * 226
    Image.new("RGB", (64, 48)).save(tmp_path / f"{name}.jpg")
    safelight_output("develop", tmp_path / f"{name}.jpg", "--steps", steps, "-o", tmp_path / "out")
    assert (tmp_path / "out" / f"{name}.jpg").exists()
