"""The pages after play: what others made of the same photos, and the player's own style."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.views.decorators.csrf import ensure_csrf_cookie

from webapp.studies.models import Study
from webapp.studies.pages import program_page


@ensure_csrf_cookie
def reveal(request: HttpRequest, slug: str) -> HttpResponse:
    """Render each photo, or the one that ``?photo=`` names, as the visitor, others and the agent left it."""
    study = get_object_or_404(Study, slug=slug)
    photo = request.GET.get("photo", "")
    return program_page(request, "reveal", f"{gettext('Side by side')} · {study.title}", study=study.slug, photo=photo)


def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """Render the visitor's own style."""
    study = get_object_or_404(Study, slug=slug)
    return program_page(request, "profile", f"{gettext('Your style')} · {study.title}", study=study.slug)
