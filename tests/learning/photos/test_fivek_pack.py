"""The 2018 program's FiveK pack, its folds and its experts' pictures: what is loaded of them, and what is refused."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from editing.photos.colour import SRGB_FROM_PROPHOTO
from learning.photos.fivek_pack import find_pack, of_fold, read_fold, read_pack
from learning.photos.sets import Decoding, PhotoSetError, list_photos, read_picture, training_square
from tests.command_line import safelight_output
from tests.documentation.pages import blocks


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Six photos in the layout of the 2018 program: the red of photo n is n / 10, and 0.01 k more in its square k."""
    folder = tmp_path / "sup_batched80aug_daylight"
    folder.mkdir()
    values = np.random.default_rng(0).random((24, 80, 80, 3), dtype=np.float32) * 0.05
    values[..., 0] = (0.1 * (np.arange(24) // 4 + 1) + 0.01 * (np.arange(24) % 4))[:, None, None]
    np.save(folder / "image_raw.npy", values)
    (folder / "meta_raw.pkl").write_bytes(b"names of files, which are not needed")
    return folder


@pytest.fixture
def fold(tmp_path: Path) -> Path:
    path = tmp_path / "FiveK_train_first2k.txt"
    path.write_text("# Note: this list is 1-based, i.e. ids are among [1, 5000]\n5\n2\n")
    return path


def reds(pixels: NDArray[np.float32]) -> list[float]:
    return np.round(pixels[:, 0, 0, 0].astype(float), 3).tolist()


def test_a_pack_has_four_squares_of_each_photo_and_a_fold_chooses_photos_from_1_on(pack: Path, fold: Path) -> None:
    path = find_pack(pack)
    assert path == find_pack(pack / "image_raw.npy") == pack / "image_raw.npy"
    whole = read_pack(path, None, "srgb").squares
    assert (whole.photos, len(whole)) == (6, 24)
    chosen = read_pack(path, fold, "srgb").squares
    assert reds(chosen[np.arange(8)]) == [0.2, 0.21, 0.22, 0.23, 0.5, 0.51, 0.52, 0.53]


def test_its_colours_are_taken_from_prophoto_to_the_working_space(pack: Path) -> None:
    path = pack / "image_raw.npy"
    raw = np.load(path)
    for primaries in ("auto", "prophoto"):
        found = read_pack(path, None, primaries).squares[np.array([3])][0]
        expected = np.maximum(raw[3].astype(np.float64) @ SRGB_FROM_PROPHOTO.T, 0)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(read_pack(path, None, "srgb").squares[np.array([3])][0], raw[3])


def test_a_digest_is_of_the_photos_that_are_used(pack: Path, fold: Path) -> None:
    path = pack / "image_raw.npy"
    before = read_pack(path, fold, "auto").digest
    values = np.load(path)
    values[0] += 0.5
    np.save(path, values)
    assert read_pack(path, fold, "auto").digest == before
    values[4] += 0.5
    np.save(path, values)
    assert read_pack(path, fold, "auto").digest != before


def test_folders_and_photos_that_are_arrays_are_no_packs(tmp_path: Path) -> None:
    np.save(tmp_path / "photo.npy", np.zeros((90, 90, 3), np.float32))
    for location in (tmp_path, tmp_path / "photo.npy", tmp_path / "nothing"):
        assert find_pack(location) is None


@pytest.mark.parametrize(
    ("shape", "kind", "reason"),
    [
        ((8, 64, 64, 3), np.float32, "is 8 x 64 x 64 x 3 float32; a pack is N x 80 x 80 x 3 float32"),
        ((8, 80, 80, 3), np.uint8, "is 8 x 80 x 80 x 3 uint8; a pack"),
        ((6, 80, 80, 3), np.float32, "is 6 x 80 x 80 x 3: a pack has 4 squares of each photo"),
        ((0, 80, 80, 3), np.float32, "is 0 x 80 x 80 x 3: a pack has 4 squares of each photo"),
    ],
)
def test_an_array_that_is_no_pack_is_refused(tmp_path: Path, shape: tuple[int, ...], kind: type, reason: str) -> None:
    np.save(tmp_path / "image_raw.npy", np.zeros(shape, kind))
    with pytest.raises(PhotoSetError, match=reason):
        read_pack(tmp_path / "image_raw.npy", None, "auto")


@pytest.mark.parametrize("kept", [0, 40, 5000])
def test_a_pack_that_is_cut_short_is_refused(pack: Path, kept: int) -> None:
    path = pack / "image_raw.npy"
    path.write_bytes(path.read_bytes()[:kept])
    assert find_pack(pack) == path
    with pytest.raises(PhotoSetError, match="not a readable NumPy array: damaged, or cut short"):
        read_pack(path, None, "auto")


def test_values_that_are_not_finite_are_refused(pack: Path) -> None:
    values = np.load(pack / "image_raw.npy")
    values[17, 2, 3, 1] = np.nan
    np.save(pack / "image_raw.npy", values)
    with pytest.raises(PhotoSetError, match="values that are not finite"):
        read_pack(pack / "image_raw.npy", None, "auto")


def test_a_number_that_the_pack_does_not_have_is_refused(pack: Path, fold: Path) -> None:
    fold.write_text("2\n7\n")
    with pytest.raises(PhotoSetError, match=r"photo 7 is not in .*image_raw\.npy, which has 6"):
        read_pack(pack / "image_raw.npy", fold, "auto")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"1\nIMG_2.jpg\n", "line 2: 'IMG_2.jpg' is not the number of a photo"),
        (b"0\n", "line 1: '0' is not the number of a photo, 1 or more"),
        (b"# nothing\n\n", "holds no photo numbers"),
        (b"\xff\xfe\x00", "is not a text file of photo numbers"),
    ],
)
def test_a_fold_that_is_none_is_refused(fold: Path, content: bytes, reason: str) -> None:
    fold.write_bytes(content)
    with pytest.raises(PhotoSetError, match=re.escape(reason)):
        read_fold(fold)


