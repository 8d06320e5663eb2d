"""A model of people: it learns what they do next, is judged on others, and plays like any agent."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from editing.game.coordinates import coordinate_count, to_coordinates
from editing.game.filters import FILTERS
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from learning.agent import state
from learning.agent.checkpoint import BEST, LAST, begin_run, load_agent
from learning.agent.games import GameRequest
from learning.agent.networks import initialise
from learning.agent.people_model import NOISE, PERSON, PeopleModel
from learning.agent.playing import play
from learning.agent.single_games import load_single_player
from learning.agent.training_data import TRAINED_ON, TrainingData
from learning.configuration import Widths
from learning.imitation.imitating import ImitationConfig, ImitationTrainer
from learning.imitation.moves import moves_of_play, read_play, split_play
from learning.imitation.running import run
from tests.command_line import safelight, safelight_output
from tests.learning.imitation.synthetic import synthetic_export
from tests.learning.snapshots import Play, write

SMALL = Widths(2, 8)
CONFIG = ImitationConfig(width=2, hidden=8, batch=16, iterations=6, check_every=3, players="robots")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Play by ten synthetic people."""
    return synthetic_export(tmp_path_factory.mktemp("imitation") / "export")


def small_model() -> PeopleModel:
    return initialise(PeopleModel(SMALL), torch.Generator().manual_seed(0)).double()


