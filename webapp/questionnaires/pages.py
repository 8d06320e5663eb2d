"""The page on which a questionnaire is answered."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from webapp.studies.models import Study
from webapp.studies.pages import elsewhere, page_of_study, program_page


@never_cache
@ensure_csrf_cookie
@page_of_study
def questionnaire_page(request: HttpRequest, study: Study) -> HttpResponse:
    """Render the questionnaire that a participant is asked; who has something else to do is led there."""
    here, title = "questionnaire-page", study.texts.title
    return elsewhere(request, study, here) or program_page(request, "questionnaire", title, study=study.slug)
