"""How participants share the worker's time: each has a quota, and nobody waits for all that another has asked for."""

from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from webapp.downloads.models import Download
from webapp.http.refusals import Refusal
from webapp.participants.models import Participant

_MINUTE, _HOUR = 60, 3600  # seconds


def check_quota(row: Download) -> None:
    """Refuse a download whose participant has used up their quota with others; to be called in a transaction.

    Raises:
        Refusal: ``quota``: DOWNLOADS_AT_ONCE are under way, or DOWNLOADS_PER_DAY were asked for within a day.
    """
    participant = row.episode.participant
    Participant.objects.select_for_update().get(pk=participant.pk)  # who asks twice at once is counted twice
    limit = settings.DOWNLOADS_AT_ONCE
    if _under_way(participant).count() >= limit:
        message = gettext("%(limit)s of your pictures are under way: ask for this one when one of them is ready.")
        raise Refusal("quota", message % {"limit": limit}, HTTPStatus.TOO_MANY_REQUESTS, wait=_MINUTE)
    limit = settings.DOWNLOADS_PER_DAY
    since = timezone.now() - timedelta(days=1)
    rows = Download.objects.filter(episode__participant=participant, asked__gt=since)
    if rows.exclude(pk=row.pk).count() >= limit:
        message = gettext("You have asked for %(limit)s pictures within a day: ask for this one tomorrow.")
        raise Refusal("quota", message % {"limit": limit}, HTTPStatus.TOO_MANY_REQUESTS, wait=_HOUR)


def priority(row: Download) -> int:
    """Return the priority of a download's job: everybody's first goes before anybody's second, and so on."""
    return -_under_way(row.episode.participant).exclude(pk=row.pk).count()


def _under_way(participant: Participant) -> QuerySet[Download]:
    return Download.objects.filter(episode__participant=participant, state__in=Download.COMING)
