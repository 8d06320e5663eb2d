"""The site's pages around the game: what a study asks of people, the game itself, credits, the researchers' photos."""

import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import cast
from uuid import UUID, uuid4

from django.contrib.auth.decorators import user_passes_test
from django.contrib.staticfiles import finders
from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import ResolverMatch, reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, gettext_lazy, override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from editing.photos.photo_error import PhotoError
from webapp.http.pace import refusal as refusal_of_pace
from webapp.http.refusals import Refusal
from webapp.participants.sessions import participant_of
from webapp.photos.models import Photo
from webapp.photos.thumbnails import Look, thumbnail
from webapp.studies.arrivals import count_arrival
from webapp.studies.entries import Entry, entry_of
from webapp.studies.joining import as_seen_by, find_study, has_joined, is_consent_missing, join, remember_entry
from webapp.studies.leases import is_full
from webapp.studies.members import may_see_photo
from webapp.studies.models import Consent, Participation, Study
from webapp.studies.task_order import current_task, page_of
from webapp.studies.texts import paragraphs

# Of a page: others than researchers, the users whom the admin lets in, are sent to the login.
researchers_only = user_passes_test(lambda user: user.is_active and user.is_staff, login_url="account_login")

PHOTOS_ON_A_PAGE = 60
_CHANGED = gettext_lazy("The text has been changed while you read it. Please read it as it stands now.")
_NOT_TICKED = gettext_lazy("Please tick each box, if you agree.")


