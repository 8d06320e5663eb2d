"""The pages on which people read what a study asks of them, and agree or not."""

from http import HTTPStatus

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from rest_framework.request import Request

from webapp.http.refusals import Refusal
from webapp.http.visitors import SessionThrottle
from webapp.participants.sessions import participant_of
from webapp.studies import consent
from webapp.studies.api import JoinView
from webapp.studies.joining import join
from webapp.studies.models import Consent, Study

_CHANGED = gettext_lazy("The text has been changed while you read it. Please read it as it stands now.")


@never_cache
def consent_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The study's text; who agrees joins the study and goes on to the game."""
    study = get_object_or_404(Study, slug=slug)
    participant = participant_of(request)
    if not study.open or not consent.is_missing(study, participant):
        return redirect("play", slug)
    problem, status = "", HTTPStatus.OK
    if request.method == "POST":
        if not SessionThrottle().allow_request(Request(request), JoinView()):
            return render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
        try:
            version = _number(request.POST.get("version"))
            join(request, study, "human", ticket=request.POST.get("ticket", ""), agreed_to=version)
        except Refusal as refusal:
            problem = str(_CHANGED) if refusal.code == "consent_needed" else str(refusal.detail)
            status = HTTPStatus(refusal.status_code)
        else:
            return redirect("play", slug)
    again = participant is not None and Consent.objects.filter(study=study, participant=participant).exists()
    context = {"study": study, "again": again, "problem": problem, "built": finders.find("consent.js") is not None}
    return render(request, "consent.html", context, status=status)


def declined_page(request: HttpRequest, slug: str) -> HttpResponse:
    """For who does not agree: nothing is stored, and no harm is done."""
    study = get_object_or_404(Study, slug=slug)
    return render(request, "declined.html", {"study": study, "joined": participant_of(request) is not None})


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0
