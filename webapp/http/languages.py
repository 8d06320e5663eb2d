"""The language of a request: what the visitor chose, else what their browser asks for, else English."""

import hashlib
from functools import cache
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, override
from django.views.decorators.gzip import gzip_page
from django.views.i18n import JavaScriptCatalog


class Languages(LocaleMiddleware):
    """Django's own; its answers depend on the cookie of the choice too."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        patch_vary_headers(response, ("Cookie",))
        return response


def catalogue(request: HttpRequest) -> dict[str, str]:
    """Add ``catalogue`` to a template's context: the address of the page's texts in its language; empty for English."""
    language = get_language() or settings.LANGUAGE_CODE
    if language == settings.LANGUAGE_CODE:
        return {"catalogue": ""}
    return {"catalogue": reverse("catalogue", args=[language, _version(language)])}


@gzip_page
def catalogue_script(request: HttpRequest, language: str, version: str) -> HttpResponse:
    """Serve the texts of the game's programs in a language, loaded before them. Its address changes with the texts."""
    is_offered = language in dict(settings.LANGUAGES)
    response = HttpResponse(_script(language) if is_offered else b"", "text/javascript; charset=utf-8")
    is_current = is_offered and version == _version(language)
    response["Cache-Control"] = "public, max-age=31536000, immutable" if is_current else "no-store"
    return response


@cache
def _script(language: str) -> bytes:
    request = HttpRequest()
    request.method = "GET"
    with override(language):
        return cast(HttpResponse, JavaScriptCatalog.as_view(packages=["webapp"])(request)).content


@cache
def _version(language: str) -> str:
    return hashlib.sha256(_script(language)).hexdigest()[:12]
