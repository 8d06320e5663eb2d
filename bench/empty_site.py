"""A site that parses a batch of events with Django REST framework and stores nothing: the least that one can cost."""

from typing import Any

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # which says how long an answer is
    ROOT_URLCONF=__name__,
    SECRET_KEY="none",  # noqa: S106 (nothing is signed)
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 (once the settings stand)
from django.urls import path  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class EventsView(APIView):
    """Answers with the number of events."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        body: Any = request.data
        return Response({"next_seq": len(body["events"])})


urlpatterns = [path("api/episodes/<uuid:episode_id>/events/", EventsView.as_view())]
application = get_wsgi_application()
