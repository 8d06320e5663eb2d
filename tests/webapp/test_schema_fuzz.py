"""Requests made up from the API's own description: no error of the server, and no answer that it does not describe.

Some 30 in ``make test``, always the same; 2,000 others among the long tests.
"""

from http.cookies import SimpleCookie
from typing import Any

import pytest
import requests
import schemathesis
from django.contrib.auth.models import User
from django.db import transaction
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.webapp.conftest import Json, MakePhoto, Player
from tests.webapp.ratings.conftest import store_play
from webapp.http.clean_text import AnyContentTypeRequest
from webapp.ratings.models import Showing
from webapp.studies.models import Study

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


class Api:
    """The API by its description, the rows that a path may name, and a browser in which a researcher also plays."""

    def __init__(self, browser: Player, values: Json) -> None:
        with GENERATOR_STATS.silence():
            description = SchemaGenerator().get_schema(request=None, public=True)
        operations = schemathesis.openapi.from_dict(description).get_all_operations()
        self.operations = [operation.ok() for operation in operations]
        self.values = values
        self.client = browser.client
        self.client.raise_request_exception = False
        self.cookies = {name: cookie.value for name, cookie in browser.client.cookies.items()}

    def check(self, data: st.DataObject) -> None:
        """Send a request that is drawn, and hold its answer against the description; what it changes is taken back."""
        operation = data.draw(st.sampled_from(self.operations))
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case = data.draw(operation.as_strategy(mode))
        if data.draw(st.integers(0, 3)):
            own = {name: self.values[name] for name in case.path_parameters or {} if name in self.values}
            case.path_parameters = {**(case.path_parameters or {}), **own}
        request = requests.Request(**case.as_transport_kwargs(base_url="http://localhost")).prepare()
        case.validate_response(self.answer(request), checks=CHECKS)

    def answer(self, request: requests.PreparedRequest) -> Response:
        """The answer of the site."""
        headers = {name: str(value) for name, value in request.headers.items() if name not in ("Cookie", "Host")}
        body = (request.body or "").encode() if isinstance(request.body or "", str) else request.body
        with transaction.atomic():
            self.client.cookies = SimpleCookie(self.cookies)
            answer = self.client.generic(
                str(request.method),
                request.path_url,
                body,
                content_type=headers.get("Content-Type", "application/json"),
                headers=headers | {"X-CSRFToken": self.cookies["csrftoken"]},
            )
            content = b"".join(answer.streaming_content if answer.streaming else [answer.content])
            transaction.set_rollback(True)
        received = {name.lower(): [value] for name, value in answer.items()}
        return Response(answer.status_code, received, content, request, elapsed=0.0, verify=True)


@pytest.fixture
def api(
    researcher: Player, make_photo: MakePhoto, study: Study, opened: Any, played: Any, monkeypatch: pytest.MonkeyPatch
) -> Api:
    photo, other = make_photo(1), make_photo(2)
    Study.objects.filter(pk=study.pk).update(allow_downloads=True, agent="", reveal="each")
    assert researcher.join().status_code == 200
    assert researcher.send(photo, played).status_code == 200
    assert researcher.send(other, opened).status_code == 200
    for number in range(3):
        store_play(study, photo, f"someone-{number}", 1.0 + number)
    assert researcher.post(f"/api/studies/default/photos/{photo.pk}/reveal/", {}).status_code == 200
    User.objects.update(is_superuser=True)
    monkeypatch.setattr("django.test.client.WSGIRequest", AnyContentTypeRequest)  # as webapp.wsgi has it
    values = {"slug": "default", "sha256": photo.pk, "episode_id": played[0]["episode"], "index": 0}
    return Api(researcher, values | {"file_format": "jpeg", "showing_id": Showing.objects.get().pk})


_SETTINGS = settings(suppress_health_check=list(HealthCheck), deadline=None, database=None)


@given(st.data())
@settings(_SETTINGS, max_examples=30, derandomize=True)
def test_the_api_answers_as_it_describes(api: Api, data: st.DataObject) -> None:
    api.check(data)


@pytest.mark.long
@given(st.data())
@settings(_SETTINGS, max_examples=2_000)
def test_the_api_answers_2000_requests_as_it_describes(api: Api, data: st.DataObject) -> None:
    api.check(data)
