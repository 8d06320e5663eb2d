"""What somebody is shown of the agent that edits like them: on their profile, once they have done all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from webapp.games.models import Episode
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent, PersonalPicture
from webapp.personal_agents.people import finished
from webapp.ratings.revealing import plays_on
from webapp.studies.configuration import PERSONAL_AGENT_PHOTOS
from webapp.studies.models import Participation

# Pictures on a profile.
MOST_SHOWN = 6
# The study has none; too few photos are finished; there is more to do before; it is being made; it failed; it is here.
State = Literal["off", "too_few", "later", "waiting", "failed", "ready"]


@dataclass(frozen=True)
class OwnAgent:
    """How far somebody's agent is.

    Attributes:
        done: how many photos they have finished, of ``needed``.
        pairs: what they made of a photo, and what it did; nothing unless it is ready.
    """

    state: State
    done: int = 0
    needed: int = PERSONAL_AGENT_PHOTOS
    pairs: Sequence[tuple[Episode, PersonalPicture]] = ()


def own_agent(participation: Participation) -> OwnAgent:
    """Return what a participant may know of their agent by now. Before they have done all, that is no picture of it."""
    study = participation.study
    if not study.personal_agents or not ModelOfPeople.objects.filter(study=study).exists():
        return OwnAgent("off")
    done = finished(participation).order_by().values("photo").distinct().count()
    if done < PERSONAL_AGENT_PHOTOS:
        return OwnAgent("too_few", done)
    if plays_on(participation.own_study, participation.participant):
        return OwnAgent("later", done)
    agent = PersonalAgent.objects.filter(participation=participation).first()
    if agent is None:
        return OwnAgent("waiting", done)
    if agent.state == PersonalAgent.State.FAILED:
        return OwnAgent("failed", done)
    return OwnAgent("ready", done, pairs=_pairs(participation, agent))


def _pairs(participation: Participation, agent: PersonalAgent) -> list[tuple[Episode, PersonalPicture]]:
    """Return both pictures of some photos; those first that the agent had not learned from."""
    own = {episode.photo_id: episode for episode in finished(participation).select_related("photo")}
    pictures = agent.pictures.filter(photo__in=own, photo__removed_at=None).select_related("photo")
    return [(own[picture.photo_id], picture) for picture in pictures.order_by("learned", "pk")[:MOST_SHOWN]]