def requests(count: int) -> list[GameRequest]:
    views = [np.random.default_rng(seed).random((64, 64, 3), dtype=np.float32) * 0.3 for seed in range(count)]
    return [GameRequest(f"{number % 3:064x}", number // 3, views[number % 3]) for number in range(count)]


def test_the_density_of_a_slider_adds_up_to_one() -> None:
    model = small_model()
    features = 0.1 * torch.rand(1, SMALL.features + 15 + state.SIZE + 1 + PERSON, dtype=torch.float64)
    where = torch.linspace(-12, 12, 20_001, dtype=torch.float64)[:, None]
    density = model.log_density("exposure", features.expand(len(where), -1), where).exp()
    assert float(torch.trapezoid(density, where[:, 0]).detach()) == pytest.approx(1, abs=1e-3)


def test_parameters_are_drawn_by_the_density_that_the_likelihood_has() -> None:
    model, random = small_model(), np.random.default_rng(0)
    features = 0.1 * torch.rand(1, SMALL.features + 15 + state.SIZE + 1 + PERSON, dtype=torch.float64).expand(4000, -1)
    noise = torch.from_numpy(np.column_stack([random.random(4000), random.standard_normal((4000, NOISE - 1))]))
    values = model.parameters_of("contrast", features, noise)["amount"].detach()
    drawn = to_coordinates(torch, "contrast", values[:, None])
    weights, means, deviations = (part[0].detach() for part in model.mixture("contrast", features))
    mean = (weights.exp()[:, None] * means).sum()
    variance = (weights.exp()[:, None] * (deviations.exp() ** 2 + means**2)).sum() - mean**2
    assert float(drawn.mean()) == pytest.approx(float(mean), abs=4 * float(variance.sqrt()) / 4000**0.5)


def test_its_games_differ_and_do_not_depend_on_the_batch() -> None:
    model = small_model()
    together = play(model, SMALL, requests(12), seed=3)
    assert together[:4] == [play(model, SMALL, [request], seed=3)[0] for request in requests(12)[:4]]
    assert len({tuple(played.step.filter for played in game) for game in together}) > 3
    assert len({len(game) for game in together}) > 1
    assert all(1 <= len(game) <= 5 for game in together)


def test_the_moves_of_play_are_its_steps_and_its_stops(export: Path) -> None:
    played = read_play(export, "robots")
    moves = moves_of_play(played)
    assert len(moves) == sum(len(game.steps) + (len(game.steps) < 5) for game in played.games)
    first = played.games[0].steps[0]
    assert int(moves.actions[0]) == list(FILTERS).index(first.filter)
    assert int(moves.states[1, state.STEP]) == 1
    assert bool((moves.coordinates[0, coordinate_count(first.filter) :] == 0).all())


def test_no_play_has_no_moves(export: Path) -> None:
    assert len(moves_of_play(read_play(export, "robots").of([], []))) == 0


def test_play_is_split_by_person_and_by_photo(export: Path) -> None:
    split = split_play(read_play(export, "robots"), 0)
    assert not set(split.held_out.people) & set(split.trained.people)
    assert not set(split.held_out.photos) & ({*split.trained.photos} | {*split.validation.photos})
    assert not set(split.validation.photos) & set(split.trained.photos)
    assert set(split.known.people) <= set(split.held_out.people) | set(split.known.people)


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(export: Path, tmp_path: Path) -> None:
    split = split_play(read_play(export, "robots"), 0)
    config = replace(CONFIG, width=1, iterations=2)
    for name, stops in (("whole", [None]), ("stopped", [1, None])):
        begin_run(tmp_path / name, config.widths, {"recipe": "imitate", "training": config.to_json()})
        for stop_after in stops:
            run(tmp_path / name, ImitationTrainer(config, split), lambda _: None, 1, stop_after=stop_after)
    for checkpoint in (LAST, BEST):
        assert (tmp_path / "whole" / checkpoint).read_bytes() == (tmp_path / "stopped" / checkpoint).read_bytes()


@pytest.fixture(scope="module")
def learned(export: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What the command has made, and what it said."""
    out = tmp_path_factory.mktemp("learned") / "people"
    options = ("--players", "robots", "--iterations", 5, "--width", 2)
    return out, safelight_output("imitate", export, "-o", out, *options)


def test_the_command_learns_says_how_well_and_plays(export: Path, learned: tuple[Path, str], tmp_path: Path) -> None:
    out, output = learned
    assert "10 robots of 8 photos" in output
    assert "% of the way from the marginal to the ceiling" in output
    judged = json.loads((out / "imitation.json").read_text())
    likelihood = {name: figures["log_likelihood"]["value"] for name, figures in judged["forecasts"].items()}
    assert likelihood.keys() == {"marginal", "nearest person", "model", "ceiling of a population", "ceiling"}
    # Who knows everybody's policy knows less than who plays.
    assert likelihood["marginal"] < likelihood["ceiling of a population"] < likelihood["ceiling"]
    closed = {ceiling: of["value"] for ceiling, of in judged["closed"].items()}
    assert closed["ceiling of a population"] > closed["ceiling"]
    config = json.loads((out / "config.json").read_text())
    trained_on = TrainingData.from_json(config[TRAINED_ON])
    assert trained_on is not None
    assert 0 < len(trained_on.seen_players(read_play(export, "robots").people)) < 10
    assert "same" not in safelight_output("imitate", export, "-o", out, "--resume")
    safelight_output("play", export, "--agent", out, "--samples", 2, "-o", tmp_path / "play")
    steps = [episode["step_count"] for episode in rows(read_snapshot(tmp_path / "play").episodes)]
    assert len(steps) == 16
    assert min(steps) >= 1
    checkpoint, single = load_agent(out), load_single_player(out)
    assert single.play(requests(1)[0], 0) == play(checkpoint.agent.double(), checkpoint.widths, requests(1), 0)[0]


def test_a_run_is_resumed_with_its_own_play_and_settings_alone(
    export: Path, learned: tuple[Path, str], tmp_path: Path
) -> None:
    out, _ = learned
    refused = safelight("imitate", export, "-o", out, "--resume", "--iterations", 9)
    assert "was begun with iterations 5, not 9" in refused.output
    other = synthetic_export(tmp_path / "other", 4, 3, 4)
    assert "is not what the run" in safelight("imitate", other, "-o", out, "--resume").output


@pytest.mark.parametrize(
    ("people", "photos", "message"),
    [(1, 4, "all play is by one person"), (4, 1, "all play is on 1 photo:"), (4, 2, "all play is on 2 photos:")],
)
def test_it_says_what_there_is_too_little_of(tmp_path: Path, people: int, photos: int, message: str) -> None:
    plays = [Play(f"p{person}", f"photo {photo}") for person in range(people) for photo in range(photos)]
    result = safelight("imitate", write(tmp_path / "export", plays), "-o", tmp_path / "run")
    assert result.exit_code == 1
    assert message in result.output
    assert not (tmp_path / "run").exists()


def test_robots_are_no_people(export: Path, tmp_path: Path) -> None:
    result = safelight("imitate", export, "-o", tmp_path / "run")
    assert result.exit_code == 1
    assert "people" in result.output
