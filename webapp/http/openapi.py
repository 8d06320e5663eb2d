"""The API's description: how it words our authentication, and how it is served."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import override
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The session's cookie; a POST or DELETE also carries the cookie ``csrftoken`` in the header ``X-CSRFToken``."""

    target_class = "webapp.http.visitors.SessionWithCsrf"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": (self.__doc__ or "").strip()}


class SchemaView(SpectacularAPIView):
    """The description in YAML or JSON, in English: made once in each form, whatever else the query asks for."""

    throttle_scope = "schema"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer = request.accepted_renderer
        headers = {"Content-Disposition": f'inline; filename="Safelight.{renderer.format}"'}
        return HttpResponse(_rendered(renderer.media_type), content_type=renderer.media_type, headers=headers)


@cache
def _rendered(media_type: str) -> str | bytes:
    """Return the description in the form of that type, one of those of the view's renderers."""
    renderer = next(form for form in SchemaView.renderer_classes if form.media_type == media_type)
    with override(settings.LANGUAGE_CODE):
        schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered: str | bytes = renderer().render(schema, renderer_context={})
    return rendered


def describe_unavailable(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Say of every operation that the server may be away for a moment; called by drf-spectacular at the end."""
    answer = {
        "description": "The server is away or busy for a moment: try again, after `Retry-After` seconds if given.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("503", answer)
    return result