def page_of_study(view: Callable[[HttpRequest, Study], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Make a view of a study one of its slug. Under a former slug it leads on to the address of today.

    What is posted there is taken there: it comes from a page that was opened before the study was renamed.
    """

    @wraps(view)
    def at_slug(request: HttpRequest, slug: str) -> HttpResponse:
        study = find_study(slug)
        if study.slug == slug or request.method == "POST":
            with override(_language(study)):
                return view(request, as_seen_by(request, study))
        address = reverse(cast(ResolverMatch, request.resolver_match).view_name, args=[study.slug])
        query = request.META.get("QUERY_STRING", "")
        # For now only: the study may get its former slug back.
        return HttpResponseRedirect(f"{address}?{query}" if query else address)

    return at_slug


def _language(study: Study) -> str | None:
    """Return the language of the study's pages: the visitor's, where the study can be taken in it."""
    language = get_language()
    return language if not study.languages or language in study.languages else study.languages[0]


def credits_page(request: HttpRequest) -> HttpResponse:
    """Render where the photos come from."""
    sources = (
        Photo.objects.filter(removed_at=None, studies__state=Study.State.OPEN)
        .values("licence", "attribution")
        .annotate(count=Count("pk", distinct=True))
        .order_by("attribution", "licence")
    )
    return render(request, "credits.html", {"sources": sources})


@ensure_csrf_cookie
@page_of_study
def play(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the game, for those who have agreed to the study's text."""
    entry = entry_of(request, study)
    if entry is not None:
        comes_back = remember_entry(request, study, entry)
        return redirect("play", study.slug) if comes_back else redirect(_with_query(request, "consent", study))
    is_new = not has_joined(study, participant_of(request))
    needs_entry = study.entry_parameter and study.entry_required and is_new
    if study.open and (needs_entry or is_consent_missing(study, participant_of(request))):
        return redirect(_with_query(request, "consent", study))
    if is_new and is_full(study):
        return redirect("full", study.slug)
    return elsewhere(request, study, "play") or program_page(request, "play", study.texts.title, study=study.slug)


def elsewhere(request: HttpRequest, study: Study, here: str) -> HttpResponseRedirect | None:
    """Lead a participant to the page of what comes next, unless it is this one, by the name of its address."""
    own = Participation.objects.select_related("study").filter(study=study, participant=participant_of(request)).first()
    if not study.tasks or own is None:
        return None if here == "play" else redirect("play", study.slug)
    task = current_task(own)
    page = page_of(task) if task is not None else "end" if own.completed else "play"
    return None if page == here else redirect(page, study.slug)


@never_cache
@page_of_study
def consent_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the study's text; who agrees joins the study and goes on to the game."""
    entry = entry_of(request, study)
    comes_back = entry is not None and remember_entry(request, study, entry)
    participant = participant_of(request) if entry is None or comes_back else None
    is_asked = is_consent_missing(study, participant) or (entry is not None and not comes_back)
    needs_entry = study.entry_parameter and study.entry_required and not has_joined(study, participant)
    if not study.open or not (is_asked or needs_entry):
        return redirect("play", study.slug)
    if not has_joined(study, participant) and (answer := _turned_away(request, study, entry)):
        return answer
    problem, status = "", HTTPStatus.OK
    if request.method == "POST":
        if refused := refusal_of_pace(request, "join"):
            return refused
        try:
            version = _version(request.POST.get("version")) if _all_ticked(request, study) else 0
            ticket, key = request.POST.get("ticket", ""), _key(request.POST.get("key"))
            # A program that comes by this page says so; it is never taken for a person.
            kind = "robot" if request.POST.get("kind") == "robot" else "human"
            join(request, study, kind, ticket=ticket, agreed_to=version, key=key, entry=entry)
        except Refusal as refusal:
            if refusal.code == "study_full":
                return redirect(_with_query(request, "full", study))
            problem = str(refusal.detail)
            if refusal.code == "consent_needed":
                problem = str(_CHANGED if _all_ticked(request, study) else _NOT_TICKED)
            status = HTTPStatus(refusal.status_code)
        else:
            return redirect("play", study.slug)
    if request.method == "GET" and participant is None and not request.user.is_staff:
        count_arrival(study)
    again = participant is not None and Consent.objects.filter(study=study, participant=participant).exists()
    context = {
        "study": study,
        "again": again,
        "problem": problem,
        "key": uuid4(),
        "query": f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else "",
        "built": finders.find("consent.js") is not None,
    }
    return render(request, "consent.html", context, status=status)


@never_cache
@page_of_study
def agreed_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Render what the visitor has agreed to, to be read again; for others the text as it stands."""
    participant = participant_of(request)
    consents = Consent.objects.filter(study=study, participant=participant).order_by("version")
    consent = consents.last() if participant is not None else None
    text, version = (consent.text, consent.version) if consent else (study.texts.agreed, study.consent_version)
    context = {"study": study, "paragraphs": paragraphs(text), "version": version, "consent": consent}
    return render(request, "agreed.html", context)


def program_page(request: HttpRequest, program: str, title: str, **data: str) -> HttpResponse:
    """Render a page that one of the frontend's programs draws, which is given ``data`` to begin with."""
    if not finders.find(f"{program}.js"):
        return render(request, "not_built.html", {"program": program}, status=503)
    context = {"script": f"{program}.js", "style": f"{program}.css", "title": title, "data": data}
    return render(request, "program.html", context)


@researchers_only
def thumbnail_file(request: HttpRequest, sha256: str, look: Look) -> HttpResponseBase:
    """Serve a photo's thumbnail, for researchers; not found where the preview that it is made of is lost."""
    photo = get_object_or_404(Photo, pk=sha256, removed_at=None)
    if not may_see_photo(request, photo):
        raise Http404
    # Until it is played, a photo may be decoded again: only an address that names its preview is of that for good.
    is_named = request.META.get("QUERY_STRING") == photo.preview_sha256[:16]
    keeping = "max-age=31536000, immutable" if is_named else "no-cache"
    headers = {"Cache-Control": f"private, {keeping}", "ETag": f'"{photo.preview_sha256}.{look}"'}
    if get_conditional_response(request, etag=headers["ETag"]) is not None:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        file = thumbnail(photo, look).open()
    except PhotoError:
        raise Http404 from None
    return FileResponse(file, content_type="image/webp", headers=headers)


def _all_ticked(request: HttpRequest, study: Study) -> bool:
    return len(set(request.POST.getlist("box"))) == len(study.texts.consent_boxes)


def _turned_away(request: HttpRequest, study: Study, entry: Entry | None) -> HttpResponse | None:
    """Return what is said to somebody new who cannot take part; None to who can."""
    if study.entry_parameter and study.entry_required and entry is None:
        return render(request, "entry_needed.html", {"study": study}, status=HTTPStatus.FORBIDDEN)
    if is_full(study) and not request.user.is_staff:
        return redirect(_with_query(request, "full", study))
    return None


def _with_query(request: HttpRequest, page: str, study: Study) -> str:
    """Return the address of a page, with the parameters by which the visitor came."""
    query = request.META.get("QUERY_STRING", "")
    address = reverse(page, args=[study.slug])
    return f"{address}?{query}" if query else address


def _key(text: str | None) -> UUID | None:
    """Return the key of a form that was shown, in case it is sent twice; None for what is none."""
    try:
        return UUID(text)
    except (TypeError, ValueError):
        return None


def _version(text: str | None) -> int:
    """Return the version that a form names; 0, which no text has, for what is no number of a version."""
    return int(text) if text and re.fullmatch("[0-9]{1,9}", text) else 0
