"""The rows of the table ``participations``: who took part in a study, under what, with what, and how far they came."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from editing.trajectories.receipts import Receipt
from webapp.games.models import Episode, Event
from webapp.participants.models import Participant
from webapp.studies.models import Consent, Lease, Participation, Study, StudyChange

PLAYERS = (Participant.Kind.HUMAN, Participant.Kind.ROBOT)
# From which width of the window on, in CSS pixels, it is medium, and large.
_MEDIUM, _LARGE = 600, 1100
Row = dict[str, Any]


def participations_of(studies: Iterable[Study]) -> QuerySet[Participation]:
    """Return the participations of people, and of robots in their place, in the order of the table."""
    rows = Participation.objects.filter(study__in=studies, participant__kind__in=PLAYERS)
    return rows.select_related("study", "participant").order_by("study__slug", "pseudonym")


@dataclass(frozen=True)
class Moment:
    """What counts: episodes of a version alone, and what had happened until some moment; without it, all of today."""

    episodes: QuerySet[Any] | None = None
    until: datetime | None = None

    def before(self, moment: datetime | None) -> datetime | None:
        """Return a moment if it had come by then."""
        return None if moment is not None and self.until is not None and moment > self.until else moment


def participation_rows(
    participations: QuerySet[Participation],
    receipt_of: Callable[[Participation], Receipt | None],
    counted: Moment,
) -> Iterator[Row]:
    """Yield a row for each participation, in the order of studies.

    Args:
        receipt_of: gives what there is of each in the export; None where not all of it is there.
        counted: what their numbers count.
    """
    for study, own in groupby(participations, lambda row: row.study):
        facts = _Facts(study, counted)
        for participation in own:
            yield facts.row(participation) | _receipt(receipt_of(participation))


class _Facts:
    """What is known of the participations of a study, each by the key of its participant."""

    def __init__(self, study: Study, counted: Moment) -> None:
        self._moment = counted
        changes = StudyChange.objects.filter(study=study).order_by("pk").values_list("pk", flat=True)
        self._numbers = {key: number for number, key in enumerate(changes, start=1)}
        consents = Consent.objects.filter(study=study)
        if counted.until is not None:
            consents = consents.filter(given__lte=counted.until)
        agreed = consents.values_list("participant").annotate(Max("version"))
        self._consents = dict(agreed.order_by())
        episodes = Episode.objects.filter(study=study)
        if counted.episodes is not None:
            episodes = episodes.filter(pk__in=counted.episodes.order_by().values("pk"))
        played = episodes.filter(tutorial=False, status=Episode.Status.SUBMITTED)
        counts = played.values("participant").order_by()
        self._counts: dict[int, Any] = {
            row["participant"]: row
            for row in counts.annotate(
                played_ms=Sum("duration_ms", filter=Q(attention=False)),
                attention_items=Count("pk", filter=Q(attention=True)),
                repeats=Count("pk", filter=Q(repeat=True)),
                surplus=Count("pk", filter=Q(surplus=True)),
            )
        }
        leases = Lease.objects.filter(participation__study=study, failed=True)
        if counted.episodes is not None:
            leases = leases.filter(episodes__in=episodes.order_by().values("pk"))
        failed = leases.values_list("participation__participant")
        self._failed = dict(failed.annotate(Count("pk", distinct=True)).order_by())
        views = Event.objects.filter(kind="view", episode__in=episodes.order_by(), parameters__has_key="viewport_width")
        latest = views.order_by("episode__participant", "-episode__started", "-seq").distinct("episode__participant")
        self._widths = dict(latest.values_list("episode__participant", "parameters__viewport_width"))

    def row(self, participation: Participation) -> Row:
        """Return what its columns hold, but for those of its receipt."""
        key = participation.participant_id
        counts = self._counts.get(key, {})
        began_under = participation.began_under_id
        rejected = self._moment.before(participation.rejected)
        return {
            "study": participation.study.slug,
            "player": participation.pseudonym,
            "player_kind": participation.participant.kind,
            "condition": participation.condition,
            "configuration": self._numbers.get(began_under) if began_under else None,
            "consent_version": self._consents.get(key),
            "window": _window(self._widths.get(key)),
            "preview": participation.preview,
            "joined": participation.joined,
            "completed": self._moment.before(participation.completed),
            "played_ms": counts.get("played_ms") or 0,
            "excluded": rejected is not None,
            "exclusion_reason": (participation.rejection_reason or None) if rejected else None,
            "attention_items": counts.get("attention_items", 0),
            "attention_failed": self._failed.get(key, 0),
            "repeats": counts.get("repeats", 0),
            "surplus": counts.get("surplus", 0),
        }


def _window(width: float | None) -> str | None:
    """Return the width of a window, coarse enough to single nobody out."""
    if width is None:
        return None
    return "small" if width < _MEDIUM else "medium" if width < _LARGE else "large"


def _receipt(receipt: Receipt | None) -> Row:
    if receipt is None:
        return dict.fromkeys(("episodes", "events", "events_sha256", "judgements", "answers", "answers_sha256"))
    played = {"episodes": receipt.episodes, "events": receipt.events, "events_sha256": receipt.digest}
    said = {"judgements": receipt.judgements, "answers": receipt.answers, "answers_sha256": receipt.answers_digest}
    return played | said
