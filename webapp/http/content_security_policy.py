"""The policy that says what pages may load, from the settings; the same for each answer."""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse

_policy = cache(build_policy)


class ContentSecurityPolicy:
    """Middleware that sends the policy; django-csp's own builds it anew for each answer, which takes as long as a
    query.

    Django's debug pages have styles and scripts of their own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_debugged = settings.DEBUG and response.status_code in (
            HTTPStatus.NOT_FOUND,
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )
        if not is_debugged:
            response.headers.setdefault(HEADER, _policy())
        return response
