"""The game as a vector environment: many games side by side are the single games."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import data_equivalence

from learning.environments.vector import EditingGames
from tests.learning.environments.environments import ID, PHOTOS, action, change, save_run


def vectors(mode: str, reward: Any = change) -> tuple[Any, Any]:
    """Five games in one tensor program, and five single ones."""
    given = {"photos": PHOTOS, "reward": reward, "render_mode": "rgb_array"}
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
@pytest.mark.parametrize("judge", ["function", "critic"])
def test_games_side_by_side_are_the_single_games(mode: str, judge: str, tmp_path: Path) -> None:
    ours, theirs = vectors(mode, change if judge == "function" else save_run(tmp_path / "run"))
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


def test_what_is_returned_is_not_changed_later() -> None:
    ours, _ = vectors("SameStep")
    ours.action_space.seed(0)
    kept, infos = ours.reset(seed=0)
    copies = kept["image"].copy(), kept["state"].copy(), infos["action_mask"].copy()
    ours.step(ours.action_space.sample())
    for one, copy in zip((kept["image"], kept["state"], infos["action_mask"]), copies, strict=True):
        assert np.array_equal(one, copy)
