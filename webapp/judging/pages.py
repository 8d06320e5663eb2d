"""The page on which pictures are judged."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from webapp.studies.models import Study
from webapp.studies.pages import elsewhere, page_of_study, program_page


@never_cache
@ensure_csrf_cookie
@page_of_study
def judging_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the pictures that a participant judges; who has something else to do is led there."""
    here = "judging-page"
    return elsewhere(request, study, here) or program_page(request, "judging", study.texts.title, study=study.slug)