def test_a_fold_chooses_from_a_folder_by_the_numbers_that_names_begin_with(tmp_path: Path, fold: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a0005-jmac_DSC1459.png", "0002.png", "0003-a0003-x.png", "00021.png"):
        Image.new("RGB", (4, 4)).save(folder / name)
    pictures, left_out = of_fold(list_photos(folder), fold)
    assert [picture.name for picture in pictures] == ["0002.png", "a0005-jmac_DSC1459.png"]
    assert left_out == ()
    fold.write_text("2\n9\n10\n")
    assert of_fold(list_photos(folder), fold)[1] == (f"2 numbers of {fold} that are not there (9, 10)",)
    fold.write_text("9\n")
    with pytest.raises(PhotoSetError, match=r"none of the 1 photos of .* is there; names begin as 0001 or a0001"):
        of_fold(list_photos(folder), fold)


def test_it_trains_on_a_pack_and_an_experts_pictures_by_their_folds(pack: Path, fold: Path, tmp_path: Path) -> None:
    experts, second = tmp_path / "FiveK_C", tmp_path / "FiveK_train_second2k.txt"
    experts.mkdir()
    for number in range(1, 7):
        pixels = np.random.default_rng(number).integers(0, 255, (60, 90, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(experts / f"{number:04}.jpg")
    second.write_text("1\n3\n")
    sets = ["--inputs", pack, "--inputs-fold", fold, "--targets", experts, "--targets-fold", second]
    small = ["--width", 1, "--hidden", 2, "--batch", 4, "--iterations", 1, "--device", "cpu"]
    small += ["--picture-every", 0]
    arguments = ["train", *sets, *small, "--out", tmp_path / "run"]
    output = safelight_output(*arguments)
    assert f"{pack}: 2 pictures" in output
    assert f"{experts}: 2 pictures" in output
    settings = json.loads((tmp_path / "run" / "config.json").read_text())["settings"]
    assert (settings["inputs_fold"], settings["targets_fold"]) == (str(fold), str(second))


@pytest.mark.long
def test_the_program_in_the_guide_makes_a_pack_of_raw_files(root: Path, shared: Path, tmp_path: Path) -> None:
    (program,) = blocks("docs/own-photos.md", "python")
    (tmp_path / "program.py").write_text(program.text)
    pack, photos = tmp_path / "image_raw.npy", tmp_path / "photos"
    photos.mkdir()
    for name in ("dc120_p003908.kdc", "s40_0119.crw"):
        (photos / name).symlink_to(shared / "data" / "raw" / name)
    command = [sys.executable, tmp_path / "program.py", photos, pack]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(root)})
    found = read_pack(pack, None, "auto").squares
    assert found.photos == 2
    # Alike, to a white balance, is what training makes of the files themselves.
    for photo, picture in enumerate(list_photos(photos)):
        plain = training_square(read_picture(picture, Decoding()), picture.name).astype(np.float32)
        brightness = [float(np.log2(one.mean())) for one in (found[np.array([4 * photo])], plain)]
        assert brightness[0] == pytest.approx(brightness[1], abs=1)
