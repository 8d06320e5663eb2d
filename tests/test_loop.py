"""The whole loop: photos in, robots play over HTTP, export, training, an agent's play, its import, the comparison."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from learning.robots.crowd import play_site
from tests.command_line import safelight_output
from webapp.games.models import Episode
from webapp.studies.models import DEFAULT, Study

pytestmark = pytest.mark.django_db(transaction=True)
Loop = Callable[..., Path]


@pytest.fixture
def loop(live_server: Any, settings: Any, tmp_path: Path) -> Loop:
    """Runs the loop and returns the folder with all that it leaves."""
    settings.DATA_DIR = tmp_path / "data"
    Study.objects.get_or_create(slug=DEFAULT, defaults={"title": "Open study", "state": "open"})

    def run(imports: list[list[str]], episodes: int, inputs: Path, targets: Path, training: list[object]) -> Path:
        for arguments in imports:
            call_command("import_photos", *arguments)
        play_site(live_server.url, episodes=episodes, seed=1)
        call_command("export_dataset", "-o", str(tmp_path / "export"))
        sets = ["--inputs", inputs, "--targets", targets, "--transfer", "linear"]
        safelight_output("train", *sets, "--out", tmp_path / "run", *training)
        safelight_output("play", "--agent", tmp_path / "run", tmp_path / "export", "-o", tmp_path / "play")
        call_command("import_trajectories", str(tmp_path / "play"))
        arguments = ["compare", tmp_path / "export", tmp_path / "play", "-o", tmp_path / "report"]
        safelight_output(*arguments, "--players", "robots,agents")
        return tmp_path

    return run


def assert_the_loop_is_closed(folder: Path, photos: int, episodes: int) -> None:
    exported, played = read_snapshot(folder / "export"), read_snapshot(folder / "play")
    kinds = {row["player_kind"] for row in rows(exported.episodes)}
    assert (exported.episodes.num_rows, kinds) == (episodes, {"robot"})
    assert (played.episodes.num_rows, played.steps.num_rows) == (photos, 5 * photos)
    # The agent's rows have come back into the site as they were written.
    imported = Episode.objects.filter(participant__kind="agent", status=Episode.Status.SUBMITTED)
    stored = {
        (str(one.pk), step.index): (step.filter, step.parameters)
        for one in imported.prefetch_related("steps")
        for step in one.steps.all()
    }
    assert stored == {
        (row["episode"], row["index"]): (row["filter"], pytest.approx(row["parameters"])) for row in rows(played.steps)
    }
    numbers = json.loads((folder / "report" / "comparison.json").read_text())
    (agent,) = numbers["players"]
    assert (numbers["people"]["episodes"], agent["episodes"], agent["photos"]) == (episodes, photos, photos)
    report = (folder / "report" / "report.html").read_text()
    assert report.count("data:image/") >= photos
    assert "agent:run" in report


@pytest.mark.usefixtures("without_plots")
def test_robots_play_an_agent_learns_and_the_two_are_compared(loop: Loop, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for seed in range(3):
        pixels = np.random.default_rng(seed).random((70, 90, 3), dtype=np.float32)
        np.save(photos / f"{seed}.npy", pixels * 0.2)
    sizes = ["--width", 1, "--hidden", 4, "--batch", 4, "--iterations", 1, "--picture-every", 0]
    folder = loop([[str(photos)]], 6, tmp_path / "export", photos, sizes)
    assert_the_loop_is_closed(folder, photos=3, episodes=6)


@pytest.mark.long
def test_the_loop_on_photos_of_the_2018_study_raw_files_and_film_frames(loop: Loop, shared: Path) -> None:
    data = shared / "data"
    linear = ["--transfer", "linear", "--primaries", "prophoto"]
    imports = [[str(data / "fivek_study"), *linear], [str(data / "raw")]]
    sizes = ["--width", 8, "--hidden", 32, "--batch", 32, "--iterations", 30]
    folder = loop(imports, 40, data / "sintel" / "inputs", data / "sintel" / "targets", sizes)
    assert_the_loop_is_closed(folder, photos=23, episodes=40)
