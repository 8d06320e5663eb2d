"""The site's pages around the game."""

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie

from editing.photos.read_options import PRIMARIES, TRANSFERS
from webapp.http.researchers import researchers_only
from webapp.participants.sessions import participant_of
from webapp.photos.models import Photo
from webapp.studies import consent
from webapp.studies.models import DEFAULT, Study

PHOTOS_ON_A_PAGE = 60


def credits_page(request: HttpRequest) -> HttpResponse:
    """Where the photos come from."""
    sources = (
        Photo.objects.filter(removed_at=None, studies__open=True)
        .values("licence", "attribution")
        .annotate(count=Count("pk", distinct=True))
        .order_by("attribution", "licence")
    )
    return render(request, "credits.html", {"sources": sources})


@ensure_csrf_cookie
def play(request: HttpRequest, slug: str) -> HttpResponse:
    """The game, for those who have agreed to the study's text."""
    study = get_object_or_404(Study, slug=slug)
    if study.open and consent.is_missing(study, participant_of(request)):
        return redirect("consent", slug)
    return program_page(request, "play", study.title, study=study.slug)


def program_page(request: HttpRequest, program: str, title: str, **data: str) -> HttpResponse:
    """A page that one of the frontend's programs draws, which is given ``data`` to begin with."""
    if not finders.find(f"{program}.js"):
        return render(request, "not_built.html", {"program": program}, status=503)
    context = {"script": f"{program}.js", "style": f"{program}.css", "title": title, "data": data}
    return render(request, "program.html", context)


@researchers_only
@ensure_csrf_cookie
def photos(request: HttpRequest) -> HttpResponse:
    """A study's photos, for researchers to see, add and remove."""
    studies = {study.slug: study for study in Study.objects.all()}
    study = studies.get(request.GET.get("study", DEFAULT))
    if study is None:
        raise Http404
    look = "bright" if request.GET.get("look") == "bright" else "game"
    pages = Paginator(study.playable.order_by("-studyphoto__added", "name"), PHOTOS_ON_A_PAGE)
    context = {
        "study": study,
        "studies": studies.values(),
        "look": look,
        "page": pages.get_page(request.GET.get("page")),
        "transfers": TRANSFERS,
        "primaries": PRIMARIES,
        "maximum_bytes": settings.MAXIMUM_PHOTO_BYTES,
        "maximum_megabytes": settings.MAXIMUM_PHOTO_BYTES // 2**20,
        "built": finders.find("upload.js") is not None,
    }
    return render(request, "photos.html", context)
