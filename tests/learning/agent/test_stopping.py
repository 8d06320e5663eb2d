"""An agent that may finish before its five steps are over, as people may."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.text import Text
from PIL import Image

from editing.game.filters import FILTERS
from editing.game.rules import STOP
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from editing.trajectories.steps_file import check_probabilities
from learning.agent import state
from learning.agent.acting import act, entropy_when_sure, without_used
from learning.agent.architecture import ACTIONS
from learning.agent.checkpoint import LAST, begin_run, load_agent, save_checkpoint
from learning.agent.episodes import Player
from learning.agent.games import GameRequest, PlayedStep
from learning.agent.networks import NOTHING_NORMALISED, Agent, draw_masks, initialise
from learning.agent.numpy_agent import load_numpy_agent
from learning.agent.playing import CHOICES, Choice, play
from learning.configuration import FastConfig, Normalisation, Widths
from learning.figures.steps import SHARES, draw_probabilities, empty_figure
from learning.training.fast_recipe import draw_probes, least_entropy, roll_out
from tests.command_line import safelight_output

SMALL = Widths(2, 4)
EXPOSURE = list(FILTERS).index("exposure")
EXPOSED = Normalisation(exposure=True)


def small_agent(normalisation: Normalisation = NOTHING_NORMALISED, eagerness: float = 0.0) -> Agent:
    """An agent that has learned nothing, and likes to stop by so much more than to go on."""
    agent = initialise(Agent(SMALL, normalisation, stops=True), torch.Generator().manual_seed(2))
    with torch.no_grad():
        agent.choice.output.bias[len(FILTERS)] += eagerness
    return agent


def requests(count: int) -> list[GameRequest]:
    photos = [np.random.default_rng(seed).random((64, 64, 3), dtype=np.float32) * 0.3 for seed in range(count)]
    return [GameRequest(f"{seed:064x}", 0, photo) for seed, photo in enumerate(photos)]


def games(normalisation: Normalisation, eagerness: float, choice: Choice) -> list[list[PlayedStep]]:
    return play(small_agent(normalisation, eagerness).double(), SMALL, requests(12), seed=0, choice=choice)


def order(game: Sequence[PlayedStep]) -> list[str]:
    return [played.step.filter for played in game]


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("normalisation", [EXPOSED, pytest.param(NOTHING_NORMALISED, marks=pytest.mark.long)])
def test_games_have_one_to_five_different_filters(normalisation: Normalisation, choice: Choice) -> None:
    played = games(normalisation, 0.5, choice)
    assert all(1 <= len(set(order(game))) == len(game) <= 5 for game in played)
    assert all(STOP not in order(game) for game in played)
    if choice == "sampled":
        assert len(set(map(len, played))) > 1


def test_who_always_stops_does_so_after_the_first_step_and_where_exposure_must_come_after_that() -> None:
    eager = games(NOTHING_NORMALISED, 20.0, "most probable")
    assert {len(game) for game in eager} == {1}
    assert {game[0].probabilities[STOP] for game in eager} == {0.0}
    for game in games(EXPOSED, 20.0, "most probable"):
        assert order(game)[-1] == "exposure"
        assert all(played.probabilities[STOP] == 0 for played in game)


def test_who_never_stops_plays_the_game_of_before() -> None:
    assert {len(game) for game in games(EXPOSED, -20.0, "most probable")} == {5}


def test_a_game_that_was_stopped_stays_as_it_is() -> None:
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    states = state.next_states(state.fresh_states(2, images), torch.tensor([EXPOSURE, EXPOSURE]))
    choice = torch.tensor([len(FILTERS), 1])
    for grouped in (True, False):
        action = act(small_agent(), images, states, None, lambda _: choice, grouped=grouped)
        assert torch.equal(action.images[0], images[0])
        assert not torch.equal(action.images[1], images[1])
        assert state.finished(action.states).tolist() == [True, False]
        assert action.states[0, state.STEP] == 1
        assert action.states[0, state.USED].sum() == 1
    left = without_used(action.probabilities, action.states)
    assert left[0].tolist() == [0.0] * len(FILTERS) + [1.0]
    assert 0 < float(left[1].detach()[-1]) < 1


def test_training_games_count_what_was_done_before_they_were_stopped() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(32, 3, 64, 64, generator=generator) * 0.3
    masks = draw_masks(32 * 5, SMALL, generator).view(32, 5, 2, SMALL.features)
    z, probes = torch.rand(32, 5, generator=generator), draw_probes(images, generator)
    played = roll_out(small_agent(EXPOSED, 0.5), images, masks, z, probes)
    steps = (played.choices < len(FILTERS)).sum(dim=1)
    assert len(set(steps.tolist())) > 2
    for game, count in zip(played.choices.tolist(), steps.tolist(), strict=True):
        assert EXPOSURE in game[:count]
        assert game[count:] == [len(FILTERS)] * (5 - count)
    over = torch.arange(5) > steps[:, None]
    assert bool((played.log_probabilities[over] == 0).all())
    assert bool((played.log_probabilities[~over] <= 0).all())
    torch.testing.assert_close(played.log_probabilities.sum(dim=1), played.log_probability)
    assert bool((played.idle_steps <= steps).all())
    last = torch.stack([played.seen[min(count, 4)][row] for row, count in enumerate(steps.tolist())])
    assert torch.equal(played.images[steps < 5], last[steps < 5])


def test_an_agent_that_is_sure_has_the_least_entropy_when_it_stops_as_soon_as_it_pays() -> None:
    sure = [entropy_when_sure(count, actions=9) for count in (3, 8, 7, 6, 5)]
    config = FastConfig(stop=True, normalise_exposure=True)
    assert least_entropy(config) == pytest.approx(min(np.mean(sure[:steps]) for steps in range(2, 6)))


def save(run: Path, agent: Agent) -> Path:
    begin_run(
        run,
        SMALL,
        {"training": FastConfig(SMALL, stop=agent.stops).to_json(), "normalisation": agent.normalisation.to_json()},
    )
    save_checkpoint(run / LAST, {f"agent/weights/{name}": value for name, value in agent.state_dict().items()}, {})
    return run


def test_a_run_is_read_with_and_without_torch_as_what_it_is(tmp_path: Path) -> None:
    for normalisation in (NOTHING_NORMALISED, EXPOSED):
        run = save(tmp_path / str(normalisation.exposure), small_agent(normalisation, 0.3))
        checkpoint, agent = load_agent(run), load_numpy_agent(run)
        assert checkpoint.agent.actions == agent.actions == ACTIONS
        expected = play(checkpoint.agent.double(), SMALL, requests(6), seed=7)
        assert [agent.play(request, seed=7) for request in requests(6)] == expected
        assert len({len(game) for game in expected}) > (normalisation == EXPOSED)


def test_its_episodes_have_as_many_steps_as_it_made_and_how_probable_it_was_to_stop(tmp_path: Path) -> None:
    checkpoint = load_agent(save(tmp_path / "run", small_agent(EXPOSED, 0.5)))
    player = Player("eager", checkpoint, 0, datetime(2026, 1, 1, tzinfo=UTC))
    played = play(checkpoint.agent.double(), SMALL, requests(12), seed=0, choice="sampled")
    assert min(map(len, played)) < 5
    for request, game in zip(requests(12), played, strict=True):
        episode, steps, events = player.game_rows(request, "study", game)
        assert episode["step_count"] == len(steps) == len(game)
        assert events[-1]["kind"] == "submit"
        for row in steps:
            check_probabilities(json.loads(json.dumps(row["probabilities"])))
            assert STOP in row["probabilities"]


def test_its_probabilities_are_drawn_with_a_line_for_stopping() -> None:
    for stop in ({}, {STOP: 0.2}):
        figure, drawing = empty_figure(200, 200)
        draw_probabilities(drawing, (0, 0), 180, dict.fromkeys(FILTERS, 0.1) | stop, "exposure")
        lines = [text for text in figure.findobj(Text) if text.get_text() in ("Stop", "Exposure", "Color")]
        assert len(lines) == 2 + len(stop)
        assert max(line.get_position()[1] for line in lines) < SHARES


def test_what_it_plays_is_an_export_like_any(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for request in requests(3):
        name = tmp_path / "photos" / f"{request.photo[-1]}.png"
        Image.fromarray((request.view * 255).astype(np.uint8)).save(name)
    run = save(tmp_path / "run", small_agent(EXPOSED, 0.5))
    safelight_output("play", tmp_path / "photos", "--agent", run, "--samples", 6, "-o", tmp_path / "play")
    snapshot = read_snapshot(tmp_path / "play")
    counts = [episode["step_count"] for episode in rows(snapshot.episodes)]
    assert len(counts) == 18
    assert 1 <= min(counts) < 5
    assert sum(counts) == len(list(rows(snapshot.steps)))
