"""The retention date of a study: from then on nothing on this site leads from its data to the people whose they are.

Their play stays, under the pseudonyms by which exports have called them. Nobody can withdraw it any more, since nobody
can say whose it is.
"""

from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from webapp.participants.models import Participant
from webapp.studies.models import Consent, Identity, Participation

# Sent with ``participation``, inside the transaction: what is for nobody but the person is deleted.
anonymising = Signal()

# What becomes then of each row for which ``withdrawing.POLICIES`` says what becomes of it as somebody withdraws.
POLICIES: dict[str, str] = {
    "studies.Participation.participant": "points to a participant who is nobody",
    "studies.Consent.participant": "points to a participant who is nobody",
    "studies.Lease.participation": "stays with the participation",
    "studies.Identity.participation": "deleted",
    "recruiting.Submission.identity": "deleted with the identity",
    "recruiting.Payment.participation": "stays as a sum; whom it was for is deleted by webapp.recruiting.payments",
    "games.Episode.participant": "points to a participant who is nobody",
    "games.Episode.lease": "stays with the episode",
    "games.Event.episode": "stays with the episode",
    "games.Step.episode": "stays with the episode",
    "quality.Measure.episode": "stays with the episode",
    "questionnaires.Answers.participation": "stays with the participation",
    "judging.Trial.participation": "stays with the participation",
    "judging.Picture.episode": "stays with the episode",
    "judging.Picture.personal": "deleted with the personal agent, and the trials that show it; what was said stays",
    "judging.ShownPicture.trial": "stays with the trial",
    "judging.ShownPicture.picture": "stays with the trial",
    "personal_agents.PersonalAgent.participation": "deleted by webapp.personal_agents.erasing",
    "personal_agents.PersonalPicture.agent": "deleted with the agent",
    "ratings.Showing.participant": "points to a participant who is nobody",
    "ratings.Place.showing": "stays with the showing",
    "ratings.Judgement.showing": "stays with the showing",
    "ratings.Place.episode": "stays with the showing",
    "downloads.Download.episode": "deleted with its file after DOWNLOAD_DAYS",
    "datasets.VersionEpisode.episode": "stays with the version",
    "datasets.VersionPerson.participation": "stays with the version",
}
# Rows of consents are only ever added: the database refuses to change them.
_CONSENTS = """
INSERT INTO studies_consent (study_id, participant_id, version, text, language, given)
SELECT study_id, %s, version, text, language, given FROM studies_consent
WHERE study_id = %s AND participant_id = %s
"""


def anonymise_due() -> int:
    """Anonymise the participations of all studies whose retention date has come; return how many."""
    due = Participation.objects.filter(study__retention_date__lte=timezone.now().date(), anonymised=None)
    keys = list(due.values_list("pk", flat=True))
    for key in keys:
        anonymise(key)
    return len(keys)


@transaction.atomic
def anonymise(key: int) -> None:
    """Cut what leads from a participation to the person: who they are at the recruiter, and what their browser keeps.

    Sessions and tickets name a participant. The rows of the study get another one, whom none of them names.
    """
    participation = Participation.objects.select_for_update().filter(pk=key).first()
    if participation is None:  # has withdrawn meanwhile
        return
    anonymising.send(Participation, participation=participation)
    study, participant = participation.study_id, participation.participant
    nobody = Participant.objects.create(kind=participant.kind)
    Identity.objects.filter(participation=participation).delete()
    with connection.cursor() as cursor:
        cursor.execute(_CONSENTS, [nobody.pk, study, participant.pk])
    Consent.objects.filter(study=study, participant=participant).delete()
    for relation in Participant._meta.related_objects:
        model, name = relation.related_model, relation.field.name
        if not relation.many_to_many and model is not Consent:
            model._base_manager.filter(study=study, **{name: participant}).update(**{name: nobody})
    Participation.objects.filter(pk=key).update(anonymised=timezone.now())
    if not Participation.objects.filter(participant=participant).exists():
        Participant.objects.filter(pk=participant.pk).delete()
