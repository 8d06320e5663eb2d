"""Erasing a whole study that people have taken part in: deliberately, once it is closed, by its name."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal

from webapp.studies.log import log
from webapp.studies.models import DEFAULT, Participation, Study
from webapp.studies.withdrawing import withdraw

# Sent with ``study``, inside the transaction, once nobody takes part in it any more. Who has rows of it deletes them,
# or raises a ValidationError that says what must be done before.
erasing_study = Signal()


@dataclass(frozen=True)
class Erased:
    """How much was erased."""

    participations: int
    episodes: int
    events: int


@transaction.atomic
def erase_study(study: Study, name: str, user: User | AnonymousUser | None = None) -> Erased:
    """Erase a study with all that people did in it. Its photos stay on the site.

    Args:
        name: the study's slug, as whoever wants it gone has typed it.
        user: who that is; None for who has the server.

    Raises:
        ValidationError: says what must be done before.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.slug == DEFAULT:
        raise ValidationError("The study that visitors find where none is named stays.")
    if study.state != Study.State.CLOSED:
        raise ValidationError("Close the study first, and export its data.")
    if name != study.slug:
        raise ValidationError(f"To erase the study, type its name: {study.slug}")
    rows = [withdraw(participation) for participation in Participation.objects.filter(study=study)]
    erasing_study.send(Study, study=study)
    study.delete()
    log(None, user, f"erased the study {name}, in which {len(rows)} people had taken part")
    return Erased(len(rows), sum(row.episodes for row in rows), sum(row.events for row in rows))
