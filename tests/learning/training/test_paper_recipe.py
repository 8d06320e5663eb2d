"""The schedule of 2018, and that training is repeatable, moves every network and stops at nonsense."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from learning.configuration import PaperConfig, Widths
from learning.photos.batches import CropSampler
from learning.training.paper_recipe import PaperTrainer, base_rate, critic_updates
from learning.training.trainer import TrainingDiverged

CPU = torch.device("cpu")


def photos(seed: int, scale: float) -> CropSampler:
    random = np.random.default_rng(seed)
    return CropSampler([random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(4)], CPU)


def trainer(seed: int = 1, scale: float = 0.2, iterations: int = 1) -> PaperTrainer:
    config = PaperConfig(Widths(1, 2), batch=4, iterations=iterations, seed=seed, pool=16)
    return PaperTrainer(config, photos(0, scale), photos(1, 1.0), CPU)


def weights(one: PaperTrainer) -> dict[str, Tensor]:
    return {
        f"{name}.{key}": value.clone()
        for name, network in one.networks.modules.items()
        for key, value in network.state_dict().items()
    }


@pytest.fixture(autouse=True, scope="module")
def few_first_updates() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("learning.training.paper_recipe.FIRST_PASSES", 12)
        patch.setattr("learning.training.paper_recipe.CRITIC_UPDATES_AHEAD", 3)
        yield


def run(one: PaperTrainer) -> list[dict[str, float]]:
    return [one.iterate() for _ in range(one.iterations)]


@dataclass(frozen=True)
class Iteration:
    """What is known of an iteration when it is over."""

    metrics: dict[str, float]
    moved: set[str]
    rates: dict[str, float]


@pytest.fixture(scope="module")
def trained() -> list[Iteration]:
    """The iterations of a run."""
    one = trainer(iterations=2)
    iterations = []
    for _ in range(one.iterations):
        before, metrics = weights(one), one.iterate()
        moved = {name.partition(".")[0] for name, value in weights(one).items() if not torch.equal(value, before[name])}
        rates = {name: optimizer._optimizer.param_groups[0]["lr"] for name, optimizer in one.optimizers.items()}
        iterations.append(Iteration(metrics, moved, rates))
    return iterations


def test_the_critic_makes_100_updates_in_the_first_ten_iterations_and_in_every_500th(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("learning.training.paper_recipe.CRITIC_UPDATES_AHEAD", 100)
    ahead = [iteration for iteration in range(1502) if critic_updates(iteration) == 100]
    assert ahead == [*range(10), 500, 1000, 1500]
    assert {critic_updates(iteration) for iteration in range(1502)} == {5, 100}


def test_the_rate_decays_to_a_thousandth() -> None:
    config = PaperConfig(iterations=3000)
    assert base_rate(config, 0) == 5e-5
    assert base_rate(config, 1000) == pytest.approx(5e-6)
    assert base_rate(config, 3000) == pytest.approx(5e-8)


def test_a_run_makes_iterations_0_to_t_and_the_agent_learns_from_1_on(trained: list[Iteration]) -> None:
    assert ["agent_loss" in iteration.metrics for iteration in trained] == [False, True, True]


def test_iteration_0_teaches_the_critic_alone_and_the_others_every_network(trained: list[Iteration]) -> None:
    first, *others = trained
    assert first.moved == {"critic"}
    assert all(iteration.moved == {"agent", "critic", "value"} for iteration in others)


def test_the_same_seed_gives_the_same_weights_though_it_was_stopped_and_another_seed_others() -> None:
    first, stopped, continued, other = trainer(), trainer(), trainer(), trainer(seed=2)
    metrics = [stopped.iterate()]
    continued.load(stopped.state())
    assert run(first) == [*metrics, continued.iterate()]
    state = continued.state()
    assert all(torch.equal(value, state[name]) for name, value in first.state().items())
    run(other)
    assert not all(torch.equal(value, weights(other)[name]) for name, value in weights(first).items())


@pytest.mark.parametrize("batch", [1, pytest.param(16, marks=pytest.mark.long)])
def test_batches_of_any_size_up_to_the_pool_train(batch: int) -> None:
    config = PaperConfig(Widths(1, 2), batch=batch, iterations=1, pool=16)
    assert len(run(PaperTrainer(config, photos(0, 0.2), photos(1, 1.0), CPU))) == 2


def test_rates_are_one_times_three_tenths_and_three_times_the_base(trained: list[Iteration]) -> None:
    for number, iteration in enumerate(trained):
        base = base_rate(PaperConfig(iterations=2), number)
        expected = {"critic": base, "agent": 0.3 * base, "value": 3 * base}
        learning = {name: rate for name, rate in expected.items() if number > 0 or name == "critic"}
        assert {name: iteration.rates[name] for name in learning} == pytest.approx(learning)


def test_a_loss_that_is_not_finite_stops_the_training() -> None:
    with pytest.raises(TrainingDiverged, match=r"iteration 0: critic_loss is nan.*Try another --seed"):
        run(trainer(scale=float("nan")))


def test_an_agent_that_is_sure_of_every_choice_early_stops_the_training() -> None:
    one = trainer(iterations=4)
    one.iterate()
    with torch.no_grad():
        one.agent.choice.output.bias[3] = 1e3
    with pytest.raises(TrainingDiverged, match=r"the agent has stopped exploring. Try another --seed") as stopped:
        one.iterate()
    assert stopped.value.metrics["entropy"] == pytest.approx(one.least_entropy, abs=1e-4)
    one.iteration = 3
    one.check(stopped.value.metrics)


def test_the_filters_of_a_game_of_five_steps_are_counted(trained: list[Iteration]) -> None:
    used = [value for name, value in trained[1].metrics.items() if name.startswith("used_")]
    assert (len(used), sum(used)) == (8, 5)


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"iterations": 0}, {"batch": 200}])
def test_a_config_that_cannot_work_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PaperConfig(**wrong)
