"""Second factors of researchers: who must have one goes nowhere else before."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import activate

from webapp.http.refusals import body

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
# What serves to set one up, or to leave.
_OF_ACCOUNTS = ("mfa_", "account_", "catalogue", "set-language")


class SecondFactor:
    """Middleware that leads a researcher without a second factor to where it is set up, if the site requires one.

    A token of the API is a secret of its own, made by somebody who had logged in: it goes on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Answer in place of a view, or leave it to the view."""
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        if name.startswith(("mfa_", "account_")) and name != "account_login":
            activate("en")  # as all pages that only researchers meet
        if name.startswith(_OF_ACCOUNTS) or not lacks_factor(request.user):
            return None
        if request.path.startswith("/api/"):
            message = "Set up a second factor for your account first: this site requires one."
            return JsonResponse(body("second_factor_needed", message), status=HTTPStatus.FORBIDDEN)
        return HttpResponseRedirect(reverse("mfa_index"))


def lacks_factor(user: User | AnonymousUser) -> bool:
    """Tell whether it is a researcher without the second factor that the site requires."""
    return bool(settings.REQUIRE_TWO_FACTOR and user.is_staff and not is_mfa_enabled(user, FACTORS))
