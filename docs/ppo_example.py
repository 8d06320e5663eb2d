"""``python -m docs.ppo_example PHOTOS``: PPO of Stable-Baselines3 learns the game on the CPU in two minutes.

A worked example of training another library's agent at ``safelight/EditingGame-v0``: what stands between is one class,
``Games``, since Stable-Baselines3 has vectors of games of its own kind, and wants one flat action. Written for
stable-baselines3 2.9 and gymnasium 1.4 (``pip install '.[learn,examples]'`` in a clone).
"""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

from editing.game.filters import CONTROLS, FILTERS, luminance
from learning.environments import ENVIRONMENT_ID

Floats = NDArray[np.float32]

# The policy sees a picture as so many by so many averages: enough to judge its light and colours by.
VIEW = 8
# What finished pictures are like: mean and standard deviation of their luminance, and mean saturation.
GOAL = np.array([0.42, 0.24, 0.35], dtype=np.float32)
GAMES, STEPS = 64, 60_000


def statistics(images: Floats) -> Floats:
    """(N, 3) the numbers of pictures (N, 64, 64, 3) that ``GOAL`` is about."""
    shown = np.clip(images, 0, 1)
    y = luminance((shown[..., 0], shown[..., 1], shown[..., 2]))
    high, low = shown.max(axis=-1), shown.min(axis=-1)
    saturation = ((high - low) / np.maximum(high, 0.01)).mean(axis=(1, 2))
    return np.stack([y.mean(axis=(1, 2)), y.std(axis=(1, 2)), saturation], axis=1)


def nearer_to_the_goal(before: Floats, after: Floats) -> Floats:
    """Return how much nearer to ``GOAL`` a step brought each picture: a reward that needs no critic."""
    distances = [np.abs(statistics(images) - GOAL).sum(axis=1) for images in (before, after)]
    reward: Floats = distances[0] - distances[1]
    return reward


class Games(VecEnv):
    """Many games side by side as Stable-Baselines3 wants them.

    Observation: the averages of the picture, and the game's state. Action: a score for each filter, of which the
    highest unused one is applied, and the controls of all filters.
    """

    def __init__(self, photos: Any, reward: Any, count: int = GAMES) -> None:
        """Open the games; photos and reward are those of the environment."""
        self.games = gymnasium.make_vec(
            ENVIRONMENT_ID, num_envs=count, photos=photos, reward=reward, autoreset_mode="SameStep"
        )
        self.games.reset(seed=0)
        size = 3 * VIEW * VIEW + 3 + len(FILTERS)
        super().__init__(count, Box(-10, 10, (size,)), Box(-1, 1, (len(FILTERS) + CONTROLS,)))
        self.actions = np.zeros((count, len(FILTERS) + CONTROLS), dtype=np.float32)

    def reset(self) -> Floats:
        """Begin all games anew."""
        observations, infos = self.games.reset()
        self.mask = infos["action_mask"]
        return self._seen(observations)

    def step_async(self, actions: Floats) -> None:
        """Keep the actions until they are asked for."""
        self.actions = actions

    def step_wait(self) -> tuple[Floats, Floats, NDArray[np.bool_], list[dict[str, Any]]]:
        """Apply the actions kept."""
        scores = np.where(self.mask == 1, self.actions[:, : len(FILTERS)], -np.inf)
        chosen = {"filter": scores.argmax(axis=1), "parameters": self.actions[:, len(FILTERS) :]}
        observations, rewards, finished, _, infos = self.games.step(chosen)
        self.mask = infos["action_mask"]
        about: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index in np.flatnonzero(finished):
            final = {name: values[None] for name, values in infos["final_obs"][index].items()}
            about[index]["terminal_observation"] = self._seen(final)[0]
        return self._seen(observations), rewards.astype(np.float32), finished, about

    def _seen(self, observations: dict[str, Floats]) -> Floats:
        images = observations["image"]
        block = images.shape[1] // VIEW
        averages = images.reshape(len(images), VIEW, block, VIEW, block, 3).mean(axis=(2, 4))
        # Dark photos differ by their stops.
        light = np.log2(np.clip(averages, 0.001, 4)).reshape(len(images), -1) / 5 + 1
        return np.concatenate([light, observations["state"]], axis=1).astype(np.float32)

    def close(self) -> None:
        """Close the games."""
        self.games.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of the games: they have but one set."""
        return [getattr(self.games, attr_name, None)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refuse: the games' attributes are their own."""
        raise NotImplementedError

    def env_method(self, method_name: str, *arguments: Any, indices: Any = None, **options: Any) -> list[Any]:
        """Refuse: single games have no methods."""
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Say that no game is in a wrapper."""
        return [False] * len(list(self._get_indices(indices)))


def learn(games: Games, steps: int, seed: int = 0) -> PPO:
    """Train PPO for so many steps of the game."""
    torch.set_num_threads(1)
    agent = PPO(
        "MlpPolicy",
        games,
        n_steps=20,  # four games
        batch_size=320,
        n_epochs=6,
        learning_rate=1e-3,
        gamma=1.0,
        gae_lambda=0.95,
        policy_kwargs={"net_arch": [128, 128], "log_std_init": -0.7},
        seed=seed,
        device="cpu",
    )
    return agent.learn(steps)


def mean_return(games: Games, agent: PPO | None, seed: int = 1) -> float:
    """Return the mean return of ten games of each place, by an agent's best actions, or by random ones."""
    random = np.random.default_rng(seed)
    observations: Any = games.reset()
    total = 0.0
    for _ in range(10 * 5):
        if agent is None:
            actions = random.uniform(-1, 1, games.actions.shape).astype(np.float32)
        else:
            actions, _ = agent.predict(observations, deterministic=True)
        observations, rewards, _, _ = games.step(actions)
        total += float(rewards.sum())
    return total / (10 * games.num_envs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command of the module docstring."""
    parser = ArgumentParser(prog="python -m docs.ppo_example", description="PPO learns the game.")
    parser.add_argument("photos", help="a folder of dark photos, or an export")
    parser.add_argument("--reward", help="the folder of a run, whose critic judges, in place of the goal of light")
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args(arguments)
    games = Games(options.photos, options.reward or nearer_to_the_goal)
    start = time.process_time()
    before = mean_return(games, None)
    after = mean_return(games, learn(games, options.steps))
    print(f"return of a game: {before:.3f} by random play, {after:.3f} after {options.steps:,} steps")
    print(f"{time.process_time() - start:.0f} CPU seconds")


if __name__ == "__main__":
    main()
