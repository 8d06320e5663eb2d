"""What people prefer: a reward of pictures, and by direct preference optimisation a policy that does it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from learning.agent.checkpoint import BEST, CRITIC, LAST, begin_run, load_agent, load_people_model
from learning.agent.people_model import PeopleModel
from learning.agent.training_data import TrainingData
from learning.environments.rewards import CriticReward
from learning.imitation.preferences import read_preferences
from learning.imitation.preferring import (
    PolicyTrainer,
    PreferenceConfig,
    RewardTrainer,
    dpo_loss,
    split_pairs,
)
from learning.imitation.running import run
from tests.command_line import safelight, safelight_output
from tests.learning.imitation.synthetic import SMALL, begun_model, synthetic_export
from tests.learning.snapshots import Play, write

SETTINGS = ("--players", "robots", "--iterations", 4, "--reward-iterations", 4)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An export of synthetic people, and a model of them."""
    folder = tmp_path_factory.mktemp("preferences")
    export = synthetic_export(folder / "export", 12, 6, 10)
    return export, begun_model(folder / "people", export)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found directly is found roughly: the promise does not hang on how well."""
    monkeypatch.setattr("learning.imitation.regressions.MOST_STEPS", 3)


@pytest.fixture
def preferred(learned: tuple[Path, Path], few_steps: None, tmp_path: Path) -> tuple[Path, str]:
    """What the command has made, and what it said."""
    export, people = learned
    out = tmp_path / "preferred"
    return out, safelight_output("prefer", export, "--agent", people, "-o", out, *SETTINGS)


def test_the_loss_is_that_of_the_paper() -> None:
    generator = torch.Generator().manual_seed(0)
    kept, rejected, kept_before, rejected_before = torch.randn(4, 9, generator=generator)
    loss = dpo_loss((kept, rejected), (kept_before, rejected_before), 0.3)
    expected = -logsigmoid(0.3 * (kept - kept_before) - 0.3 * (rejected - rejected_before))
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(dpo_loss((kept, rejected), (kept, rejected), 0.3), torch.full((9,), np.log(2)).float())


def test_no_pair_that_is_held_out_shares_its_person_or_photo_with_what_is_learned(learned: tuple[Path, Path]) -> None:
    split = split_pairs(read_preferences(learned[0], "robot"), 0)
    assert split.trained
    photos = [{pair.photo for pair in part} for part in (split.trained, split.validation, split.held_out)]
    assert not photos[0] & photos[1]
    assert not (photos[0] | photos[1]) & photos[2]


def test_what_the_model_of_people_had_held_out_is_held_out_of_the_pairs(learned: tuple[Path, Path]) -> None:
    preferences = read_preferences(learned[0], "robot")
    people, photos = ({getattr(pair, name) for pair in preferences.pairs} for name in ("player", "photo"))
    others, unseen = set(sorted(people)[:4]), set(sorted(photos)[:3])
    seen = TrainingData.of(photos - unseen, people - others)
    for seed in range(3):
        split = split_pairs(preferences, seed, seen)
        for pair in (*split.trained, *split.validation):
            assert pair.player not in others
            assert pair.photo not in unseen
        assert split.held_out
        assert {pair.photo for pair in split.held_out} <= unseen
    # Pairs of play that the model has not seen at all are split by chance.
    assert split_pairs(preferences, 0, TrainingData.of(["0" * 64], ["nobody"])) == split_pairs(preferences, 0)


def test_a_policy_begins_where_what_was_kept_is_likelier_and_leaves_the_reference_as_it_is(
    learned: tuple[Path, Path], few_steps: None
) -> None:
    preferences = read_preferences(learned[0], "robot")
    model, checkpoint = load_people_model(learned[1])
    reference = {name: value.clone() for name, value in model.state_dict().items()}
    config = PreferenceConfig(width=1, batch=16, iterations=1)
    policy = PolicyTrainer(config, model, checkpoint.widths, split_pairs(preferences, 0), preferences)
    assert policy.iterate()["loss"] < np.log(2)
    assert all(torch.equal(value, reference[name]) for name, value in model.state_dict().items())


@pytest.mark.long
def test_both_learn_what_they_are_shown(learned: tuple[Path, Path]) -> None:
    preferences = read_preferences(learned[0], "robot")
    split = split_pairs(preferences, 0)
    config = PreferenceConfig(width=2, batch=16, reward_iterations=30, iterations=12)
    reward = RewardTrainer(config, split, preferences)
    losses = [reward.iterate()["loss"] for _ in range(30)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    checkpoint = load_agent(learned[1])
    assert isinstance(checkpoint.agent, PeopleModel)
    reference = {name: value.clone() for name, value in checkpoint.agent.state_dict().items()}
    policy = PolicyTrainer(config, checkpoint.agent, checkpoint.widths, split, preferences)
    began = np.mean([policy.iterate()["loss"] for _ in range(12)])
    # The regressions have moved already, where they say anything; the reference has not.
    assert began < np.log(2) - 0.01
    before, slopes = reference["slopes_exposure"], policy.model.slopes_exposure
    assert not torch.equal(slopes, before)
    assert torch.equal(slopes[:-1] != 0, before[:-1] != 0)
    assert all(torch.equal(value, reference[name]) for name, value in checkpoint.agent.state_dict().items())


@pytest.mark.long
def test_a_policy_that_was_stopped_goes_on_to_the_same_bits(
    learned: tuple[Path, Path], tmp_path: Path, few_steps: None
) -> None:
    preferences = read_preferences(learned[0], "robot")
    split = split_pairs(preferences, 0)
    config = PreferenceConfig(width=1, batch=8, iterations=4, reward_iterations=4)
    for name, stops in (("whole", [None]), ("stopped", [2, None])):
        for stop_after in stops:
            checkpoint = load_agent(learned[1])
            assert isinstance(checkpoint.agent, PeopleModel)
            policy = PolicyTrainer(config, checkpoint.agent, checkpoint.widths, split, preferences)
            reward = RewardTrainer(config, split, preferences)
            for part, trainer, widths in (
                ("policy", policy, checkpoint.widths),
                ("reward", reward, config.reward_widths),
            ):
                if not (tmp_path / name / part).exists():
                    begin_run(tmp_path / name / part, widths, {})
                run(tmp_path / name / part, trainer, lambda _: None, 2, stop_after=stop_after)
    for part in ("policy", "reward"):
        for file in (LAST, BEST):
            whole, stopped = (tmp_path / name / part / file for name in ("whole", "stopped"))
            assert whole.read_bytes() == stopped.read_bytes()


@pytest.mark.long
def test_the_command_gives_a_reward_and_an_agent(
    learned: tuple[Path, Path], preferred: tuple[Path, str], tmp_path: Path
) -> None:
    export, people = learned
    out, output = preferred
    judged = json.loads((out / "preferences.json").read_text())
    assert judged["learned_from"] > 0
    assert "The reward agrees with" in output
    safelight_output("prefer", export, "--agent", people, "-o", out, "--resume", *SETTINGS)
    safelight_output("play", export, "--agent", out, "-o", tmp_path / "play")
    reward = CriticReward(out, 2, "cpu")
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert reward.step(np.arange(2), pictures, pictures).tolist() == pytest.approx([0, 0], abs=1e-6)
    assert (out / CRITIC / "config.json").exists()


def test_a_run_goes_on_with_its_own_settings_and_pairs_alone(learned: tuple[Path, Path], tmp_path: Path) -> None:
    export, people = learned
    begun = PreferenceConfig(iterations=4, reward_iterations=4, players="robots").to_json()
    begin_run(tmp_path / "run", SMALL, {"preferences": begun, "pairs": "of another version"})
    resume = ("prefer", export, "--agent", people, "-o", tmp_path / "run", "--resume", *SETTINGS)
    for more, what in (((), "pairs"), (("--beta", 0.5), "preferences")):
        refused = safelight(*resume, *more)
        assert refused.exit_code == 1
        assert f"was begun with other {what}" in refused.output


@pytest.mark.long
def test_a_version_that_splits_pairs_otherwise_does_not_go_on_with_a_run(
    learned: tuple[Path, Path], preferred: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    export, people = learned
    monkeypatch.setattr("learning.imitation.preferring.VALIDATION", 0.4)
    refused = safelight("prefer", export, "--agent", people, "-o", preferred[0], "--resume", *SETTINGS)
    assert refused.exit_code == 1
    assert "was begun with other pairs" in refused.output


def test_it_says_what_it_lacks(learned: tuple[Path, Path], tmp_path: Path) -> None:
    export = write(tmp_path / "export", [Play("p", "a"), Play("q", "b")])
    result = safelight("prefer", export, "--agent", learned[1], "-o", tmp_path / "run")
    assert result.exit_code == 1
    assert "there are 0 pairs" in result.output
    assert not (tmp_path / "run").exists()
    result = safelight("prefer", learned[0], "--agent", "pretrained", "-o", tmp_path / "run")
    assert "pretrained is no model of people" in result.output
