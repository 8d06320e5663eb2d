"""A critic that judges anybody's play: what it learns from, that it can be a reward, and that those that ship do."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editing.game.filters import FILTERS
from editing.game.rules import Step
from editing.photos.colour import linear_to_srgb
from editing.photos.preview import square
from learning.agent.checkpoint import CRITIC, SHIPPED, load_agent, load_critic
from learning.agent.networks import Agent, initialise
from learning.configuration import Widths
from learning.environments.editing_game import EditingGame
from learning.photos.squares import Squares
from learning.photos.unprocessing import with_unprocessed
from learning.training.reward_critic import (
    FAR,
    FINISHED,
    RANDOM,
    Photos,
    mean_rating,
    play_all_ways,
    random_steps,
    ratings,
    results_of,
    train_critic,
)
from tests.command_line import safelight, safelight_output
from tests.learning.environments.environments import action, save_run
from tests.learning.scenes import Pixels, scene

SMALL = Widths(2, 4)


def pictures(count: int, first: int = 0) -> list[Pixels]:
    """Finished ones: as bright as photos are."""
    made = [square(scene(first + seed), 80) for seed in range(count)]
    return [np.clip(one / np.quantile(one, 0.99), 0, 1).astype(np.float32) for one in made]


def photos(count: int, first: int = 0) -> Photos:
    shown = Squares.of(pictures(count, first))
    squares = with_unprocessed(Squares.of([one * 0.2 for one in pictures(2, first)]), shown, 0.5, 0)
    return Photos.of(squares, np.arange(squares.inputs.photos), np.arange(squares.targets.photos))


def test_random_play_is_legal_and_of_all_filters() -> None:
    random = np.random.default_rng(0)
    games = [random_steps(random) for _ in range(40)]
    for game in games:
        assert len({step.filter for step in game}) == 5
        for step in game:
            FILTERS[step.filter].check(step.parameters)
    assert {step.filter for game in games for step in game} == set(FILTERS)


def test_a_photo_is_played_once_and_what_it_was_is_a_target() -> None:
    six = photos(6)
    assert len(six.inputs) == len(six.finished) == 2 + 3 * 4
    assert len(six.targets) == 6
    assert np.isnan(six.finished[:2]).all()
    assert np.isfinite(six.finished[2:]).all()


def test_a_result_is_as_good_as_it_is_near_to_what_the_photo_was() -> None:
    shown = np.stack(pictures(3))
    known = Photos(shown, np.stack([shown[0], np.clip(shown[1] - FAR, 0, 1), shown[2] * np.nan]), shown)
    results = results_of(known, [(), (), ()], stopped_early=0.0, seed=0)
    assert results.quality[0] == pytest.approx(1, abs=0.01)
    assert np.exp(-1) <= results.quality[1] < 0.5
    assert results.quality[2] == pytest.approx(results.quality[:2].mean())


def test_some_games_are_seen_after_a_step_before_the_last() -> None:
    shown = np.stack(pictures(8)) * np.float32(0.2)
    steps = [Step("exposure", {"ev": 1.0}), Step("gamma", {"gamma": 0.5})]
    whole, some = (results_of(Photos(shown, shown, shown), [steps] * 8, part, seed=0) for part in (0.0, 0.5))
    differ = [not np.array_equal(*pair) for pair in zip(whole.pictures, some.pictures, strict=True)]
    assert 0 < sum(differ) < 8


@pytest.mark.long
def test_a_critic_learns_to_rate_what_is_finished_above_what_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("learning.training.reward_critic.BATCH", 16)
    trained, others = photos(8), photos(4, first=8)
    agent = initialise(Agent(SMALL), torch.Generator().manual_seed(0)).double()
    games = play_all_ways(agent, SMALL, trained.inputs, seed=0)
    results = [results_of(trained, played, 0.4, seed=0) for played in games.values()]
    critic = train_critic(SMALL, trained.targets, results, iterations=30, seed=0)
    rated = ratings(critic, others, play_all_ways(agent, SMALL, others.inputs, seed=0))
    assert list(rated.values()) == sorted(rated.values())
    assert rated["untouched"] + 0.1 < rated[FINISHED]
    assert rated[FINISHED] == mean_rating(critic, others.targets) < 0
    assert RANDOM in rated


def command(folder: Path, *more: object) -> list[object]:
    """What trains a critic for a run in that folder, on photos that are made there."""
    for name, scale in (("taken", 60), ("finished", 255)):
        (folder / name).mkdir()
        for index, one in enumerate(pictures(4)):
            Image.fromarray((one * scale).astype(np.uint8)).save(folder / name / f"{index}.png")
    arguments = ["--agent", save_run(folder / "run"), "--inputs", folder / "taken", "--targets", folder / "finished"]
    arguments += ["--cache", folder / "cache", "--width", 1, "--iterations", 2, "--transfer", "linear"]
    return ["train-critic", *arguments, *more]


@pytest.mark.long
def test_the_command_makes_a_critic_that_is_the_reward_of_its_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    arguments = command(tmp_path, "--out", run / CRITIC)
    own, _ = load_critic(run)
    output = safelight_output(*arguments)
    assert f"The critic is in {run / CRITIC}." in output
    of_run, config = load_critic(run)
    assert config["recipe"] == "critic"
    assert of_run.head.hidden.weight.shape != own.head.hidden.weight.shape
    assert load_agent(run).config["recipe"] == "fast"
    rewards = []
    for reward in (run, run / CRITIC):
        game = EditingGame(np.stack(pictures(2)) * np.float32(0.2), reward, augment=False)
        game.reset(seed=0, options={"photo": 1})
        rewards.append(float(game.step(action(0))[1]))
    assert rewards[0] == rewards[1] != 0


def test_too_few_pictures_to_unprocess_are_refused(tmp_path: Path) -> None:
    refused = safelight(*command(tmp_path, "--out", tmp_path / "critic", "--unprocess", 0.1))
    assert refused.exit_code == 1
    assert "too few pictures to unprocess any; raise --unprocess" in refused.output


@pytest.mark.parametrize("name", ["pretrained", "pretrained-film"])
def test_the_critics_that_ship_rate_photos_that_they_have_not_seen_in_the_order_of_what_was_done_to_them(
    name: str,
) -> None:
    config = json.loads((SHIPPED / name / CRITIC / "config.json").read_text(encoding="utf-8"))
    assert config["agent"] == load_agent(Path(name)).sha256
    rated = config["ratings"]
    order = [rated[who] for who in ("untouched", RANDOM, "the agent, most probable", FINISHED)]
    assert order == sorted(order)
    assert max(rated.values()) == rated[FINISHED]


@pytest.mark.long
def test_the_critic_for_photographs_has_that_order_on_made_scenes_too() -> None:
    scenes = np.stack([square(scene(seed), 80) for seed in range(12)])
    light = np.clip(scenes / np.quantile(scenes, 0.99, axis=(1, 2, 3), keepdims=True), 0, 1)
    finished = linear_to_srgb(light).astype(np.float32)
    checkpoint = load_agent(Path("pretrained"))
    games = play_all_ways(checkpoint.agent.double(), checkpoint.widths, scenes, seed=0)
    critic, _ = load_critic(Path("pretrained"))
    rated = ratings(critic, Photos(scenes, finished, finished), games)
    order = [rated[who] for who in ("untouched", RANDOM, "the agent, most probable", FINISHED)]
    assert order == sorted(order)
