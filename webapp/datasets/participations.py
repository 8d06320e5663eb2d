"""The rows of the table ``participations``: who took part in a study, under what, with what, and how far they came."""

from collections.abc import Callable, Iterable, Iterator
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


def participation_rows(
    participations: QuerySet[Participation], receipt_of: Callable[[Participation], Receipt | None]
) -> Iterator[Row]:
    """Yield a row for each participation, in the order of studies.

    Args:
        receipt_of: gives what there is of each in the export; None where not all of it is there.
    """
    for study, own in groupby(participations, lambda row: row.study):
        facts = _Facts(study)
        for participation in own:
            yield facts.row(participation) | _receipt(receipt_of(participation))


class _Facts:
    """What is known of the participations of a study, each by the key of its participant."""

    def __init__(self, study: Study) -> None:
        changes = StudyChange.objects.filter(study=study).order_by("pk").values_list("pk", flat=True)
        self._numbers = {key: number for number, key in enumerate(changes, start=1)}
        consents = Consent.objects.filter(study=study).values_list("participant")
        self._consents = dict(consents.annotate(Max("version")).order_by())
        played = Episode.objects.filter(study=study, tutorial=False, status=Episode.Status.SUBMITTED)
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
        failed = Lease.objects.filter(participation__study=study, failed=True).values_list("participation__participant")
        self._failed = dict(failed.annotate(Count("pk")).order_by())
        views = Event.objects.filter(kind="view", episode__study=study, parameters__has_key="viewport_width")
        latest = views.order_by("episode__participant", "-episode__started", "-seq").distinct("episode__participant")
        self._widths = dict(latest.values_list("episode__participant", "parameters__viewport_width"))

    def row(self, participation: Participation) -> Row:
        """Return what its columns hold, but for those of its receipt."""
        key = participation.participant_id
        counts = self._counts.get(key, {})
        began_under = participation.began_under_id
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
            "completed": participation.completed,
            "played_ms": counts.get("played_ms") or 0,
            "excluded": participation.rejected is not None,
            "exclusion_reason": participation.rejection_reason or None,
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
