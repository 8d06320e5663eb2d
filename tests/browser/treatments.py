"""Pictures that others have made, stored as an import would store them."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.utils import timezone

from editing.game.filters import VERSION
from webapp.games.models import Episode, Step
from webapp.participants.models import Participant
from webapp.participants.pseudonyms import new_pseudonym
from webapp.photos.models import Photo
from webapp.studies.models import Study

Steps = Sequence[tuple[str, dict[str, float]]]
AGENT = "agent:pretrained"


def treat(photo: Photo, steps: Steps, player: str | None = None, **fields: Any) -> Episode:
    """An episode that was handed in, by a new person, or by the player of that name; `agent:<name>` is an agent."""
    name = player or new_pseudonym()
    kind = "agent" if name.startswith("agent:") else "human"
    participant, _ = Participant.objects.get_or_create(pseudonym=name, defaults={"kind": kind})
    same = {"study": Study.objects.get(), "photo": photo, "contract_version": VERSION, "started": timezone.now()}
    episode = Episode(id=uuid4(), participant=participant, status="submitted", step_count=len(steps), **same, **fields)
    episode.save()
    rows = [
        Step(episode=episode, index=index, filter=slug, parameters=parameters)
        for index, (slug, parameters) in enumerate(steps)
    ]
    Step.objects.bulk_create(rows)
    return episode
