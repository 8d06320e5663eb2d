"""A photo that several people and an agent have done."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone

from editing.game.filters import VERSION
from tests.webapp.conftest import Player, write_events
from webapp.games.models import Episode, Step
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Study

AGENT_EV = 2.5


def do_photo(player: Player, photo: Photo, ev: float) -> str:
    """Play a photo to its end with one step of exposure, and return the episode's id."""
    step = {"step": 0, "filter": "exposure"}
    actions = (("start", {}), ("choose", step), ("adjust", step | {"parameters": {"ev": ev}}), ("submit", {}))
    events = write_events(*actions)
    assert player.send(photo, events).status_code == 200
    return str(events[0]["episode"])


def store_play(study: Study, photo: Photo, name: str, ev: float) -> Episode:
    """Store somebody's episode on a photo as an import would: one step of exposure."""
    kind = "agent" if name.startswith("agent:") else "human"
    player, _ = Participant.objects.get_or_create(pseudonym=name, defaults={"kind": kind})
    same = {"study": study, "photo": photo, "contract_version": VERSION, "started": timezone.now()}
    episode = Episode.objects.create(id=uuid4(), participant=player, status="submitted", step_count=1, **same)
    Step.objects.create(episode=episode, index=0, filter="exposure", parameters={"ev": ev})
    return episode


@pytest.fixture
def agent_plays(study: Study) -> Callable[..., Episode]:
    """Stores an agent's episode on a photo, as an import would."""

    def play(photo: Photo, name: str = "agent:pretrained", ev: float = AGENT_EV) -> Episode:
        return store_play(study, photo, name, ev)

    return play
