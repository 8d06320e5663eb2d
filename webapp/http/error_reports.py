"""Reports of errors to a service that understands Sentry's protocol, without what says who was there."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

# Of a request. Of an address, what stands behind the ? goes too: there recruiters say who comes.
_PERSONAL = ("cookies", "data", "env", "headers", "query_string")


def report_errors(address: str, release: str) -> None:
    """Send errors from now on to a service.

    Args:
        address: its DSN.
        release: the version of this program.

    Raises:
        ImproperlyConfigured: the address is none.
    """
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.utils import BadDsn

    try:
        sentry_sdk.init(
            dsn=address,
            release=release,
            data_collection={
                "user_info": False,
                "http_bodies": [],
                "database_query_data": False,
                "stack_frame_variables": False,
            },
            max_breadcrumbs=0,
            auto_enabling_integrations=False,
            integrations=[DjangoIntegration()],
            server_name="safelight",
            before_send=without_persons,
        )
    except BadDsn as error:
        raise ImproperlyConfigured(f"SENTRY_DSN is no address of an error service: {error}") from None


def without_persons(report: Any, hint: dict[str, Any]) -> Any:
    """Return a report without address, cookies, headers and body of its request, and without its user."""
    report.pop("user", None)
    if request := report.get("request"):
        for name in _PERSONAL:
            request.pop(name, None)
        if "url" in request:
            request["url"] = urlunsplit(urlsplit(request["url"])._replace(query="", fragment=""))
    return report
