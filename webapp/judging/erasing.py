"""Erasing what somebody was shown to judge, and where others are shown their pictures, as they withdraw."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from webapp.judging.judgements import give_back, release
from webapp.judging.models import Picture, Trial
from webapp.judging.pictures import delete_picture
from webapp.studies.models import Participation
from webapp.studies.withdrawing import erasing_traces


@receiver(erasing_traces)
def erase_trials(participation: Participation, **kwargs: Any) -> None:
    """Delete their trials, their pictures, and all trials that show one of these."""
    give_back(participation)
    Trial.objects.filter(participation=participation).delete()
    theirs = {"episode__study": participation.study_id, "episode__participant": participation.participant_id}
    pictures = list(Picture.objects.filter(**theirs))
    shown = Trial.objects.filter(shown__picture__in=pictures).distinct()
    release(shown)
    Trial.objects.filter(pk__in=list(shown.values_list("pk", flat=True))).delete()
    for picture in pictures:
        transaction.on_commit(partial(delete_picture, picture))
    Picture.objects.filter(pk__in=[picture.pk for picture in pictures]).delete()
