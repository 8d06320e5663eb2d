"""A study whose pictures by people, an agent and nobody are judged."""

import io
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.webapp.conftest import MakeOnce, Player, default_study, new_photo
from tests.webapp.ratings.conftest import store_play
from webapp.photos.models import Photo
from webapp.studies.models import Study

MAKERS = ["person", "agent", "untouched"]
JUDGING = "/api/studies/default/judging/"


def judging_task(kind: str = "rating", **settings: Any) -> dict[str, Any]:
    """A task of a study."""
    return {"kind": kind, "name": "judged", "makers": MAKERS, **settings}


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


@pytest.fixture(scope="module")
def judged_once(made_once: MakeOnce) -> Iterator[list[Photo]]:
    """Four photos, each done by a person and by an agent, for all tests of a module."""
    with made_once():
        study = default_study()
        photos = [new_photo(study, seed) for seed in range(4)]
        for number, photo in enumerate(photos):
            store_play(study, photo, f"person-{number}", 0.5 + number / 10)
            store_play(study, photo, "agent:pretrained", 1.7)
        yield photos


@pytest.fixture
def judged_photos(judged_once: list[Photo], db: None) -> list[Photo]:
    """The four photos."""
    return deepcopy(judged_once)


def give_tasks(study: Study, *tasks: dict[str, Any], **settings: Any) -> Study:
    """Give a study these tasks."""
    study.change({"tasks": list(tasks), "reveal": "off", **settings})
    study.full_clean()
    study.save()
    return study


@pytest.fixture
def configure(study: Study) -> Callable[..., Study]:
    """Gives the default study tasks."""
    return partial(give_tasks, study)


@pytest.fixture
def built_judging(settings: Any, tmp_path: Path) -> None:
    """A page that is built."""
    for name in ("judging.js", "judging.css"):
        (tmp_path / name).touch()
    settings.STATICFILES_DIRS = [tmp_path]
