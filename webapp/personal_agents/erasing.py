"""What becomes of personal agents: they go with the person, at the retention date, and with their model."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from webapp.personal_agents.models import PersonalAgent, PersonalPicture
from webapp.personal_agents.pictures import file_of
from webapp.storage.deleting import delete_once_stored
from webapp.studies.models import Participation
from webapp.studies.retention import anonymising


@receiver(anonymising)
def erase_agent(participation: Participation, **kwargs: Any) -> None:
    """Delete somebody's agent: from now on nobody can be shown it, nor ask that it be erased."""
    PersonalAgent.objects.filter(participation=participation).delete()


@receiver(post_delete, sender=PersonalPicture)
def delete_file(instance: PersonalPicture, **kwargs: Any) -> None:
    """Delete a picture's file, whichever way its row goes."""
    delete_once_stored(file_of(instance))
