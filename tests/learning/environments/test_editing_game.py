"""The game as a Gymnasium environment: it keeps the library's contract and the game's rules."""

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from numpy.typing import NDArray
from PIL import Image
from torch.nn.functional import logsigmoid

from editing.game.filters import CONTROLS, FILTERS, PLACES, apply_steps
from editing.game.rules import Step
from editing.photos.preview import agent_view, square
from editing.photos.read_options import ReadOptions
from learning.agent.checkpoint import CRITIC, SHIPPED, CheckpointError, load_agent
from learning.agent.games import GameRequest
from learning.agent.playing import play
from learning.environments.editing_game import EditingGame, read_squares
from learning.environments.game_batch import to_action, to_step
from learning.training.reward_critic import random_steps
from tests.documentation.pages import blocks
from tests.learning.environments.environments import ID, PHOTOS, action, change, critic, save_run
from tests.learning.scenes import scene


def game(**given: Any) -> EditingGame:
    return EditingGame(**{"photos": PHOTOS, "reward": change} | given)


@pytest.mark.parametrize("judge", ["function", "critic"])
def test_it_passes_gymnasiums_checks_without_a_warning(judge: str, tmp_path: Path) -> None:
    reward = change if judge == "function" else save_run(tmp_path / "run")
    env = gymnasium.make(ID, photos=PHOTOS, reward=reward, render_mode="rgb_array")
    check_env(env.unwrapped)


def test_a_random_player_with_the_mask_makes_five_steps_of_five_filters() -> None:
    env = gymnasium.make(ID, photos=PHOTOS, reward=change)
    env.action_space.seed(0)
    _, info = env.reset(seed=0)
    filters, ends = [], []
    for _ in range(5):
        chosen = env.action_space.sample(mask={"filter": info["action_mask"], "parameters": None})
        observation, reward, terminated, truncated, info = env.step(chosen)
        filters.append(chosen["filter"])
        ends.append((terminated, truncated))
        assert -1 < reward < 20
    assert len(set(filters)) == 5
    assert ends == [(False, False)] * 4 + [(True, False)]
    assert observation["state"][:3].tolist() == [1, 1, 5]
    assert np.flatnonzero(observation["state"][3:] == info["action_mask"]).size == 0
    with pytest.raises(ResetNeeded, match="five steps"):
        env.step(chosen)


@pytest.mark.parametrize("index", range(len(FILTERS)))
def test_a_step_is_what_the_filter_makes_in_numpy(index: int) -> None:
    one = game()
    before, _ = one.reset(seed=1)
    after, reward, *_ = one.step(action(index))
    expected = apply_steps(before["image"], [to_step(action(index))])
    np.testing.assert_allclose(after["image"], expected, rtol=1e-5, atol=1e-5)
    assert np.abs(after["image"] - before["image"]).max() > 1e-3
    assert reward == pytest.approx(float((expected - before["image"]).mean()), abs=1e-5)


def test_five_steps_are_what_the_filters_make_in_numpy() -> None:
    one = game()
    first, _ = one.reset(seed=2)
    actions = [action(index, seed=index) for index in (0, 7, 2, 4, 5)]
    for each in actions:
        last, *_ = one.step(each)
    expected = apply_steps(first["image"], [to_step(each) for each in actions])
    np.testing.assert_allclose(last["image"], expected, rtol=2e-5, atol=2e-5)


def test_each_filter_has_a_place_of_its_own_and_controls_are_places_on_sliders() -> None:
    places = [index for slug in FILTERS for index in range(CONTROLS)[PLACES[slug]]]
    assert places == list(range(CONTROLS))
    assert len(places) == sum(len(one.parameters) for one in FILTERS.values())
    low = {"filter": 1, "parameters": np.full(CONTROLS, -1.0)}
    assert to_step(low).parameters == {"gamma": pytest.approx(1 / 3)}
    assert to_step(low | {"parameters": np.full(CONTROLS, 7.0)}).parameters == {"gamma": pytest.approx(3)}
    assert to_step(low | {"parameters": np.zeros(CONTROLS)}).parameters == {"gamma": pytest.approx(1)}


@pytest.mark.parametrize("slug", FILTERS)
def test_a_step_of_a_person_is_an_action_and_back(slug: str) -> None:
    middle = {p.name: p.from_position(0.2 + 0.05 * (i % 9)) for i, p in enumerate(FILTERS[slug].parameters)}
    step = Step(slug, FILTERS[slug].canonical(middle))
    there = to_action(step)
    assert there in game().action_space
    assert to_step(there).filter == slug
    assert to_step(there).parameters == pytest.approx(step.parameters, abs=1e-5)


