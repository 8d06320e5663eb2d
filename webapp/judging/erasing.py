"""Erasing what somebody was shown to judge, and where others are shown their pictures, as they withdraw."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from webapp.judging.judgements import give_back, release
from webapp.judging.models import Picture, Trial
from webapp.judging.pictures import delete_picture
from webapp.judging.pool import lock_pool
from webapp.personal_agents.models import PersonalAgent
from webapp.studies.models import Participation
from webapp.studies.withdrawing import erasing_traces


@receiver(erasing_traces)
def erase_trials(participation: Participation, **kwargs: Any) -> None:
    """Delete their trials, their pictures, and all trials that show one of these."""
    give_back(participation)
    Trial.objects.filter(participation=participation).delete()
    theirs = {"episode__study": participation.study_id, "episode__participant": participation.participant_id}
    _forget(Picture.objects.filter(**theirs))


@receiver(pre_delete, sender=PersonalAgent)
def forget_personal_agent(instance: PersonalAgent, **kwargs: Any) -> None:
    """Let nobody judge what a personal agent made, as it is deleted; what was said of it stays."""
    lock_pool(instance.participation.study)
    _forget(Picture.objects.filter(personal__agent=instance))


def _forget(rows: QuerySet[Picture]) -> None:
    """Delete pictures with their files, and all trials that show one; the lock of their pool is held."""
    pictures = list(rows)
    shown = Trial.objects.filter(shown__picture__in=pictures).distinct()
    release(shown)
    Trial.objects.filter(pk__in=list(shown.values_list("pk", flat=True))).delete()
    for picture in pictures:
        transaction.on_commit(partial(delete_picture, picture))
    Picture.objects.filter(pk__in=[picture.pk for picture in pictures]).delete()
