"""A study that allows personal agents, somebody who has finished eight photos of ten, and a model of people."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.webapp.conftest import MakePhoto, Player, new_player
from tests.webapp.ratings.conftest import do_photo
from webapp.datasets import personal_play
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent
from webapp.photos.models import Photo
from webapp.studies.models import Participation, Study

AGENT = "/api/studies/default/personal-agent/"
NUMBERS = [0.5, -0.25, 0.0, 1.0, 0.125, -1.0]


@pytest.fixture
def allowed(study: Study) -> Study:
    """The study allows it, and has a model; what that holds is nothing to most tests."""
    study.change({"personal_agents": True})
    study.full_clean()
    study.save()
    ModelOfPeople.objects.create(study=study, config={"recipe": "imitate"}, weights=b"weights")
    return study


@pytest.fixture
def player(allowed: Study) -> Player:
    """Somebody who has agreed to it."""
    return new_player()


@pytest.fixture
def other_player(allowed: Study) -> Player:
    """Somebody else who has."""
    return new_player()


@pytest.fixture
def ten(allowed: Study, make_photo: MakePhoto) -> list[Photo]:
    """The photos of the study."""
    return [make_photo(seed) for seed in range(10)]


@pytest.fixture
def eight(player: Player, ten: list[Photo]) -> list[Photo]:
    """The photos that the player has finished."""
    for number, photo in enumerate(ten[:8]):
        do_photo(player, photo, 0.5 + number / 10)
    return ten[:8]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[list[str]]]:
    """The commands that were run; an agent that makes every photo two stops brighter is what comes of them."""
    from editing.trajectories.snapshot import read_snapshot

    commands: list[list[list[str]]] = []

    def run(function: Any, both: list[list[str]], *, should_stop: Callable[[], bool], limit: float) -> None:
        adapt, play = both
        commands.append(both)
        own = read_snapshot(Path(adapt[1]))
        commands[-1].append([own.manifest["study"], *own.episodes.column("player").to_pylist()])
        run = Path(adapt[adapt.index("-o") + 1])
        run.mkdir()
        (run / "person.json").write_text(json.dumps({"numbers": NUMBERS}))
        photos = read_snapshot(Path(play[-1])).photos.column("sha256").to_pylist()
        monkeypatch.setattr(
            personal_play, "_steps_by_photo",
            lambda _: {photo: [{"filter": "exposure", "parameters": {"ev": 2.0}}] for photo in photos},
        )  # fmt: skip

    monkeypatch.setattr(personal_play, "run_isolated", run)
    return commands


def make_agents() -> None:
    """Let the worker do what waits."""
    while personal_play.make_next(lambda: False):
        pass


def agent_of(player: Player) -> PersonalAgent:
    """The agent that was made of a player."""
    return PersonalAgent.objects.get(participation=participation_of(player))


def participation_of(player: Player) -> Participation:
    """Who a player is in the default study."""
    name = player.join().json()["participant"]
    return Participation.objects.get(participant__pseudonym=name)
