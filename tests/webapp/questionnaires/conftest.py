"""Questionnaires in SurveyJS's JSON, and somebody who is asked."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.webapp.conftest import Player
from webapp.studies.models import Study

BEFORE = {
    "pages": [
        {"elements": [{"type": "text", "name": "age", "inputType": "number"}]},
        {
            "elements": [
                {"type": "radiogroup", "name": "experience", "choices": ["none", "some"], "showOtherItem": True},
                {"type": "html", "name": "thanks", "html": "<b>Thanks</b>"},
            ]
        },
    ],
    "calculatedValues": [{"name": "is_adult", "expression": "{age} >= 18", "includeIntoResult": True}],
}
AFTER = {"elements": [{"type": "comment", "name": "remarks"}]}
ASKED = ({"kind": "questionnaire", "name": "before"}, {"kind": "play"}, {"kind": "questionnaire", "name": "after"})


def answer(player: Player, name: str, values: Any, key: str | None = None) -> Any:
    """Answer a questionnaire."""
    body = {"key": key or str(uuid4()), "answers": values, "ms": 4000}
    return player.post(f"/api/studies/default/questionnaires/{name}/", body)


@pytest.fixture
def configure(study: Study) -> Callable[..., Study]:
    """Gives the study these tasks, and two questionnaires."""

    def change(*tasks: dict[str, Any], **settings: Any) -> Study:
        study.change({"tasks": list(tasks), "questionnaires": {"before": BEFORE, "after": AFTER}, **settings})
        study.full_clean()
        study.save()
        return study

    return change


@pytest.fixture
def asked(configure: Callable[..., Study], photo: Any) -> Player:
    """Somebody who is asked before and after play."""
    configure(*ASKED)
    player = Player()
    assert player.join().status_code == 200
    return player
