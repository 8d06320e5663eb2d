"""How the API's description words our authentication."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The session's cookie; a POST or DELETE also carries the cookie ``csrftoken`` in the header ``X-CSRFToken``."""

    target_class = "webapp.http.visitors.SessionWithCsrf"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": (self.__doc__ or "").strip()}
