"""A training that begins as a model of people, and is kept near to it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from editing.game.filters import FILTERS
from learning.agent import state
from learning.agent.acting import act, without_used
from learning.agent.checkpoint import LAST, begin_run, load_agent, save_checkpoint
from learning.agent.networks import Agent, draw_masks, initialise
from learning.agent.people_model import NOISE, PeopleModel
from learning.agent.training_data import TRAINED_ON, TrainingData
from learning.configuration import Widths
from learning.training.people_guide import strangeness, warm_start
from learning.training.trainer import NetworkOptimizer
from tests.command_line import safelight, safelight_output

SMALL = Widths(1, 4)
EXPOSURE = list(FILTERS).index("exposure")


def model_of_people() -> PeopleModel:
    """People who nearly always begin with an exposure of about one stop, and then stop."""
    model = initialise(PeopleModel(SMALL), torch.Generator().manual_seed(1)).requires_grad_(False)
    for name, parameter in model.named_parameters():
        if name.endswith("output.weight"):
            parameter.mul_(0.01)
    model.choice.output.bias[EXPOSURE] += 8
    model.choice.output.bias[len(FILTERS)] += 4
    model.centre_exposure.fill_(0.6)
    model.spread_exposure.fill_(0.1)
    return model


def photos(count: int = 16) -> torch.Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(2)) * 0.3


def test_what_people_do_is_less_strange_than_what_they_do_not() -> None:
    people, images = model_of_people(), photos()
    states = state.fresh_states(len(images), images)
    nats = {}
    for name, slug in (("theirs", "exposure"), ("another", "color")):
        choice = torch.full((len(images),), list(FILTERS).index(slug))
        action = act(people, images, states, None, lambda _, c=choice: c, noise=torch.zeros(len(images), NOISE))
        sure = torch.nn.functional.one_hot(choice, len(FILTERS) + 1).float() * 0.9 + 0.01
        nats[name] = float(strangeness(people, images, states, sure, action).mean())
        over = state.next_states(state.next_states(states, choice), torch.full((len(images),), len(FILTERS)))
        assert strangeness(people, images, over, sure, action).tolist() == [0] * len(images)
    assert nats["theirs"] < nats["another"]


def test_all_filters_at_once_cost_what_groups_of_images_cost() -> None:
    people, images = model_of_people(), photos()
    agent = initialise(Agent(SMALL, stops=True), torch.Generator().manual_seed(3))
    states, choice = state.fresh_states(len(images), images), torch.arange(len(images)) % len(FILTERS)
    costs = []
    for grouped in (True, False):
        action = act(agent, images, states, None, lambda _: choice, grouped=grouped)
        probabilities = without_used(action.probabilities, states)
        costs.append(strangeness(people, images, states, probabilities, action))
    torch.testing.assert_close(costs[0], costs[1])


@pytest.mark.long
@pytest.mark.parametrize("stops", [True, False])
def test_a_warm_start_makes_an_agent_begin_as_people_do(monkeypatch: pytest.MonkeyPatch, stops: bool) -> None:
    monkeypatch.setattr("learning.training.people_guide.WARM_UPDATES", 30)
    monkeypatch.setattr("learning.training.people_guide.WARM_RATE", 5e-3)
    generator = torch.Generator().manual_seed(4)
    agent = initialise(Agent(SMALL, stops=stops), generator)
    optimizer = NetworkOptimizer(agent, (0.5, 0.99), torch.device("cpu"))
    warm_start(
        agent,
        model_of_people(),
        SMALL,
        photos,
        lambda loss, rate: optimizer.step(optimizer.gradients(loss), rate),
        generator,
    )
    images = photos()
    states = state.fresh_states(len(images), images)
    masks = draw_masks(len(images), SMALL, generator)
    action = act(agent, images, states, masks, lambda p: p.argmax(dim=1))
    assert bool((action.choice == EXPOSURE).all())
    assert float(action.groups[EXPOSURE].parameters["ev"].detach().mean()) == pytest.approx(1, abs=0.4)


@pytest.fixture
def people_run(tmp_path: Path) -> Path:
    """A run of safelight imitate."""
    model = model_of_people()
    trained_on = TrainingData.of(["0" * 64], ["somebody"]).to_json()
    begin_run(tmp_path / "people", SMALL, {"recipe": "imitate", "training": {"stop": True}, TRAINED_ON: trained_on})
    weights = {f"agent/weights/{name}": value for name, value in model.state_dict().items()}
    save_checkpoint(tmp_path / "people" / LAST, weights, {})
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(5)
    for index in range(2):
        Image.fromarray(random.integers(0, 120, (90, 100, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    return tmp_path / "people"


def options(run: Path, out: Path, *more: object) -> list[object]:
    photos_folder = run.parent / "photos"
    small = ["--width", 1, "--hidden", 2, "--batch", 8, "--iterations", 1, "--picture-every", 0, "--save-every", 1]
    return ["--inputs", photos_folder, "--targets", photos_folder, "--out", out, *small, *more]


@pytest.fixture
def guided(people_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Trains by people into a folder of that name."""
    monkeypatch.setattr("learning.training.people_guide.WARM_UPDATES", 2)

    def train(name: str) -> Path:
        more = ("--init", people_run, "--imitation-weight", 0.1, "--stop")
        safelight_output("train", *options(people_run, tmp_path / name, *more))
        return tmp_path / name

    return train


def test_the_command_begins_by_people_and_records_whose_play_that_was(
    people_run: Path, guided: Callable[[str], Path]
) -> None:
    run = guided("run")
    config = json.loads((run / "config.json").read_text())
    assert config["init"] == load_agent(people_run).sha256
    trained_on = TrainingData.from_json(config[TRAINED_ON])
    assert trained_on is not None
    assert trained_on.seen_players(["somebody", "else"]) == {"somebody"}
    metrics = json.loads((run / "log.jsonl").read_text().splitlines()[0])
    assert metrics["strangeness"] > 0


@pytest.mark.long
def test_the_command_gives_the_same_agent_again_and_goes_on(guided: Callable[[str], Path]) -> None:
    first, second = guided("first"), guided("second")
    assert load_agent(first).sha256 == load_agent(second).sha256
    safelight_output("train", "--out", first, "--resume")


def test_what_is_no_model_of_people_is_refused(people_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = safelight("train", *options(people_run, out, "--init", "pretrained"))
    assert "pretrained is no model of people" in result.output
    result = safelight("train", *options(people_run, out, "--imitation-weight", 0.1))
    assert "--imitation-weight needs --init" in result.output
    result = safelight("train", *options(people_run, out, "--init", people_run, "--recipe", "paper"))
    assert "--init is for --recipe fast alone" in result.output
    assert not out.exists()
