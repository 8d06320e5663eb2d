"""A study whose pictures by people, an agent and nobody are judged."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.webapp.conftest import MakePhoto, Player
from tests.webapp.ratings.conftest import store_play
from webapp.photos.models import Photo
from webapp.studies.models import Study

MAKERS = ["person", "agent", "untouched"]
JUDGING = "/api/studies/default/judging/"


def judging_task(kind: str = "rating", **settings: Any) -> dict[str, Any]:
    """A task of a study."""
    return {"kind": kind, "name": "judged", "makers": MAKERS, **settings}


def newcomer() -> Player:
    """Somebody who has joined."""
    player = Player()
    assert player.join().status_code == 200
    return player


def shown(player: Player) -> Any:
    """What somebody is given to judge."""
    answer = player.post(JUDGING, {})
    assert answer.status_code == 200, answer.content
    return answer.json()


def picture(player: Player, trial: Any, index: int = 0) -> Image.Image:
    """A picture of a trial, as its participant gets it."""
    answer = player.get(trial["pictures"][index])
    assert answer.status_code == 200
    return Image.open(io.BytesIO(b"".join(answer.streaming_content)))


def say(player: Player, trial: Any, value: int = 1, ms: int = 900) -> Any:
    """Answer a trial."""
    return player.post(f"/api/studies/default/trials/{trial['id']}/", {"answer": value, "ms": ms})


def judge_all(player: Player, value: int = 1) -> int:
    """Answer all that somebody is given, and return how many trials that was."""
    trials = shown(player)["trials"]
    for trial in trials:
        assert say(player, trial, value).status_code == 200
    return len(trials)


@pytest.fixture
def judged_photos(study: Study, make_photo: MakePhoto) -> list[Photo]:
    """Four photos, each done by a person and by an agent."""
    photos = [make_photo(seed) for seed in range(4)]
    for number, photo in enumerate(photos):
        store_play(study, photo, f"person-{number}", 0.5 + number / 10)
        store_play(study, photo, "agent:pretrained", 1.7)
    return photos


@pytest.fixture
def configure(study: Study) -> Callable[..., Study]:
    """Gives the study these tasks."""

    def change(*tasks: dict[str, Any], **settings: Any) -> Study:
        study.change({"tasks": list(tasks), "reveal": "off", **settings})
        study.full_clean()
        study.save()
        return study

    return change
