"""``safelight train``, and the crops that it trains on."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from editing.game.filters import luminance
from learning.agent.checkpoint import load_agent
from learning.configuration import Widths
from learning.photos.batches import NO_AUGMENTATION, Augmentation, CropSampler, blackbody
from learning.training.paper_recipe import PaperTrainer
from tests.command_line import safelight, safelight_output


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(5)
    for index in range(2):
        Image.fromarray(random.integers(0, 120, (90, 100, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    return folder


def options(photos: Path, out: Path, *more: object) -> list[object]:
    small = ["--recipe", "paper", "--width", 1, "--hidden", 2, "--batch", 8, "--iterations", 2]
    small += ["--picture-every", 0]
    return ["--inputs", photos, "--targets", photos, "--out", out, *small, *more]


@pytest.fixture(autouse=True)
def few_first_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.training.paper_recipe.FIRST_PASSES", 8)
    monkeypatch.setattr("learning.training.paper_recipe.CRITIC_UPDATES_AHEAD", 2)


def test_it_trains_and_saves_a_run_the_same_by_the_same_seed_and_features_may_be_stated(
    photos: Path, tmp_path: Path
) -> None:
    output = safelight_output("train", *options(photos, tmp_path / "run"))
    assert load_agent(tmp_path / "run").widths == Widths(1, 2)
    lines = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["iteration"] for line in lines] == [0, 1, 2]
    assert "3 of 3" in output
    assert len(list((tmp_path / "run").glob("events.out.tfevents.*"))) == 1
    safelight_output("train", *options(photos, tmp_path / "again", "--features", 128))
    assert load_agent(tmp_path / "again").sha256 == load_agent(tmp_path / "run").sha256


def test_features_that_do_not_follow_from_the_width_are_refused(photos: Path, tmp_path: Path) -> None:
    result = safelight("train", *options(photos, tmp_path / "run", "--features", 512))
    assert result.exit_code == 2
    assert "512 does not follow from --width 1" in result.output


def test_a_batch_larger_than_the_pool_is_refused(photos: Path, tmp_path: Path) -> None:
    result = safelight("train", *options(photos, tmp_path / "run", "--batch", 129))
    assert result.exit_code == 2
    assert "a batch of 129 is more than the pool's 128 records" in result.output


def test_a_batch_that_copies_do_not_divide_is_refused(photos: Path, tmp_path: Path) -> None:
    result = safelight("train", *options(photos, tmp_path / "run", "--recipe", "fast", "--batch", 6))
    assert result.exit_code == 2
    assert "a batch of 6 cannot be shared by photos of 4 games each" in result.output


def test_both_kinds_of_photos_must_be_named(photos: Path, tmp_path: Path) -> None:
    result = safelight("train", "--inputs", photos, "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert "Missing option '--targets'" in result.output


def test_an_occupied_folder_is_refused(photos: Path) -> None:
    result = safelight("train", *options(photos, photos))
    assert result.exit_code == 1
    assert "exists and is not empty" in result.output


def test_a_folder_without_photos_is_refused_and_nothing_written(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = safelight("train", *options(photos, tmp_path / "run"), "--targets", tmp_path / "empty")
    assert result.exit_code == 1
    assert f"no photos in {tmp_path / 'empty'}" in result.output
    assert not (tmp_path / "run").exists()


def test_an_unknown_device_is_refused(photos: Path, tmp_path: Path) -> None:
    result = safelight("train", *options(photos, tmp_path / "run", "--device", "abacus"))
    assert result.exit_code == 1
    assert "the device 'abacus' cannot be used" in result.output


def test_ctrl_c_keeps_the_last_checkpoint(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PaperTrainer, "_update_agent_and_value", interrupted)
    result = safelight("train", *options(photos, tmp_path / "run", "--save-every", 1))
    assert result.exit_code == 130
    assert "Stopped in iteration 1; --resume continues from its last checkpoint" in result.output
    assert load_agent(tmp_path / "run").about["iterations_done"] == 1


def test_a_training_that_diverges_says_so(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.training.paper_recipe.GRADIENT_PENALTY_SCALE", float("inf"))
    result = safelight("train", *options(photos, tmp_path / "run"))
    assert result.exit_code == 1
    assert "the training has diverged" in result.output
    (line,) = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["critic_loss"] is None


def drawn(photos: CropSampler, count: int, augmentation: Augmentation = NO_AUGMENTATION) -> Tensor:
    return photos.read(photos.draw(count, torch.Generator().manual_seed(0), augmentation))


def test_crops_are_windows_of_the_squares_half_of_them_flipped() -> None:
    # Every pixel tells where it is: red its row, green its column, blue its photo.
    rows, columns = np.meshgrid(np.arange(80), np.arange(80), indexing="ij")
    squares = [np.stack([rows, columns, np.full_like(rows, n)], axis=-1).astype(np.float32) for n in range(3)]
    photos = CropSampler(squares, torch.device("cpu"))
    crops = drawn(photos, 200)
    flipped = 0
    for red, green, blue in crops.numpy():
        assert np.unique(blue).size == 1
        assert (np.diff(red, axis=0) == 1).all()
        steps = np.unique(np.diff(green, axis=1)).tolist()
        assert steps in ([1.0], [-1.0])
        flipped += steps == [-1.0]
    assert 70 < flipped < 130
    assert set(crops[:, 0, 0, 0].tolist()) == set(map(float, range(17)))
    again = drawn(photos, 200)
    assert torch.equal(crops, again)


def test_photos_are_made_darker_lighter_and_tinted_within_bounds_each_by_its_own_gains() -> None:
    greys = CropSampler([np.full((80, 80, 3), 0.25, np.float32)], torch.device("cpu"))
    dark = drawn(greys, 500, Augmentation(exposure=1.0))[:, :, 0, 0]
    assert torch.equal(dark[:, 0], dark[:, 2])
    stops = torch.log2(dark[:, 0] / 0.25)
    assert float(stops.abs().max()) <= 1
    assert float(stops.min()) < -0.95
    assert float(stops.max()) > 0.95
    tinted = drawn(greys, 500, Augmentation(white_balance=0.2))[:, :, 0, 0]
    torch.testing.assert_close(luminance(tinted.unbind(dim=1)), torch.full((500,), 0.25))
    ratios = torch.log(tinted[:, 0] / tinted[:, 2])
    assert 0.3 < float(ratios.abs().max()) <= 0.4 + 1e-6


def test_no_augmentation_draws_nothing_and_leaves_the_crops() -> None:
    squares = [np.random.default_rng(0).random((80, 80, 3), dtype=np.float32)]
    photos = CropSampler(squares, torch.device("cpu"))
    first, second = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    crops, same = photos.draw(9, first), photos.draw(9, second, Augmentation(0.0, 0.0))
    assert torch.equal(photos.read(crops), photos.read(same))
    assert torch.equal(first.get_state(), second.get_state())


def test_augmentation_is_of_the_inputs_of_the_fast_recipe_and_is_recorded(photos: Path, tmp_path: Path) -> None:
    fast = ["--recipe", "fast", "--iterations", 1, "--augment-exposure", 0.5, "--augment-white-balance", 0.1]
    assert safelight("train", *options(photos, tmp_path / "run", *fast)).exit_code == 0
    training = json.loads((tmp_path / "run" / "config.json").read_text())["training"]
    assert (training["augment_exposure"], training["augment_white_balance"]) == (0.5, 0.1)
    refused = safelight("train", *options(photos, tmp_path / "other", "--augment-exposure", 0.5))
    assert refused.exit_code == 2
    assert "--augment-exposure is for --recipe fast alone" in refused.output


def test_light_of_other_temperatures_keeps_the_luminance_of_greys_and_daylight_is_white() -> None:
    generator = torch.Generator().manual_seed(0)
    gains = Augmentation(temperature=1500.0).draw(200, generator)
    assert gains is not None
    light = luminance((gains[:, 0], gains[:, 1], gains[:, 2]))
    torch.testing.assert_close(light, torch.ones(200))
    warmth = gains[:, 0] / gains[:, 2]
    assert 0.6 < float(warmth.min()) < 0.8 < 1.3 < float(warmth.max()) < 1.7
    # The sRGB primaries' white is daylight of 6,504 K, a little greener than a black body.
    torch.testing.assert_close(blackbody(torch.tensor([6504.0])), torch.ones(1, 3), atol=0.08, rtol=0)
    red, _, blue = blackbody(torch.tensor([2850.0]))[0].tolist()
    assert red > 1.5 > 0.5 > blue


def test_more_kelvins_than_light_has_are_refused() -> None:
    with pytest.raises(ValueError, match=r"4001 kelvins is not in 0 \.\. 4000"):
        Augmentation(temperature=4001)
