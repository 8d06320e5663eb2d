"""The schedule, and that training is repeatable, moves every network and stops at nonsense."""

import numpy as np
import pytest
import torch
from torch import Tensor

from learning.data import Photos
from learning.networks import Widths
from learning.training import Record, Trainer, TrainingConfig, TrainingDiverged, base_rate, critic_updates, updates

CPU = torch.device("cpu")


def photos(seed: int, scale: float) -> Photos:
    random = np.random.default_rng(seed)
    return Photos([random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(4)], CPU)


def trainer(seed: int = 1, scale: float = 0.2, iterations: int = 1) -> Trainer:
    config = TrainingConfig(Widths(1, 2), batch=4, iterations=iterations, seed=seed, pool=16)
    return Trainer(config, photos(0, scale), photos(1, 1.0), CPU)


def weights(one: Trainer) -> dict[str, Tensor]:
    return {
        f"{name}.{key}": value.clone()
        for name, network in one.networks.modules.items()
        for key, value in network.state_dict().items()
    }


@pytest.fixture(autouse=True)
def few_first_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.training.FIRST_PASSES", 12)
    monkeypatch.setattr("learning.training.CRITIC_UPDATES_AHEAD", 3)


def run(one: Trainer) -> list[Record]:
    return list(one.run())


def test_the_critic_makes_100_updates_in_the_first_ten_iterations_and_in_every_500th(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("learning.training.CRITIC_UPDATES_AHEAD", 100)
    monkeypatch.setattr("learning.training.FIRST_PASSES", 100)
    ahead = [iteration for iteration in range(1502) if critic_updates(iteration) == 100]
    assert ahead == [*range(10), 500, 1000, 1500]
    assert {critic_updates(iteration) for iteration in range(1502)} == {5, 100}
    assert [updates(iteration) for iteration in (0, 1, 10)] == [200, 101, 6]


def test_the_rate_decays_to_a_thousandth() -> None:
    config = TrainingConfig(iterations=3000)
    assert base_rate(config, 0) == 5e-5
    assert base_rate(config, 1000) == pytest.approx(5e-6)
    assert base_rate(config, 3000) == pytest.approx(5e-8)


def test_a_run_counts_its_updates_and_records_iterations_0_to_t() -> None:
    one = trainer(iterations=2)
    counted: list[None] = []
    records = list(one.run(lambda: counted.append(None)))
    assert [record.iteration for record in records] == [0, 1, 2]
    assert len(counted) == sum(updates(iteration) for iteration in range(3))
    assert records[0].agent_loss is None
    assert records[1].agent_loss is not None


def test_iteration_0_teaches_the_critic_alone() -> None:
    one = trainer()
    before = weights(one)
    next(one.run())
    moved = {name.partition(".")[0] for name, value in weights(one).items() if not torch.equal(value, before[name])}
    assert moved == {"critic"}


def test_training_moves_every_network() -> None:
    one = trainer()
    before = weights(one)
    run(one)
    moved = {name.partition(".")[0] for name, value in weights(one).items() if not torch.equal(value, before[name])}
    assert moved == {"agent", "critic", "value"}


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first, again, other = trainer(), trainer(), trainer(seed=2)
    assert run(first) == run(again)
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(first).items())
    run(other)
    assert not all(torch.equal(value, weights(other)[name]) for name, value in weights(first).items())


@pytest.mark.parametrize("batch", [1, 16])
def test_batches_of_any_size_up_to_the_pool_train(batch: int) -> None:
    config = TrainingConfig(Widths(1, 2), batch=batch, iterations=1, pool=16)
    assert len(run(Trainer(config, photos(0, 0.2), photos(1, 1.0), CPU))) == 2


def test_rates_are_one_times_three_tenths_and_three_times_the_base() -> None:
    one = trainer(iterations=3)
    for record in one.run():
        rates = {name: group.param_groups[0]["lr"] for name, group in one._optimizers.items()}
        expected = {"critic": record.rate, "agent": 0.3 * record.rate, "value": 3 * record.rate}
        assert rates == pytest.approx(expected)


def test_a_loss_that_is_not_finite_stops_the_training() -> None:
    with pytest.raises(TrainingDiverged, match=r"iteration 0: critic_loss is nan"):
        run(trainer(scale=float("nan")))


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"iterations": 0}, {"batch": 200}])
def test_a_config_that_cannot_work_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrainingConfig(**wrong)