def test_a_filter_used_again_changes_nothing_takes_a_step_and_costs_one() -> None:
    one = game()
    one.reset(seed=0)
    first, *_, info = one.step(action(3))
    assert info["action_mask"].tolist() == [1, 1, 1, 0, 1, 1, 1, 1]
    second, reward, *_, again = one.step(action(3, seed=1))
    assert np.array_equal(first["image"], second["image"])
    assert reward == -1.0
    assert again["action_mask"].tolist() == info["action_mask"].tolist()
    assert (first["state"][2], second["state"][2]) == (1, 2)


def test_a_game_that_may_be_stopped_is_over_then_and_costs_nothing_but_before_the_first_step(tmp_path: Path) -> None:
    for reward in (change, save_run(tmp_path / "run")):
        one = game(reward=reward, stop=True)
        assert one.action_space["filter"].n == len(FILTERS) + 1
        _, info = one.reset(seed=0)
        assert info["action_mask"].tolist() == [1] * len(FILTERS) + [0]
        before, *_, info = one.step({"filter": 0, "parameters": np.full(CONTROLS, 0.9)})
        assert info["action_mask"].tolist() == [0] + [1] * len(FILTERS)
        after, reward_of_stop, terminated, _, _ = one.step(action(len(FILTERS)))
        assert (reward_of_stop, terminated) == (0.0, True)
        assert np.array_equal(before["image"], after["image"])
        assert after["state"].tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
        with pytest.raises(ResetNeeded):
            one.step(action(1))
        one.reset()
        _, reward_of_nothing, terminated, _, _ = one.step(action(len(FILTERS)))
        assert (reward_of_nothing, terminated) == (-1.0, True)


def test_a_seed_repeats_photos_and_crops_and_a_photo_can_be_chosen() -> None:
    one, again = game(), game()
    seen = [env.reset(seed=seed)[0]["image"] for env, seed in ((one, 5), (again, 5), (again, 6))]
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])
    assert np.array_equal(one.reset()[0]["image"], game_after(5))
    bands = np.arange(3, dtype=np.float32)[:, None, None, None] * np.ones((80, 80, 3), np.float32)
    observation, info = game(photos=bands).reset(seed=0, options={"photo": 2})
    assert info["photo"] == 2
    assert (observation["image"] == 2).all()


def test_a_copy_of_a_game_is_played_by_itself() -> None:
    one, other = game(), game()
    for env in (one, other):
        env.reset(seed=2)
    copy = deepcopy(one)
    copied = copy.step(action(4))[0]["image"]
    assert np.array_equal(one.step(action(0))[0]["image"], other.step(action(0))[0]["image"])
    assert np.array_equal(deepcopy(copy).reset(seed=2)[0]["image"], game_begun(2))
    assert not np.array_equal(copied, game_begun(2))


def game_begun(seed: int) -> NDArray[Any]:
    image: NDArray[Any] = game().reset(seed=seed)[0]["image"]
    return image


def game_after(seed: int) -> NDArray[Any]:
    """The second game's photo, after a seed."""
    one = game()
    one.reset(seed=seed)
    image: NDArray[Any] = one.reset()[0]["image"]
    return image


def test_without_augmentation_a_game_begins_as_the_agent_sees_a_photo() -> None:
    observation, info = game(augment=False).reset(seed=0)
    np.testing.assert_array_equal(observation["image"], agent_view(PHOTOS[info["photo"]]))
    small = PHOTOS[:, :64, :64]
    observation, info = game(photos=small, augment=False).reset(seed=0)
    np.testing.assert_array_equal(observation["image"], small[info["photo"]])


def test_the_rewards_of_a_game_sum_up_to_what_the_fast_recipe_maximises(tmp_path: Path) -> None:
    one = game(reward=save_run(tmp_path / "run"))
    first, _ = one.reset(seed=0)
    total, overexposure_penalty, images = 0.0, 0.0, [first["image"]]
    for index in (0, 2, 4, 5, 6):
        # All sliders up: some values end above 1.
        observation, reward, *_ = one.step({"filter": index, "parameters": np.full(CONTROLS, 0.5)})
        images.append(observation["image"])
        total += reward
        overexposure_penalty += float((np.maximum(observation["image"] - 1, 0) ** 2).mean())
    with torch.no_grad():
        ends = torch.from_numpy(np.stack([images[0], images[-1]])).permute(0, 3, 1, 2).clamp(0, 1)
        before, after = logsigmoid(critic()(ends)).flatten().tolist()
    assert overexposure_penalty > 0
    assert total == pytest.approx(after - before - overexposure_penalty, abs=1e-4)


