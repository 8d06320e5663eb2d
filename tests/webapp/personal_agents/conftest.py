"""A study that allows personal agents, somebody who has finished eight photos of ten, and a model of people."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.webapp.conftest import MakeOnce, Player, default_study, new_photo, new_player
from tests.webapp.ratings.conftest import do_photo
from webapp.datasets import personal_play
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent
from webapp.photos.models import Photo
from webapp.studies.models import Participation, Study

AGENT = "/api/studies/default/personal-agent/"
NUMBERS = [0.5, -0.25, 0.0, 1.0, 0.125, -1.0]


def allow() -> Study:
    """Let the default study have them; what its model of people holds is nothing to most tests."""
    study = default_study()
    study.change({"personal_agents": True})
    study.full_clean()
    study.save()
    ModelOfPeople.objects.create(study=study, config={"recipe": "imitate"}, weights=b"weights")
    return study


@dataclass(frozen=True)
class EightDone:
    """Somebody who has agreed, the ten photos of the study, and that the first eight are done."""

    player: Player
    photos: list[Photo]


def do_eight(study: Study) -> EightDone:
    """Somebody joins, and does eight of ten photos."""
    player, photos = new_player(), [new_photo(study, seed) for seed in range(10)]
    for number, photo in enumerate(photos[:8]):
        do_photo(player, photo, 0.5 + number / 10)
    return EightDone(player, photos)


@pytest.fixture(scope="module")
def eight_once(made_once: MakeOnce) -> Iterator[EightDone]:
    """What they have done, for all tests of a module."""
    with made_once():
        yield do_eight(allow())


@pytest.fixture
def player(eight_once: EightDone, db: None) -> Player:
    """The one who has done eight photos."""
    return eight_once.player.copy()


@pytest.fixture
def ten(eight_once: EightDone, db: None) -> list[Photo]:
    """The photos of the study."""
    return deepcopy(eight_once.photos)


@pytest.fixture
def eight(ten: list[Photo]) -> list[Photo]:
    """Those that are done."""
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
