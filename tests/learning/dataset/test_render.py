"""`safelight dataset render`: a figure, a sheet, an animation."""

from pathlib import Path

import pytest
from PIL import Image

from editing.trajectories.reading import open_snapshot
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import episode_id


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_an_animation_has_a_picture_for_each_event_that_changed_it(export: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"episode.{suffix}"
    # Start, twice a filter that is chosen and set, and the end.
    output = safelight_output("dataset", "render", export, episode_id("export", 0), "--animate", "-o", out)
    assert "6 pictures of 7 events" in output
    with Image.open(out) as picture:
        assert getattr(picture, "n_frames", 1) == 6
        assert picture.size == (400, 50)


def test_a_figure_and_a_sheet(export: Path, tmp_path: Path) -> None:
    safelight_output("dataset", "render", export, episode_id("export", 0), "-o", tmp_path / "figure.svg")
    assert b"<svg" in (tmp_path / "figure.svg").read_bytes()
    safelight_output("dataset", "render", export, "-o", tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height > 1000


def test_what_cannot_be_drawn_is_refused(export: Path, tmp_path: Path) -> None:
    for arguments, reason in (
        (["no-such-id", "-o", tmp_path / "a.png"], "there is no episode no-such-id"),
        (["no-such-id", "--animate", "-o", tmp_path / "a.gif"], "there is no episode no-such-id"),
        (["--animate", "-o", tmp_path / "a.gif"], "--animate needs EPISODE"),
        ([episode_id("export", 0), "-o", tmp_path / "a.jpeg"], ".svg"),
    ):
        result = safelight("dataset", "render", export, *arguments)
        assert result.exit_code, arguments
        assert reason in result.output
    assert list(tmp_path.glob("a.*")) == []
    assert open_snapshot(export).episodes.num_rows == 5
