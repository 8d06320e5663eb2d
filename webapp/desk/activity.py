"""Who takes part in a study, and what they did: of all people at once, in a few statements."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.studies.models import Identity, Lease, Participation, Study

_HANDED_IN = Q(status__in=(Episode.Status.SUBMITTED, Episode.Status.EXCLUDED), tutorial=False)


@dataclass(frozen=True)
class Person:
    """A participation, and what was done in it.

    Attributes:
        platform_id: who they are at the recruiter, for who may know that; empty else.
        practised: whether they have been through the tutorial, here or elsewhere, or have played.
        done: how many photos they have handed in; ``planned``: how many they were given, 0 where they play all.
        seconds: for a photo, on average, by their own clock; None before the first.
        failed: of the attention items.
        is_waiting: whether a photo is reserved for them still; in a study that reserves none, whether they were here
            lately.
    """

    participation: Participation
    platform_id: str
    practised: bool
    done: int
    planned: int
    seconds: float | None
    untouched: int
    failed: int
    is_waiting: bool
    last_seen: datetime

    @property
    def state(self) -> str:
        """``programs``, ``preview``, ``rejected``, ``completed``, ``active`` or ``stopped``."""
        row = self.participation
        if row.participant.kind != Participant.Kind.HUMAN:
            return "programs"
        if row.preview:
            return "preview"
        if row.rejected is not None:
            return "rejected"
        if row.completed is not None:
            return "completed"
        return "active" if self.is_waiting else "stopped"

    @property
    def counts(self) -> bool:
        """Whether it is somebody who takes part: no program, and no researcher who tries the study."""
        return self.state not in ("programs", "preview")

    @property
    def has_stopped(self) -> bool:
        """Whether they stopped before the end, and no photo is reserved for them any more."""
        return self.participation.completed is None and not self.is_waiting


def read_people(study: Study, *, knows_ids: bool = False, now: datetime | None = None) -> list[Person]:
    """Return all who take part in a study, by the time at which they joined."""
    now = now or timezone.now()
    played, last, practised = _played(study), _last_seen(study), _practised(study)
    given = _given(study, now)
    identities = Identity.objects.filter(study=study) if knows_ids else Identity.objects.none()
    ids: dict[int | None, str] = dict(identities.values_list("participation", "platform_id"))
    patience = timedelta(minutes=study.lease_minutes)
    people = []
    for row in Participation.objects.filter(study=study).select_related("participant").order_by("joined", "pk"):
        own, leases = played.get(row.participant_id, {}), given.get(row.pk, {})
        done, seen = own.get("done", 0), last.get(row.participant_id, row.joined)
        people.append(
            Person(
                participation=row,
                platform_id=ids.get(row.pk, ""),
                practised=done > 0 or row.participant_id in practised,
                done=done,
                planned=leases.get("all", 0),
                seconds=own["ms"] / done / 1000 if done else None,
                untouched=own.get("untouched", 0),
                failed=leases.get("failed", 0),
                is_waiting=leases.get("held", 0) > 0 if study.is_planned else now - seen < patience,
                last_seen=seen,
            )
        )
    return people


def _played(study: Study) -> dict[int, dict[str, Any]]:
    rows = Episode.objects.filter(study=study).order_by().values("participant")
    counted = rows.annotate(
        done=Count("pk", filter=_HANDED_IN),
        ms=Sum("duration_ms", filter=_HANDED_IN),
        untouched=Count("pk", filter=_HANDED_IN & Q(step_count=0)),
    )
    return {row["participant"]: dict(row) for row in counted}


def _last_seen(study: Study) -> dict[int, datetime]:
    """Return when each participant began their last photo."""
    rows = Episode.objects.filter(study=study).order_by("participant", "-started").distinct("participant")
    return dict(rows.values_list("participant", "started"))


def _practised(study: Study) -> set[int]:
    own = Participation.objects.filter(study=study).values("participant")
    done = Episode.objects.filter(participant__in=own, tutorial=True, status=Episode.Status.SUBMITTED)
    return set(done.order_by().values_list("participant", flat=True))


def _given(study: Study, now: datetime) -> dict[int, dict[str, Any]]:
    rows = Lease.objects.filter(participation__study=study).order_by().values("participation")
    held = Q(state=Lease.State.HELD, expires__gt=now)
    counted = rows.annotate(all=Count("pk"), held=Count("pk", filter=held), failed=Count("pk", filter=Q(failed=True)))
    return {row["participation"]: dict(row) for row in counted}
