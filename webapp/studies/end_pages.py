"""Where a visit ends: all done, or not begun; with the code and the link by which a recruiter knows."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from webapp.participants.sessions import participant_of
from webapp.studies.entries import Outcome, code_for, entry_of, outcome_of, return_link
from webapp.studies.models import Identity, Participation, Study
from webapp.studies.pages import page_of_study


@dataclass(frozen=True)
class _Ending:
    heading: str | Promise
    sentence: str | Promise


_DONE = _Ending(
    gettext_lazy("All done: thank you"),
    gettext_lazy("Everything that you did has arrived. You can close this page."),
)
_ENDINGS: dict[Outcome, _Ending] = {
    "completed": _DONE,
    "attention": _DONE,
    "device": _Ending(
        gettext_lazy("This study needs another device"),
        gettext_lazy("Nothing of you has been stored. You are welcome on a device that does."),
    ),
    "full": _Ending(
        gettext_lazy("This study is full"),
        gettext_lazy("It has all the pictures that it needs. Nothing of you has been stored. Thank you for coming."),
    ),
    "declined": _Ending(
        gettext_lazy("That is fine"),
        gettext_lazy("You do not take part, and nothing of you has been stored."),
    ),
}
_STAYS = gettext_lazy("Nothing more is stored of you. What you did before stays with the study.")


def ending(request: HttpRequest, study: Study, outcome: Outcome, platform_id: str = "") -> HttpResponse:
    """Render how a visit ended."""
    entry = entry_of(request, study)
    code = code_for(study, outcome)
    is_over = outcome in ("completed", "attention")
    has_joined = outcome == "declined" and participant_of(request) is not None
    context = {
        "study": study,
        "heading": _ENDINGS[outcome].heading,
        "sentence": _STAYS if has_joined else _ENDINGS[outcome].sentence,
        "code": code,
        "link": return_link(study, code, platform_id or (entry.platform_id if entry else "")),
        "over": is_over,
        "again": outcome == "declined",
        "query": f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else "",
    }
    return render(request, "ended.html", context)


@never_cache
@page_of_study
def end_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the end for who has done all; others go on with the game."""
    participant = participant_of(request)
    own = Participation.objects.select_related("study").filter(study=study, participant=participant).first()
    outcome = outcome_of(own) if own is not None and participant is not None else None
    if own is None or outcome is None:
        return redirect("play", study.slug)
    identity = Identity.objects.filter(participation=own).first()
    return ending(request, study, outcome, identity.platform_id if identity else "")


@never_cache
@page_of_study
def device_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the end for whose device does not do."""
    return ending(request, study, "device")


@never_cache
@page_of_study
def full_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the end for who comes when the study is full."""
    return ending(request, study, "full")


@never_cache
@page_of_study
def declined_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the page for who does not agree: nothing is stored, and no harm is done."""
    return ending(request, study, "declined")
