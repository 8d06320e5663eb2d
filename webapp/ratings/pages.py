"""The pages after play: what others made of the same photos, and the player's own style."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import ensure_csrf_cookie

from webapp.studies.models import Study
from webapp.studies.pages import page_of_study, program_page


@ensure_csrf_cookie
@page_of_study
def reveal(request: HttpRequest, study: Study) -> HttpResponse:
    """Render each photo, or the one that ``?photo=`` names, as the visitor, others and the agent left it."""
    photo = request.GET.get("photo", "")
    title = f"{gettext('Side by side')} · {study.texts.title}"
    return program_page(request, "reveal", title, study=study.slug, photo=photo)


@page_of_study
def profile(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the visitor's own style."""
    return program_page(request, "profile", f"{gettext('Your style')} · {study.texts.title}", study=study.slug)
