"""The start page, which knows how far its visitor is, and the page of a replay."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from webapp.games.assignment import has_practised
from webapp.games.models import Episode
from webapp.games.replays import watchable
from webapp.participants.models import Participant
from webapp.participants.sessions import participant_of
from webapp.studies.models import Consent, Participation, Study
from webapp.studies.pages import program_page


@dataclass(frozen=True)
class Progress:
    """A study, how many photos it has, how many of them the visitor has submitted, and whether they have agreed.

    Attributes:
        begun: whether they have begun to play; of a study with tasks beside play, whether they take part.
        completed: whether they have done all tasks, where the study has others than play.
    """

    study: Study
    total: int
    done: int
    begun: bool
    practised: bool = False
    agreed: bool = False
    completed: bool = False


def home(request: HttpRequest) -> HttpResponse:
    """Render the start page: what this is, and the way into the open studies."""
    visitor = participant_of(request)
    studies = [_progress(study, visitor) for study in Study.objects.filter(state=Study.State.OPEN, listed=True)]
    context = {
        "studies": studies,
        "names": any(progress.study.organiser for progress in studies),
        "has_finished": _has_finished(visitor),
        "built": finders.find("landing.js") is not None,
    }
    return render(request, "home.html", context)


def _has_finished(visitor: Participant | None) -> bool:
    """Whether the visitor has handed something in where it can be had at full size."""
    handed_in = Episode.objects.filter(status=Episode.Status.SUBMITTED, study__allow_downloads=True, tutorial=False)
    return visitor is not None and handed_in.filter(participant=visitor, photo__removed_at=None).exists()


def _progress(study: Study, visitor: Participant | None) -> Progress:
    total = study.playable.count()
    if visitor is None:
        return Progress(study, total, done=0, begun=False)
    own = Episode.objects.filter(study=study, participant=visitor)
    submitted = own.filter(status=Episode.Status.SUBMITTED).values("photo")
    done = study.playable.filter(pk__in=submitted).count()
    begun = done > 0 or own.filter(status=Episode.Status.OPEN).exists()
    agreed = Consent.objects.filter(study=study, participant=visitor).exists()
    completed = False
    if study.tasks:
        taking_part = Participation.objects.filter(study=study, participant=visitor).first()
        begun, completed = taking_part is not None, taking_part is not None and taking_part.completed is not None
    return Progress(study, total, done, begun, practised=has_practised(visitor), agreed=agreed, completed=completed)


def replay(request: HttpRequest, episode_id: UUID) -> HttpResponse:
    """Render an episode, step by step; not found for who may not watch it."""
    episode = watchable(request, episode_id)
    return program_page(request, "replay", gettext("Step by step"), episode=str(episode.pk))
