"""The people of a study: a list to filter and sort, and a page for each, on which they are accepted or rejected."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from webapp.desk.access import for_members, render_desk
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.studies.leases import accept, reject
from webapp.studies.log import log
from webapp.studies.members import Role, may
from webapp.studies.models import Consent, Identity, Lease, Participation, Study

PEOPLE_ON_A_PAGE = 100
LONGEST_REASON = 200
STATES = {
    "all": "all",
    "completed": "finished",
    "active": "going on",
    "stopped": "stopped",
    "rejected": "rejected",
    "preview": "previews",
    "programs": "programs",
}
SORTS = {
    "joined": "newest first",
    "oldest": "oldest first",
    "done": "most photos",
    "quick": "quickest",
    "failed": "most failed items",
}


@dataclass(frozen=True)
class Person:
    """A participation in the list.

    Attributes:
        platform_id: who they are at the recruiter, for who may know that.
        seconds: for a photo, on average, by their own clock; None before the first.
        failed: of the attention items.
    """

    participation: Participation
    platform_id: str
    done: int
    planned: int
    seconds: float | None
    untouched: int
    failed: int
    state: str
    last_seen: datetime

    @property
    def state_label(self) -> str:
        """The state, in words."""
        return STATES[self.state]


@for_members(Role.VIEWER)
def people_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the people of a study."""
    state, sort, search = chosen(request.GET, "state", STATES), chosen(request.GET, "sort", SORTS), _search(request)
    knows_ids = may_know_ids(request, study)
    found = _sorted(_filtered(read_people(study, knows_ids=knows_ids), state, search), sort)
    page = Paginator(found, PEOPLE_ON_A_PAGE).get_page(request.GET.get("page"))
    return render_desk(
        request,
        "people",
        study,
        tab="people",
        page=page,
        states=STATES,
        sorts=SORTS,
        state=state,
        sort=sort,
        search=search,
        query=query_without_page(request.GET),
        knows_ids=knows_ids,
    )


@for_members(Role.VIEWER)
def person_page(request: HttpRequest, study: Study, pseudonym: str) -> HttpResponseBase:
    """Render what somebody did, photo by photo."""
    return _person_page(request, study, _participation(study, pseudonym))


@require_POST
@for_members(Role.EDITOR)
def judge_person(request: HttpRequest, study: Study, pseudonym: str) -> HttpResponseBase:
    """Reject somebody, for a reason that is kept, or accept them again."""
    participation = _participation(study, pseudonym)
    if request.POST.get("verdict") == "accept":
        if participation.rejected is not None:
            accept(participation)
            log(study, request.user, f"accepted {pseudonym} again")
        return redirect("desk-person", study.slug, pseudonym)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        return _person_page(request, study, participation, "Say why: the reason is kept, and stands in exports.", 400)
    if participation.rejected is None:
        reject(participation, reason)
        log(study, request.user, f"rejected {pseudonym}: {reason}")
    return redirect("desk-person", study.slug, pseudonym)


def chosen(query: QueryDict, name: str, options: dict[str, str]) -> str:
    """Return which of the options an address names; the first where it names none of them."""
    value = query.get(name, "")
    return value if value in options else next(iter(options))


def query_without_page(query: QueryDict) -> str:
    """Return the filters of an address, for links that change one thing more."""
    kept = query.copy()
    kept.pop("page", None)
    return kept.urlencode()


def may_know_ids(request: HttpRequest, study: Study) -> bool:
    """Tell whether somebody may see who people are at the recruiter: those who deal with them, not viewers."""
    return may(request, study, Role.EDITOR)


