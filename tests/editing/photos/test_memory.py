"""What a photo takes in memory: estimates from its header, and what one on its side takes indeed."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from bench.photos import sideways
from editing.photos.memory import PROCESS, memory_needed

HEIGHT, WIDTH = 40, 60


def write_tiff(path: Path, orientation: int) -> Path:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    tifffile.imwrite(path, pixels, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    return path


def test_what_is_decoded_row_by_row_takes_a_process_and_what_is_turned_its_pixels_too(tmp_path: Path) -> None:
    assert memory_needed(write_tiff(tmp_path / "upright.tif", 1)) == PROCESS
    assert memory_needed(write_tiff(tmp_path / "lying.tif", 6)) == PROCESS + 1.5 * HEIGHT * WIDTH * 3 * 4
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "a.webp")
    assert memory_needed(tmp_path / "a.webp") == PROCESS + 1.5 * HEIGHT * WIDTH * 3


def test_a_raw_is_estimated_by_its_bytes_and_a_file_that_cannot_be_read_is_left_to_its_reader(tmp_path: Path) -> None:
    (tmp_path / "a.cr2").write_bytes(bytes(1000))
    assert memory_needed(tmp_path / "a.cr2") == PROCESS + 24_000
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    for name in ("a.jpg", "nowhere.nef", "nowhere.png"):
        assert memory_needed(tmp_path / name) == PROCESS


@pytest.mark.long
def test_a_picture_on_its_side_takes_at_most_one_and_a_half_of_itself(tmp_path: Path) -> None:
    (figure,) = sideways(tmp_path).values()
    assert figure.value <= 1.5