def test_the_reward_of_a_paper_run_is_the_papers(tmp_path: Path) -> None:
    one = game(reward=str(save_run(tmp_path / "run", "paper")))
    before, _ = one.reset(seed=0)
    after, reward, *_ = one.step({"filter": 0, "parameters": np.full(CONTROLS, 0.6)})
    pair = torch.from_numpy(np.stack([before["image"], after["image"]])).permute(0, 3, 1, 2)
    with torch.no_grad():
        answers = critic()(pair).flatten().tolist()
    overexposure_penalty = float((np.maximum(after["image"] - 1, 0) ** 2).mean())
    assert overexposure_penalty > 0
    assert reward == pytest.approx(0.05 * (answers[1] - answers[0]) - overexposure_penalty, abs=1e-5)


def test_a_run_without_a_critic_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "pretrained", tmp_path / "run", ignore=shutil.ignore_patterns(CRITIC))
    with pytest.raises(CheckpointError, match="weights of another network alone, not of a run's critic"):
        game(reward=tmp_path / "run")


def test_the_agents_that_come_with_the_project_have_critics_that_reward_what_they_do_more_than_anything() -> None:
    photos = np.stack([square(scene(seed), 80) for seed in range(4)])
    checkpoint = load_agent(Path("pretrained"))
    requests = [GameRequest(str(index), 0, agent_view(pixels)) for index, pixels in enumerate(photos)]
    played = play(checkpoint.agent.double(), checkpoint.widths, requests, seed=0)
    own = [[to_action(one.step) for one in steps] for steps in played]
    anything = [[to_action(step) for step in random_steps(np.random.default_rng(seed))] for seed in range(4)]
    returns = []
    for games in (own, anything):
        one = game(photos=photos, reward="pretrained", augment=False)
        returns.append(0.0)
        for photo, actions in enumerate(games):
            one.reset(options={"photo": photo})
            returns[-1] += sum(float(one.step(each)[1]) for each in actions) / len(photos)
    assert returns[0] > 1 > returns[1]
    film = game(reward="pretrained-film")
    film.reset(seed=0)
    assert float(film.step(action(0))[1]) != 0


def test_a_folder_of_photos_is_read_and_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (90, 100), (51, 51, 51)).save(tmp_path / "grey.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match=r"Left out: broken.png"):
        squares = read_squares(tmp_path, ReadOptions(transfer="linear"))
    assert (squares.shape, squares.dtype) == ((1, 80, 80, 3), np.float32)
    np.testing.assert_allclose(squares, 0.2, atol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"photos": PHOTOS[0]}, r"photos of the shape \(80, 80, 3\)"),
        ({"photos": PHOTOS[:, :40, :40]}, r"S at least 64"),
        ({"photos": PHOTOS * np.float32(np.nan)}, "finite"),
        ({"photos": "."}, "none of 1 photos could be read; the first: broken.png"),
        ({"reward": "nowhere"}, "not a run of safelight train"),
    ],
)
def test_what_cannot_be_played_is_refused(
    wrong: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=message):
        game(**wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"filter": 8}, r"whole number in 0 .. 7, not \[8\]"),
        ({"filter": 0.5}, "whole number"),
        ({"parameters": np.zeros(3)}, r"finite numbers; the shape is \(1, 3\)"),
        ({"parameters": np.full(CONTROLS, np.nan)}, "finite"),
    ],
)
def test_an_action_outside_the_space_is_refused(wrong: dict[str, Any], message: str) -> None:
    one = game()
    one.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        one.step(action(0) | wrong)


def test_a_photo_or_a_reward_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no photo 3; they are numbered 0 .. 2"):
        game().reset(options={"photo": 3})
    one = game(reward=lambda before, _: len(before))
    one.reset(seed=0)
    with pytest.raises(ValueError, match=r"gave the shape \(\), not \(1,\)"):
        one.step(action(0))


def test_the_picture_is_rendered_as_a_screen_shows_it() -> None:
    levels = np.array([-0.5, 0.2, 1.7], dtype=np.float32)
    one = game(photos=np.broadcast_to(levels, (1, 80, 80, 3)), render_mode="rgb_array")
    one.reset(seed=0)
    picture = one.render()
    assert picture is not None
    assert picture.dtype == np.uint8
    assert (picture == [0, 51, 255]).all()


def test_the_examples_of_the_documentation_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    Image.new("RGB", (90, 100), (51, 70, 90)).save("photos/one.png")
    save_run(Path("runs") / "first")
    names: dict[str, Any] = {}
    for example in blocks("docs/environment.md", "python"):
        exec(example.text, names)  # noqa: S102 (our own documentation)
    assert names["observation"].shape == (64 * 64 * 3 + 11,)
    assert names["observations"]["image"].shape == (16, 64, 64, 3)
    assert np.isfinite(names["total"]).all()
