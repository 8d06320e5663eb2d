"""What is due to whom: rewards, bonuses, their states, approvals at Prolific. For editors alone, who may know ids."""

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from webapp.desk.access import for_members, render_desk
from webapp.desk.people import find_participation, person_response
from webapp.recruiting.models import Payment
from webapp.recruiting.payments import bonus_file, mark_paid, payments_of, set_bonus
from webapp.recruiting.prolific import ProlificError
from webapp.recruiting.reviewing import approvable, approve, list_not_handed_in
from webapp.studies.log import counted_names, log
from webapp.studies.members import Role
from webapp.studies.models import Study

PAYMENTS_ON_A_PAGE = 200


@for_members(Role.EDITOR)
def payments_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the payments of a study."""
    return _page(request, study)


@require_POST
@for_members(Role.EDITOR)
def pay(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Take down that the ticked payments were made."""
    ticked = [key for key in request.POST.getlist("payment") if key.isdigit()]
    payments = payments_of(study).filter(pk__in=ticked, withheld=False, paid=None)
    names = [row.participation.pseudonym if row.participation else "somebody gone" for row in payments]
    if names:
        mark_paid(Payment.objects.filter(pk__in=[row.pk for row in payments]))
        log(study, request.user, f"took down as paid {counted_names(len(names), 'payment', names)}")
    return redirect("desk-payments", study.slug)


@require_POST
@for_members(Role.EDITOR)
def approve_done(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Ask Prolific to approve those who have done all here."""
    try:
        result = approve(approvable(study))
    except ProlificError as error:
        return _page(request, study, [f"{error} {error.detail}".strip()], status=502)
    log(study, request.user, f"asked Prolific to approve {result.asked}")
    said = [f"Asked for the approval of {result.asked}; Prolific does it soon."]
    return _page(request, study, [f"{key} was refused: {reason}" for key, reason in result.refused.items()], said)


@for_members(Role.EDITOR)
def bonuses_file(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Send the bonuses that are due, as Prolific takes them."""
    headers = {"Content-Disposition": f'attachment; filename="{study.slug}-bonuses.csv"'}
    log(study, request.user, "downloaded the bonuses that are due, with whom they are for")
    return HttpResponse(bonus_file(study), content_type="text/csv", headers=headers)


@require_POST
@for_members(Role.EDITOR)
def give_bonus(request: HttpRequest, study: Study, pseudonym: str) -> HttpResponseBase:
    """Let somebody be paid a bonus; 0 takes one back that was not sent."""
    participation = find_participation(study, pseudonym)
    try:
        amount = Decimal(request.POST.get("amount", "").strip().replace(",", "."))
        set_bonus(participation, amount)
    except InvalidOperation:
        return person_response(request, study, participation, bonus_problem="Type an amount, such as 1.50.", status=400)
    except ValidationError as error:
        return person_response(request, study, participation, bonus_problem=" ".join(error.messages), status=400)
    log(study, request.user, f"set a bonus of {amount} for {pseudonym}")
    return redirect("desk-person", study.slug, pseudonym)


def _page(
    request: HttpRequest,
    study: Study,
    problems: list[str] | None = None,
    said: list[str] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    page = Paginator(payments_of(study).order_by("-since", "-pk"), PAYMENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render_desk(
        request,
        "payments",
        study,
        status,
        tab="payments",
        page=page,
        problems=problems,
        said=said,
        approvable=approvable(study).count() if study.prolific_study else 0,
        not_handed_in=list_not_handed_in(study) if study.prolific_study else [],
    )
