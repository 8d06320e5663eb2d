"""A person as a few numbers on the model of people."""

import json
from pathlib import Path

import pytest
import torch

from learning.agent.checkpoint import load_agent
from learning.agent.people_model import PERSON, PeopleModel
from learning.imitation.adapting import adapted, fit_numbers, told_person
from learning.imitation.imitating import log_likelihoods, sum_of
from learning.imitation.moves import moves_of_play, read_play
from tests.command_line import safelight, safelight_output
from tests.learning.imitation.synthetic import begun_model, synthetic_export


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.imitation.adapting.STEPS", 8)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An export of synthetic people, nine photos each, and a model of them."""
    folder = tmp_path_factory.mktemp("adapting")
    export = synthetic_export(folder / "export", 6, 9, 10)
    return export, begun_model(folder / "people", export)


def test_fitted_numbers_make_what_a_person_did_likelier_and_leave_the_model_as_it_is(
    learned: tuple[Path, Path],
) -> None:
    play = read_play(learned[0], "robots")
    model = load_agent(learned[1]).agent
    assert isinstance(model, PeopleModel)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    moves = moves_of_play(play.of(play.people[:1], play.photos))
    numbers = fit_numbers(model, moves)
    assert numbers.shape == (PERSON,)
    with torch.no_grad():
        nothing = sum_of(log_likelihoods(model, moves, told_person(torch.zeros(PERSON), len(moves)))).sum()
        fitted = sum_of(log_likelihoods(model, moves, told_person(numbers, len(moves)))).sum()
    assert float(fitted) - 0.5 * float(numbers.square().sum()) > float(nothing)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert adapted(model, numbers).person[0] == 1


def test_the_command_makes_an_agent_of_one_person(learned: tuple[Path, Path], tmp_path: Path) -> None:
    export, people = learned
    person = read_play(export, "robots").people[0]
    out = tmp_path / "run"
    options = ("--agent", people, "--players", "robots")
    output = safelight_output("adapt", export, *options, "--person", person, "-o", out)
    assert "on 9 photos" in output
    assert load_agent(out).sha256 != load_agent(people).sha256
    told = json.loads((out / "person.json").read_text())
    assert (told["photos"], told["numbers"]) == (9, load_agent(out).agent.person[1:].tolist())
    assert person not in json.dumps(json.loads((out / "config.json").read_text()))


@pytest.mark.long
def test_the_same_person_gives_the_same_agent_which_plays(learned: tuple[Path, Path], tmp_path: Path) -> None:
    export, people = learned
    person = read_play(export, "robots").people[0]
    options = ("--agent", people, "--players", "robots", "--person", person)
    for name in ("a", "b"):
        safelight_output("adapt", export, *options, "-o", tmp_path / name)
    assert load_agent(tmp_path / "a").sha256 == load_agent(tmp_path / "b").sha256
    safelight_output("play", export, "--agent", tmp_path / "a", "-o", tmp_path / "play")


def test_it_says_who_is_missing_and_what_is_too_little(learned: tuple[Path, Path], tmp_path: Path) -> None:
    options = ("--agent", learned[1], "--players", "robots", "-o", tmp_path / "run")
    assert "holds no treatment by nobody" in safelight("adapt", learned[0], *options, "--person", "nobody").output
    few = synthetic_export(tmp_path / "few", 2, 3, 4)
    person = read_play(few, "robots").people[0]
    result = safelight("adapt", few, *options, "--person", person)
    assert "has finished 3 photos; 8 are the least" in result.output
    assert result.exit_code == 1
