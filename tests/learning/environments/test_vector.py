"""The game as a vector environment: many games side by side are the single games."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import data_equivalence
from numpy.typing import NDArray

from learning.agent.critic import Critic
from learning.environments.game_batch import GameRandom
from learning.environments.pictures import CpuPictures, TorchPictures
from learning.environments.vector import EditingGames
from tests.learning.environments.environments import ID, PHOTOS, action, change, save_run


def vectors(mode: str, reward: Any = change, *, stop: bool = False) -> tuple[Any, Any]:
    """Five games in one tensor program, and five single ones."""
    given = {"photos": PHOTOS, "reward": reward, "render_mode": "rgb_array", "stop": stop}
    ours = gymnasium.make_vec(ID, num_envs=5, vectorization_mode="vector_entry_point", autoreset_mode=mode, **given)
    kwargs = {"autoreset_mode": mode}
    return ours, gymnasium.make_vec(ID, num_envs=5, vectorization_mode="sync", vector_kwargs=kwargs, **given)


def assert_same(ours: Any, theirs: Any) -> None:
    """The same arrays to rounding, of the same types, in the same structure."""
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for name in theirs:
            assert_same(ours[name], theirs[name])
    elif isinstance(theirs, np.ndarray) and theirs.dtype == object:
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other)
    else:
        assert data_equivalence(ours, theirs), (ours, theirs)


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("judge", ["function", pytest.param("critic", marks=pytest.mark.long)])
def test_games_side_by_side_are_the_single_games(mode: str, judge: str, tmp_path: Path) -> None:
    by_function = judge == "function"
    ours, theirs = vectors(mode, change if by_function else save_run(tmp_path / "run"), stop=not by_function)
    assert isinstance(ours, EditingGames)
    assert ours.metadata == theirs.metadata
    assert (ours.action_space, ours.observation_space) == (theirs.action_space, theirs.observation_space)
    ours.action_space.seed(0)
    assert_same(ours.reset(seed=7), theirs.reset(seed=7))
    for _ in range(13):
        # Without the mask: some filters are used again.
        actions = ours.action_space.sample()
        for one, other in zip(ours.step(actions), theirs.step(actions), strict=True):
            assert_same(one, other)
    # A rounding in another direction is one level.
    np.testing.assert_allclose(np.stack(ours.render()).astype(int), np.stack(theirs.render()), atol=1)


def test_without_autoreset_finished_games_are_begun_by_a_mask_and_the_others_stay() -> None:
    ours, theirs = vectors("Disabled")
    assert_same(
        ours.reset(seed=[4, 4, 9, None, 1])[0]["image"][:3], theirs.reset(seed=[4, 4, 9, None, 1])[0]["image"][:3]
    )
    ours.action_space.seed(0)
    for _ in range(2):
        ours.step(ours.action_space.sample())
    before, _ = ours.reset(seed=3)
    mask = np.array([True, False, False, True, False])
    after, infos = ours.reset(seed=8, options={"reset_mask": mask, "photo": [1, 2]})
    assert (np.abs(after["image"] - before["image"]).max(axis=(1, 2, 3)) > 0).tolist() == mask.tolist()
    assert infos["photo"][mask].tolist() == [1, 2]
    for _ in range(5):
        *_, terminations, _, _ = ours.step(ours.action_space.sample())
    assert terminations.all()
    with pytest.raises(ResetNeeded, match="five steps"):
        ours.step(ours.action_space.sample())


@pytest.mark.parametrize("augment", [False, True])
def test_compiled_pictures_are_those_of_torch(monkeypatch: pytest.MonkeyPatch, augment: bool) -> None:
    def by_torch(count: int, photos: NDArray[Any], device: str) -> TorchPictures:
        return TorchPictures(count, photos, torch.device(device))

    given = {"photos": PHOTOS, "reward": change, "augment": augment}
    compiled = EditingGames(7, **given)
    assert isinstance(compiled._games._pictures, CpuPictures)
    monkeypatch.setattr("learning.environments.game_batch.create_pictures", by_torch)
    eager = EditingGames(7, **given)
    compiled.action_space.seed(1)
    np.testing.assert_array_equal(compiled.reset(seed=3)[0]["image"], eager.reset(seed=3)[0]["image"])
    for _ in range(8):
        actions = compiled.action_space.sample()
        (ours, rewards, *_), (theirs, expected, *_) = compiled.step(actions), eager.step(actions)
        np.testing.assert_allclose(ours["image"], theirs["image"], rtol=2e-5, atol=2e-5)
        np.testing.assert_allclose(rewards, expected, atol=1e-5)


def test_what_a_vector_environment_cannot_be_given_is_refused() -> None:
    ours, _ = vectors("NextStep")
    with pytest.raises(ResetNeeded, match="has not begun"):
        ours.step(ours.action_space.sample())
    with pytest.raises(ValueError, match="2 seeds were given for 5 games"):
        ours.reset(seed=[1, 2])
    with pytest.raises(ValueError, match="reset_mask must be 5 booleans"):
        ours.reset(options={"reset_mask": [1, 0, 0, 0, 0]})
    with pytest.raises(ValueError, match="whole number"):
        ours.step(action(0))


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_observations_that_are_not_copied_are_right_until_the_next_call(mode: str) -> None:
    given = {"photos": PHOTOS, "reward": change, "autoreset_mode": mode}
    ours, copied = (gymnasium.make_vec(ID, num_envs=5, copy=copy, **given) for copy in (False, True))
    ours.action_space.seed(0)
    assert_same(ours.reset(seed=7), copied.reset(seed=7))
    for _ in range(13):
        actions = ours.action_space.sample()
        for one, other in zip(ours.step(actions), copied.step(actions), strict=True):
            assert_same(one, other)
    buffers = {ours.step(actions)[0]["image"].ctypes.data for _ in range(6)}
    assert len(buffers) == 2


def test_the_critic_sees_each_picture_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    forward = Critic.forward

    def counted(critic: Critic, images: torch.Tensor) -> torch.Tensor:
        seen.append(len(images))
        return forward(critic, images)

    monkeypatch.setattr(Critic, "forward", counted)
    monkeypatch.setattr("learning.environments.rewards.AT_ONCE", 4)
    games = EditingGames(5, photos=PHOTOS, reward=save_run(tmp_path / "run"), autoreset_mode="SameStep")
    games.action_space.seed(0)
    games.reset(seed=0)
    counts = []
    for _ in range(6):
        seen.clear()
        games.step(games.action_space.sample())
        assert max(seen) == 4
        counts.append(sum(seen))
    # The untouched pictures in the first step of each game, and what each step makes.
    assert counts == [10, 5, 5, 5, 5, 10]


def test_a_reward_function_cannot_write_into_the_game() -> None:
    def spoil(before: NDArray[Any], after: NDArray[Any]) -> NDArray[Any]:
        after[:] = 0
        return np.zeros(len(after))

    games = EditingGames(2, photos=PHOTOS, reward=spoil)
    games.reset(seed=0)
    with pytest.raises(ValueError, match="read-only"):
        games.step(games.action_space.sample())


def test_games_draw_photos_flips_and_places_evenly_and_apart() -> None:
    random = GameRandom(20000)
    rows = np.arange(20000)
    random.seed(rows, rows.astype(np.uint64))
    drawn = random.integers(rows, (3, 2, 17, 17))
    for column, high in zip(drawn.T, (3, 2, 17, 17), strict=True):
        assert np.bincount(column, minlength=high) / 20000 == pytest.approx(np.full(high, 1 / high), abs=0.012)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(4)).max() < 0.03
    assert np.abs(np.corrcoef(drawn[:-1, 2], drawn[1:, 2])[0, 1]) < 0.03
    following = random.integers(rows, (3, 2, 17, 17))
    assert np.abs(np.corrcoef(drawn[:, 2], following[:, 2])[0, 1]) < 0.03


def test_what_is_returned_is_not_changed_later() -> None:
    ours, _ = vectors("SameStep")
    ours.action_space.seed(0)
    kept, infos = ours.reset(seed=0)
    copies = kept["image"].copy(), kept["state"].copy(), infos["action_mask"].copy()
    ours.step(ours.action_space.sample())
    for one, copy in zip((kept["image"], kept["state"], infos["action_mask"]), copies, strict=True):
        assert np.array_equal(one, copy)
