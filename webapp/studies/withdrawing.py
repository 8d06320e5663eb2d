"""Withdrawing from a study: everything of the person goes, and numbers that stay true are left in its place."""

from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.utils.crypto import salted_hmac

from webapp.participants.models import Participant
from webapp.studies.entries import identity_digest, participant_digest
from webapp.studies.leases import give_back
from webapp.studies.models import Consent, Identity, Participation, Withdrawal

# Sent with ``participation``, inside the transaction. What is said of episodes is erased first, then the episodes;
# who erases the episodes answers with how many there were, and how many events.
erasing_traces = Signal()
erasing_play = Signal()

# What becomes of each row that points to a person, a participation or an episode, directly or not, as somebody
# withdraws. A test finds every such foreign key, and fails on one that is missing here.
POLICIES: dict[str, str] = {
    "studies.Participation.participant": "deleted",
    "studies.Consent.participant": "deleted",
    "studies.Lease.participation": "deleted with the participation, its place given back",
    "studies.Identity.participation": "deleted with the participation",
    "recruiting.Submission.identity": "deleted with the identity",
    "recruiting.Payment.participation": "kept alone where it is due, else deleted, by webapp.recruiting.payments",
    "games.Episode.participant": "deleted by webapp.games.erasing",
    "games.Episode.lease": "deleted by webapp.games.erasing",
    "games.Event.episode": "deleted with the episode",
    "games.Step.episode": "deleted with the episode",
    "quality.Measure.episode": "deleted with the episode",
    "questionnaires.Answers.participation": "deleted with the participation",
    "judging.Trial.participation": "deleted by webapp.judging.erasing, its pictures counted no longer",
    "judging.Picture.episode": "deleted by webapp.judging.erasing, with the trials that show it, whoever has them",
    "judging.Picture.personal": "deleted by webapp.judging.erasing, with the trials that show it",
    "judging.ShownPicture.trial": "deleted with the trial",
    "judging.ShownPicture.picture": "deleted with the picture",
    "personal_agents.PersonalAgent.participation": "deleted with the participation",
    "personal_agents.PersonalPicture.agent": "deleted with the agent",
    "ratings.Showing.participant": "deleted by webapp.ratings.erasing",
    "ratings.Place.showing": "deleted with the showing",
    "ratings.Judgement.showing": "deleted with the showing",
    "ratings.Place.episode": "the showing is deleted, whoever saw it, by webapp.ratings.erasing",
    "downloads.Download.episode": "deleted with its file by webapp.downloads.deleting",
    "datasets.VersionEpisode.episode": "deleted by webapp.datasets.leaving, with the files of the version",
    "datasets.VersionPerson.participation": "deleted by webapp.datasets.leaving, with the files of the version",
}


def pseudonym_digest(pseudonym: str) -> str:
    """Return a digest of a pseudonym, under the site's key."""
    return salted_hmac("safelight.pseudonym", pseudonym, algorithm="sha256").hexdigest()


@transaction.atomic
def withdraw(participation: Participation) -> Withdrawal:
    """Erase what a study has of somebody, and return what is left: digests and counts.

    Their places are given back. Payment that is due stays due, in a table of its own, until it is paid or lapses.
    """
    participation = Participation.objects.select_for_update().get(pk=participation.pk)
    study, participant = participation.study, participation.participant
    identity = Identity.objects.filter(participation=participation).first()
    give_back(participation)
    erasing_traces.send(Participation, participation=participation)
    answers: list[Any] = [answer for _, answer in erasing_play.send(Participation, participation=participation)]
    episodes, events = (sum(count) for count in zip(*answers, strict=True))
    row = Withdrawal.objects.create(
        study=study,
        pseudonym_digest=pseudonym_digest(participation.pseudonym),
        participant_digest=participant_digest(study, participant.pk),
        identity_digest=identity_digest(study, identity.platform_id) if identity else "",
        completed=participation.completed is not None,
        episodes=episodes,
        events=events,
    )
    Consent.objects.filter(study=study, participant=participant).delete()
    participation.delete()
    if not Participation.objects.filter(participant=participant).exists():
        Participant.objects.filter(pk=participant.pk).delete()
    return row
