"""What becomes of personal agents: they go with the person, at the retention date, and with their model."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from webapp.personal_agents.models import PersonalAgent, PersonalPicture
from webapp.personal_agents.pictures import path_of
from webapp.studies.models import Participation
from webapp.studies.retention import anonymising


@receiver(anonymising)
def erase_agent(participation: Participation, **kwargs: Any) -> None:
    """Delete somebody's agent: from now on nobody can be shown it, nor ask that it be erased."""
    PersonalAgent.objects.filter(participation=participation).delete()


@receiver(post_delete, sender=PersonalPicture)
def delete_file(instance: PersonalPicture, **kwargs: Any) -> None:
    """Delete a picture's file, whichever way its row goes."""
    transaction.on_commit(partial(path_of(instance).unlink, missing_ok=True))
