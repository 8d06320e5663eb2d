"""The people of a study: a list to filter and sort, and a page for each, on which they are accepted or rejected."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from webapp.desk.access import for_members, render_desk
from webapp.desk.activity import Person, read_people
from webapp.desk.quality import raised_in, readings_of
from webapp.games.models import Episode
from webapp.studies.leases import accept, reject
from webapp.studies.log import log
from webapp.studies.members import Role, may
from webapp.studies.models import Consent, Identity, Participation, Study

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
    "flagged": "worth a look",
}
SORTS = {
    "joined": "newest first",
    "oldest": "oldest first",
    "done": "most photos",
    "quick": "quickest",
    "failed": "most failed items",
}


@for_members(Role.VIEWER)
def people_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the people of a study."""
    state, sort, search = chosen(request.GET, "state", STATES), chosen(request.GET, "sort", SORTS), _search(request)
    knows_ids = may_know_ids(request, study)
    raised = raised_in(study)
    people = read_people(study, knows_ids=knows_ids)
    if state == "flagged":
        people = [person for person in people if person.participation.pk in raised]
    found = _sorted(_filtered(people, "all" if state == "flagged" else state, search), sort)
    page = Paginator(found, PEOPLE_ON_A_PAGE).get_page(request.GET.get("page"))
    return render_desk(
        request,
        "people",
        study,
        tab="people",
        page=page,
        flags=raised,
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
    return person_response(request, study, find_participation(study, pseudonym))


@require_POST
@for_members(Role.EDITOR)
def judge_person(request: HttpRequest, study: Study, pseudonym: str) -> HttpResponseBase:
    """Reject somebody, for a reason that is kept, or accept them again."""
    participation = find_participation(study, pseudonym)
    if request.POST.get("verdict") == "accept":
        if participation.rejected is not None:
            accept(participation)
            log(study, request.user, f"accepted {pseudonym} again")
        return redirect("desk-person", study.slug, pseudonym)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        problem = "Say why: the reason is kept, and stands in exports."
        return person_response(request, study, participation, problem=problem, status=400)
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


def _filtered(people: list[Person], state: str, search: str) -> list[Person]:
    if state == "all":
        found = [person for person in people if person.counts]
    else:
        found = [person for person in people if person.state == state]
    return [
        person
        for person in found
        if search in person.participation.pseudonym.lower() or search in person.platform_id.lower()
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


def find_participation(study: Study, pseudonym: str) -> Participation:
    """Return the participation of somebody, by their pseudonym.

    Raises:
        Http404: there is none in this study.
    """
    rows = Participation.objects.select_related("study", "participant", "began_under")
    participation = rows.filter(study=study, pseudonym=pseudonym).first()
    if participation is None:
        raise Http404
    return participation


def person_response(
    request: HttpRequest,
    study: Study,
    participation: Participation,
    *,
    problem: str = "",
    bonus_problem: str = "",
    status: int = 200,
) -> HttpResponseBase:
    """Render somebody's page, with what was wrong with what was sent from it."""
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
        bonus_problem=bonus_problem,
        payments=participation.payments.all() if knows_ids else [],
        readings=readings_of(study, participation.pk),
    )