def read_people(study: Study, *, knows_ids: bool) -> list[Person]:
    """Return all who take part in a study, with what they did, in five statements."""
    now = timezone.now()
    rows = list(Participation.objects.filter(study=study).select_related("participant"))
    handed_in = Q(status__in=(Episode.Status.SUBMITTED, Episode.Status.EXCLUDED), tutorial=False)
    episodes = Episode.objects.filter(study=study).order_by().values("participant")
    played: dict[int, dict[str, Any]] = {
        row["participant"]: dict(row)
        for row in episodes.annotate(
            done=Count("pk", filter=handed_in),
            ms=Sum("duration_ms", filter=handed_in),
            untouched=Count("pk", filter=handed_in & Q(step_count=0)),
        )
    }
    last = dict(
        Episode.objects.filter(study=study).order_by("participant", "-started").distinct("participant")
        .values_list("participant", "started")
    )  # fmt: skip
    leases = Lease.objects.filter(participation__study=study).order_by().values("participation")
    held = Q(state=Lease.State.HELD, expires__gt=now)
    planned: dict[int, dict[str, Any]] = {
        row["participation"]: dict(row)
        for row in leases.annotate(
            all=Count("pk"), held=Count("pk", filter=held), failed=Count("pk", filter=Q(failed=True))
        )
    }
    identities = Identity.objects.filter(study=study) if knows_ids else Identity.objects.none()
    ids: dict[int | None, str] = dict(identities.values_list("participation", "platform_id"))
    return [_person(study, row, played, last, planned, ids, now) for row in rows]


def _person(
    study: Study,
    row: Participation,
    played: dict[int, dict[str, Any]],
    last: dict[int, datetime],
    planned: dict[int, dict[str, Any]],
    ids: dict[int | None, str],
    now: datetime,
) -> Person:
    own, leases = played.get(row.participant_id, {}), planned.get(row.pk, {})
    done, seen = own.get("done", 0), last.get(row.participant_id, row.joined)
    is_waiting = (
        leases.get("held", 0) > 0 if study.is_planned else (now - seen).total_seconds() < 60 * study.lease_minutes
    )
    return Person(
        participation=row,
        platform_id=ids.get(row.pk, ""),
        done=done,
        planned=leases.get("all", 0),
        seconds=own["ms"] / done / 1000 if done else None,
        untouched=own.get("untouched", 0),
        failed=leases.get("failed", 0),
        state=_state(row, is_waiting=is_waiting),
        last_seen=seen,
    )


def _state(row: Participation, *, is_waiting: bool) -> str:
    if row.participant.kind != Participant.Kind.HUMAN:
        return "programs"
    if row.preview:
        return "preview"
    if row.rejected is not None:
        return "rejected"
    if row.completed is not None:
        return "completed"
    return "active" if is_waiting else "stopped"


def _filtered(people: list[Person], state: str, search: str) -> list[Person]:
    if state == "all":
        found = [person for person in people if person.state not in ("preview", "programs")]
    else:
        found = [person for person in people if person.state == state]
    return [
        person
        for person in found
        if search in person.participation.participant.pseudonym.lower() or search in person.platform_id.lower()
    ]


def _sorted(people: list[Person], sort: str) -> list[Person]:
    keys: dict[str, Any] = {
        "joined": lambda person: -person.participation.joined.timestamp(),
        "oldest": lambda person: person.participation.joined.timestamp(),
        "done": lambda person: -person.done,
        "quick": lambda person: (person.seconds is None, person.seconds),
        "failed": lambda person: -person.failed,
    }
    return sorted(people, key=keys[sort])


def _search(request: HttpRequest) -> str:
    return request.GET.get("search", "").strip().lower()[:100]


def _participation(study: Study, pseudonym: str) -> Participation:
    rows = Participation.objects.select_related("study", "participant", "began_under")
    participation = rows.filter(study=study, participant__pseudonym=pseudonym).first()
    if participation is None:
        raise Http404
    return participation


def _person_page(
    request: HttpRequest, study: Study, participation: Participation, problem: str = "", status: int = 200
) -> HttpResponseBase:
    own = Episode.objects.filter(study=study, participant=participation.participant)
    episodes = own.select_related("photo", "lease").prefetch_related("steps").order_by("started", "pk")
    knows_ids = may_know_ids(request, study)
    identities = Identity.objects.filter(participation=participation) if knows_ids else Identity.objects.none()
    return render_desk(
        request,
        "person",
        study,
        status,
        tab="people",
        participation=participation,
        episodes=episodes,
        identity=identities.first(),
        consents=Consent.objects.filter(study=study, participant=participation.participant).order_by("version"),
        leases=participation.leases.select_related("photo").order_by("position"),
        problem=problem,
    )
