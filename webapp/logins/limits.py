"""Guessing passwords: how many logins may fail before the next one is refused unseen.

The counts stand in Postgres, for all processes alike: each failure is a row, so that failures at the same moment all
count, and no flood of other names pushes a count out. What a flood can leave is limited by the limit of its address.
"""

import logging
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from axes.helpers import get_client_username
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from webapp.http.errors import too_many
from webapp.http.visitors import address
from webapp.logins.models import FailedLogin

# A room of researchers may share an address, and mistype now and then; somebody who guesses may have several.
OF_AN_ADDRESS = 50
OF_A_NAME = 100
_logger = logging.getLogger(__name__)


class LoginLimits(AbstractAxesHandler, AxesBaseHandler):  # type: ignore[misc]  # axes is not typed
    """The handler of django-axes: counts failures by name at an address, by address, and by name from anywhere."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return any(FailedLogin.count(key) >= limit for key, limit in _limits(request, credentials))

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        return max(FailedLogin.count(key) for key, _ in _limits(request, credentials))

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        if request is None:
            return
        request.axes_credentials = credentials  # type: ignore[attr-defined]  # what its middleware reads
        # Refused unseen, a login is none that failed: whoever waits is let in again.
        if getattr(request, "axes_locked_out", False):
            return
        FailedLogin.forget_old()
        FailedLogin.objects.bulk_create([FailedLogin(key=key) for key, _ in _limits(request, credentials)])
        if self.is_locked(request, credentials):
            _logger.warning("too many logins have failed: further ones of that name or address are refused for now")
            request.axes_locked_out = True  # type: ignore[attr-defined]

    def user_logged_in(self, sender: Any, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> None:
        """Forget the failures of the name; those of the address stay, whoever else logs in there."""
        at_address, _of_address, of_name = (key for key, _ in _limits(request, {"username": user.get_username()}))
        FailedLogin.objects.filter(key__in=[at_address, of_name]).delete()
        FailedLogin.forget_old()

    def user_logged_out(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        pass


def refuse(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """Answer a login that is refused unseen, with when it is worth another try."""
    return too_many(request, wait=max(FailedLogin.wait(key, limit) for key, limit in _limits(request, credentials)))


def _limits(request: HttpRequest, credentials: dict[str, Any] | None) -> Iterator[tuple[str, int]]:
    """Yield the keys under which a login is counted, each with its limit: name at address, address, name."""
    name, network = str(get_client_username(request, credentials) or ""), _network(address(request))
    yield _key("name at address", name, network), settings.AXES_FAILURE_LIMIT
    yield _key("address", network), OF_AN_ADDRESS
    yield _key("name", name), OF_A_NAME


def _network(text: str) -> str:
    """Whose address it is: of IPv6, the network of 64 bits that a visitor has for themselves."""
    try:
        visitor = ip_address(text)
    except ValueError:
        return text
    if not isinstance(visitor, IPv6Address):
        return text
    return str(visitor.ipv4_mapped or ip_network((visitor, 64), strict=False))


def _key(*parts: str) -> str:
    return salted_hmac("webapp.logins", "\0".join(parts), algorithm="sha256").hexdigest()
