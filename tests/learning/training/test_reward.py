"""A training that raises what people prefer beside its own critic's judgement."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from learning.agent.checkpoint import CRITIC, LAST, PREFERENCES, begin_run, save_checkpoint
from learning.agent.networks import initialise
from learning.agent.preference_critic import PreferenceCritic
from learning.agent.training_data import TRAINED_ON, TrainingData
from learning.configuration import FastConfig, Widths
from learning.environments.rewards import CriticReward
from learning.training.fast_recipe import FastTrainer
from learning.training.potentials import Potential
from tests.command_line import safelight, safelight_output
from tests.learning.training.test_fast_recipe import CPU, SMALL, photos


def brightness(images: Tensor) -> Tensor:
    return images.clamp(0, 1).flatten(1).mean(dim=1)


@pytest.mark.parametrize(("step_baseline", "steps"), [(False, 2), pytest.param(True, 5, marks=pytest.mark.long)])
def test_what_is_rewarded_rises(step_baseline: bool, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.training.fast_recipe.MAXIMUM_STEPS", steps)
    config = FastConfig(
        SMALL,
        batch=8,
        iterations=7,
        seed=1,
        agent_rate=2e-2,
        critic_updates=1,
        fake_buffer_batches=1,
        reward_weight=20,
        step_baseline=step_baseline,
    )
    trainer = FastTrainer(config, photos(0, 0.3), photos(1, 1.0), CPU, reward=brightness)
    rewards = [trainer.iterate()["reward"] for _ in range(config.iterations)]
    assert np.mean(rewards[-2:]) > np.mean(rewards[:2]) + 0.3


@pytest.fixture
def preferred(tmp_path: Path) -> Path:
    """The critic of a run of safelight prefer, and a folder of photos beside it."""
    critic = initialise(PreferenceCritic(Widths(1, 4)), torch.Generator().manual_seed(1))
    trained_on = TrainingData.of(["0" * 64], ["somebody"]).to_json()
    folder = tmp_path / "preferred" / CRITIC
    begin_run(folder, Widths(1, 4), {"recipe": PREFERENCES, TRAINED_ON: trained_on})
    save_checkpoint(folder / LAST, {f"critic/weights/{k}": v for k, v in critic.state_dict().items()}, {})
    (tmp_path / "photos").mkdir()
    random = np.random.default_rng(5)
    for index in range(2):
        picture = Image.fromarray(random.integers(0, 120, (90, 100, 3), dtype=np.uint8))
        picture.save(tmp_path / "photos" / f"{index}.png")
    return tmp_path / "preferred"


def options(run: Path, out: Path, *more: object) -> list[object]:
    folder = run.parent / "photos"
    small = ["--width", 1, "--hidden", 2, "--batch", 8, "--iterations", 1, "--picture-every", 0, "--save-every", 1]
    return ["--inputs", folder, "--targets", folder, "--out", out, *small, *more]


def test_it_is_the_reward_of_the_environments(preferred: Path) -> None:
    before, after = torch.rand(2, 3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    potential = Potential(preferred, "cpu")
    steps = CriticReward(preferred, 3, "cpu").step(np.arange(3), before, after)
    torch.testing.assert_close(steps, potential(after) - potential(before))


def test_the_command_records_the_reward_and_goes_on_with_it(preferred: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    safelight_output("train", *options(preferred, out, "--reward", preferred, "--reward-weight", 5))
    config = json.loads((out / "config.json").read_text())
    assert config["training"]["reward_weight"] == 5
    trained_on = TrainingData.from_json(config[TRAINED_ON])
    assert trained_on is not None
    assert trained_on.seen_players(["somebody", "else"]) == {"somebody"}
    assert "reward" in json.loads((out / "log.jsonl").read_text().splitlines()[0])
    safelight_output("train", "--out", out, "--resume")
    critic = initialise(PreferenceCritic(Widths(1, 4)), torch.Generator().manual_seed(2))
    weights = {f"critic/weights/{k}": v for k, v in critic.state_dict().items()}
    save_checkpoint(preferred / CRITIC / LAST, weights, {})
    refused = safelight("train", "--out", out, "--resume")
    assert "is not the reward that the run" in refused.output


def test_a_reward_that_cannot_be_used_is_refused(preferred: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    refused = safelight("train", *options(preferred, out, "--reward-weight", 2))
    assert "--reward-weight needs --reward" in refused.output
    refused = safelight("train", *options(preferred, out, "--reward", preferred, "--recipe", "paper"))
    assert "--reward is for --recipe fast alone" in refused.output
    refused = safelight("train", *options(preferred, out, "--reward", preferred.parent / "photos"))
    assert "is not a run of safelight train" in refused.output
    assert not out.exists()
