"""The worked example of the documentation: another library's PPO learns the game."""

import numpy as np
import pytest
from numpy.typing import NDArray

from docs.ppo_example import Games, learn, mean_return, nearer_to_the_goal


def dark_photos() -> NDArray[np.float32]:
    """Eight dark photos of soft gradients in different colours."""
    random = np.random.default_rng(0)
    across = np.linspace(0, 1, 80, dtype=np.float32)
    gradients = across[:, None, None] * random.random((8, 1, 1, 3), np.float32) + across[:, None] * random.random(
        (8, 1, 1, 3), np.float32
    )
    return (0.15 * gradients**2 + 0.005).astype(np.float32)


def test_the_games_are_played_by_the_rules_and_begin_anew() -> None:
    games = Games(dark_photos(), nearer_to_the_goal, 4)
    observations = games.reset()
    assert games.observation_space.contains(observations[0])
    actions = np.zeros(games.actions.shape, dtype=np.float32)  # always the first filter that is unused
    for step in range(5):
        assert (games.mask[:, :step] == 0).all()
        observations, rewards, finished, infos = games.step(actions)
        assert (rewards > -1).all()  # no filter was used again
        assert finished.all() == (step == 4)
    assert (games.mask == 1).all()
    assert all(games.observation_space.contains(info["terminal_observation"]) for info in infos)


@pytest.mark.long
def test_ppo_learns_in_two_minutes() -> None:
    games = Games(dark_photos(), nearer_to_the_goal)
    before = mean_return(games, None)
    assert mean_return(games, learn(games, 40_000)) > before + 0.3
