"""The pieces of the measurement of what is learned from people."""

from pathlib import Path

import numpy as np
import pytest
import torch

import bench.imitation as measured
from bench.imitation import Sizes
from learning.agent.checkpoint import LAST, begin_run, save_checkpoint
from learning.agent.networks import initialise
from learning.agent.people_model import PeopleModel
from learning.configuration import Widths
from learning.robots.synthetic_people import TASTES, appeal


def forecasts(model: float) -> dict[str, object]:
    found = {"marginal": -2.0, "model": model, "ceiling": -0.5}
    return {name: {"log_likelihood": {"value": nats}, "top_1": {"value": 0.5}} for name, nats in found.items()}


def test_the_gap_is_the_commands_own_and_its_note_says_of_how_much_it_is() -> None:
    closed = {"ceiling": {"value": 0.8, "low": 0.7, "high": 0.9}}
    judged = {"forecasts": forecasts(-0.8), "moves": 7, "people": 2, "photos": 3, "closed": closed}
    figure = measured._closed("held_out", judged, Sizes())["imitation.gap_closed.held_out.own"]
    assert figure.value == 0.8
    assert "2,000 treatments" in figure.against
    assert figure.note.startswith("7 moves of 2 other people on 3 other photos (0.70 .. 0.90): marginal -2.00 nats")


def test_agreement_is_told_where_pairs_were_held_out() -> None:
    assert measured._reward({"learned_from": 9}) == {}
    figures = measured._reward({"learned_from": 9, "held_out": 4, "agreement": 0.75})
    assert figures["imitation.reward_agreement"].value == 0.75
    assert "4 pairs" in figures["imitation.reward_agreement"].note


def test_two_policies_are_paired_by_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Scenes differ far more than the policies do: only pairs of them show that the second is better.
    rewards = {"before": np.array([-9.0, -1, -5, -3]), "after": np.array([-8.5, -0.6, -4.4, -2.5])}
    monkeypatch.setattr(measured, "_rewards", lambda run, *_: rewards[run.name])
    runs = (tmp_path / "before", tmp_path / "after")
    figure = measured._policy(*runs, tmp_path / "scenes", Sizes(unseen=4))["imitation.policy_gain"]
    assert figure.value == pytest.approx(0.5)
    assert "-4.50 to -4.00 on 4 unseen scenes" in figure.note
    assert float(figure.note.split("p = ")[1]) < 0.01


def test_a_scenes_reward_is_the_mean_of_its_games(tmp_path: Path) -> None:
    model = initialise(PeopleModel(Widths(1, 4)), torch.Generator().manual_seed(0))
    begin_run(tmp_path, Widths(1, 4), {"recipe": "imitate", "training": {"stop": True}})
    weights = {f"agent/weights/{name}": value for name, value in model.state_dict().items()}
    save_checkpoint(tmp_path / LAST, weights, {})
    views = {name: np.full((64, 64, 3), level, np.float32) for name, level in (("a", 0.02), ("b", 0.3))}
    found = measured._rewards(tmp_path, views, Sizes(samples=3, seed=1))
    assert found.shape == (2,)
    assert (found <= 0).all()
    assert found.tolist() == measured._rewards(tmp_path, views, Sizes(samples=3, seed=1)).tolist()
    assert not np.allclose(found, [appeal(TASTES[measured.TEMPERAMENT], view) for view in views.values()])
