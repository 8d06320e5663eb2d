"""What comes out, against a set of finished pictures."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from learning.comparison.sides import choose_players, read_side
from learning.comparison.target_set import intersections
from learning.metrics.histogram_intersection import crop_statistics, intersection
from learning.photos.sets import Decoding, list_results, read_picture
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, picture, write

PHOTOS = [f"photo{index}" for index in range(6)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The play and the targets."""
    folder = tmp_path_factory.mktemp("targets")
    export(folder)
    finished(folder / "finished")
    return folder


def export(folder: Path) -> None:
    """Five people who brighten, and an agent that leaves the photos dark."""
    pictures = {name: picture(name, 100, 150) for name in PHOTOS}
    people = [Play(f"p{n}", name, (("exposure", {"ev": 1.5 + 0.1 * n}),)) for n in range(5) for name in PHOTOS]
    agent = [Play("agent:a", name, (("exposure", {"ev": -1.0}),)) for name in PHOTOS]
    write(folder / "export", [*people, *agent], pictures)


def finished(folder: Path) -> None:
    """The photos as the third of these people has made them, as files."""
    folder.mkdir()
    for name in PHOTOS:
        shown = np.clip(picture(name, 100, 150).astype(np.float32) * 2**1.7, 0, 1)
        Image.fromarray(np.round(shown * 255).astype(np.uint8)).save(folder / f"{name}.png")


def test_who_makes_the_targets_shares_more_with_them_and_the_values_are_those_of_measure(folder: Path) -> None:
    people, others = choose_players(read_side(folder / "export", "export"))
    found = intersections(people, others, folder / "finished", 0)
    assert (found["pictures"], found["photos"], list(found["players"])) == (6, 6, ["People", "a", "untouched"])
    own, agent = found["players"]["People"]["mean"], found["players"]["a"]["mean"]
    assert own["value"] > 70 > 40 > agent["value"]
    assert own["low"] <= own["value"] <= own["high"]
    targets, made = (
        [crop_statistics(read_picture(p, Decoding(shown=True)), p.name, 0) for p in list_results(folder / where)]
        for where in ("finished", "export")
    )
    # Of everybody's, by `safelight measure`: between the two sides', of which people's are five in six.
    assert intersection(made, targets).mean == pytest.approx(5 / 6 * own["value"] + agent["value"] / 6, abs=8)


@pytest.mark.long
@pytest.mark.usefixtures("without_plots")
def test_the_report_and_the_tables_have_them(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    safelight_output("compare", folder / "export", "-o", out, "--targets", folder / "finished")
    figures = json.loads((out / "comparison.json").read_text(encoding="utf-8"))["targets"]["players"]
    assert "6 pictures of “finished”" in (out / "report.html").read_text(encoding="utf-8")
    with (out / "targets.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["player"]: row for row in csv.DictReader(file)}
    assert float(rows["a"]["luminance"]) == figures["a"]["luminance"]["value"]
    assert r"untouched & " in (out / "targets.tex").read_text(encoding="utf-8")


def test_a_folder_without_pictures_is_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, reason in (("empty", "no photos in"), ("missing", "missing")):
        result = safelight("compare", folder / "export", "-o", tmp_path / "out", "--targets", tmp_path / name)
        assert result.exit_code == 1
        assert reason in result.output.strip().splitlines()[-1]
    assert not (tmp_path / "out").exists()
