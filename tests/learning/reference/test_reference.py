"""``safelight check-reference``: the golden step by the trainer's own code, and files that are not such."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from learning.reference.check import TOLERANCE, compare_with_reference, read_reference
from learning.reference.filters import grey_images
from tests.command_line import safelight

Arrays = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def golden(reference_step: Path) -> Arrays:
    return read_reference(reference_step)


def test_golden_step_is_met_key_by_key(golden: Arrays) -> None:
    differences = {one.key: one for one in compare_with_reference(golden)}
    computed = {key for key in golden if key.startswith(("step/", "grad_")) or key.endswith(("param", "output"))}
    assert computed <= set(differences)
    assert [one.key for one in differences.values() if one.value is None] == [
        "filters/SaturationPlusFilter/dmean_dimage"
    ]
    for one in differences.values():
        assert one.value is None or one.value < TOLERANCE / 10, one


def test_command_ends_with_one_line_of_summary(golden: Arrays, tmp_path: Path) -> None:
    np.savez(tmp_path / "golden.npz", **golden)
    result = safelight("check-reference", tmp_path / "golden.npz")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert sum(line.startswith(("filters/", "step/", "grad_")) for line in lines) == len(lines) - 1
    assert lines[-1].startswith("127 keys compared, all within 0.001; the largest difference is ")
    assert "image 6, exact greys" in result.output


@pytest.mark.parametrize(
    "key", ["step/penalty", "grad_c/critic/Conv_1/weights", "grad_g/generator/filter_0/fc1/biases"]
)
def test_a_key_that_differs_fails(golden: Arrays, tmp_path: Path, key: str) -> None:
    np.savez(tmp_path / "other.npz", **(golden | {key: golden[key] + np.float32(0.01)}))
    result = safelight("check-reference", tmp_path / "other.npz")
    assert result.exit_code == 1
    assert "127 keys compared, 1 of them above 0.001" in result.output.splitlines()[-1]
    assert key in result.output.splitlines()[-1]


def test_another_batch_with_the_largest_p_chosen_is_compared_too(golden: Arrays) -> None:
    inputs = {key: golden[key][1:3] for key in ("input/fake_input", "input/real_data", "input/states", "input/z")}
    other = golden | inputs | {"input/is_train": np.zeros((), np.float32)}
    outputs = {key: golden[key][1:3] for key in golden if key.startswith("step/") and golden[key].shape[:1] == (4,)}
    found = {one.key: one.value for one in compare_with_reference(other | outputs)}
    assert found["step/test_output"] == pytest.approx(0, abs=1e-4)
    assert found["step/real_logit"] == pytest.approx(0, abs=1e-4)
    # By the largest p, one of the two images gets another filter than in the file: a difference of 1, the largest is 4.
    assert found["step/new_states"] == 0.25


def test_grey_images_are_those_with_exact_greys_between_black_and_white() -> None:
    images = np.zeros((4, 2, 2, 3), np.float32)
    images[1] = 1
    images[2, 0, 0] = 0.5
    images[3, 0, 0] = (0.5, 0.5, 0.4)
    assert grey_images(images).tolist() == [False, False, True, False]


@pytest.mark.parametrize("key", ["filters/image", "weights/critic/Conv/biases", "input/z", "step/g_loss"])
def test_a_missing_key_is_named_in_one_line(golden: Arrays, tmp_path: Path, key: str) -> None:
    np.savez(tmp_path / "less.npz", **{name: value for name, value in golden.items() if name != key})
    result = safelight("check-reference", tmp_path / "less.npz")
    assert result.exit_code == 1
    assert result.output == f"Error: not a file of the reference's form: it has no key '{key}'\n"


def test_weights_that_do_not_fit_are_refused_in_one_line(golden: Arrays, tmp_path: Path) -> None:
    key = "weights/critic/fully_connected/weights"
    np.savez(tmp_path / "wide.npz", **(golden | {key: golden[key][:, :3]}))
    result = safelight("check-reference", tmp_path / "wide.npz")
    assert result.exit_code == 1
    assert "do not fit each other" in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("content", [None, b"", b"text", b"PK\x03\x04 cut"])
def test_a_file_that_is_no_npz_is_refused_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "reference.npz"
    if content is not None:
        path.write_bytes(content)
    result = safelight("check-reference", path)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {path}: ")
    assert result.output.count("\n") == 1


def test_a_single_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros(3))
    assert "one array, not an .npz" in safelight("check-reference", tmp_path / "array.npy").output
