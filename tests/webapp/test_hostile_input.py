"""No input is an error of the server: every address, with hostile text in its path, query, body and headers.

Some 60 requests in ``make test``, always the same; many thousands, other ones each time, among the long tests.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webapp.conftest import BRIGHTER, MakeOnce, default_study, logged_in, new_photo, owner_of, write_events
from webapp.games.models import Episode
from webapp.http.clean_text import AnyContentTypeRequest

HUGE_NUMBER = "9" * 4301
# As they stand in an address: percent-encoded bytes, some of them no UTF-8.
TEXTS = (
    *("%00", "x%00y", "%0a", "x%0d%0ay", "%ED%A0%80", "%ff", "%F0%9F%8E%A8", "%C2%B2", "..%2f..%2f", "'%22<", "%25s"),
    *("", "0", "-1", "1e999", "nan", "null", "true", "99999999999999999999", HUGE_NUMBER, "x" * 3000, "__class__"),
    *("2026-99-99", "default", "en", "xx-yy", "[]", "{}"),
)
# As JSON texts: what a decoder takes, and what it should not.
JSON_TEXTS = (
    *(r'"\u0000"', r'"\ud800"', r'"x\udfffy"', r'"\n"', '"' + "x" * 3000 + '"', '""', '"²"', '"default"'),
    *("null", "true", "0", "-1", "1e400", "-0.0", "1e30", "1.5", "9007199254740993", HUGE_NUMBER, "NaN", "[]", "{}"),
    *("[[]]", '{"a": 1}', r'{"\ud800": 1}', r'{"\u0000": 1}', "[" * 60 + "]" * 60, "2147483648", "9223372036854775808"),
)
# In a cookie, a quoted backslash and three digits are a byte.
HEADER_TEXTS = (
    *('"\\000"', '"abcdefghijk\\000"', "\\012", "\xed\xa0\x80", "x" * 3000, HUGE_NUMBER, "", ";;;", "=", "*/*;q=x"),
    *("multipart/form-data", "multipart/form-data; boundary=x", "application/json; charset=x", "x/y; charset=idna"),
    *("bytes=9-1", f"bytes={HUGE_NUMBER}-", 'W/"x', "Fri, 99 Foo 99999 99:99:99 GMT", "de;q=9e999", "a" * 40 + "-b"),
    *("application/x-www-form-urlencoded; charset=hex", "text/plain; charset=unicode_escape", "x/y; charset=utf-7"),
    *("[::1", "x\\y", "1.2.3.4, \x00", "http://[", "text/plain; charset*", "text/html; charset*=x'y'z"),
)
HEADERS = (
    *("Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Type", "Cookie", "Host", "Origin"),
    *("If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Range", "Referer", "User-Agent"),
    *("X-CSRFToken", "X-Forwarded-For", "X-Forwarded-Proto", "X-Requested-With", "X-HTTP-Method-Override"),
)
COOKIES = ("sessionid", "csrftoken", "django_language", "messages")
NAMES = (
    *("study", "look", "page", "photo", "practice", "version", "lang", "format", "next", "language", "ticket", "key"),
    *("q", "p", "o", "e", "all", "_popup", "_to_field", "_changelist_filters", "_facets", "id__in", "pk", "action"),
    *(
        "_selected_action",
        "select_across",
        "index",
        "username",
        "password",
        "csrfmiddlewaretoken",
        "x%00",
        "x%ED%A0%80",
    ),
    *("post", "app_label", "model_name", "field_name", "term", "object_id"),
)
METHODS = ("GET", "GET", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass
class Visit:
    """A request as it is about to be sent."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """Every address of the site as a template, rows to name in them, and a browser in which a researcher also plays."""

    templates: list[tuple[str, list[str]]]
    values: dict[str, str]
    filters: dict[str, list[str]]
    bodies: dict[str, Any]
    client: Client
    cookies: dict[str, str]

    def answer(self, visit: Visit) -> Any:
        """What the site answers; what the request changes is taken back."""
        with _undone():
            self.client.cookies = SimpleCookie(self.cookies)
            address = f"{visit.path}?{visit.query}" if visit.query else visit.path
            return self.client.generic(
                visit.method, address, visit.body, content_type=visit.content_type, headers=visit.headers
            )

    def send(self, visit: Visit) -> int:
        """The status of the answer, which is read to its end."""
        answer = self.answer(visit)
        b"".join(answer.streaming_content if answer.streaming else [answer.content])
        return int(answer.status_code)


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _templates(resolver: URLResolver, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Every address below, with its arguments' names: ``("/play/%(slug)s/", ["slug"])``."""
    for pattern in resolver.url_patterns:
        for text, arguments in normalize(pattern.pattern.regex.pattern.removesuffix(r"\Z")):
            path, all_names = prefix + text, (*names, *arguments)
            if isinstance(pattern, URLPattern):
                yield "/" + path.lstrip("/"), list(all_names)
            else:
                yield from _templates(pattern, path, all_names)


@pytest.fixture(scope="module")
def site_once(made_once: MakeOnce) -> Iterator[Site]:
    """The site and a researcher who has begun to play, for all tests."""
    with made_once():
        yield _open_site()


@pytest.fixture
def site(site_once: Site, db: None, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site as it is before anybody asks for anything."""
    monkeypatch.setattr("django.test.client.WSGIRequest", AnyContentTypeRequest)  # as webapp.wsgi has it
    return replace(site_once, client=Client(enforce_csrf_checks=True, raise_request_exception=False))


def _open_site() -> Site:
    study, opened = default_study(), write_events(*BRIGHTER)
    researcher, photo = logged_in(owner_of(study)), new_photo(study, 1)
    assert researcher.join().status_code == 200
    assert researcher.send(photo, opened).status_code == 200
    User.objects.update(is_superuser=True)
    templates = sorted(_templates(get_resolver()), key=str)
    filters: dict[str, list[str]] = {}
    for path, _ in templates:
        if re.fullmatch(r"/admin/\w+/\w+/", path):
            page = researcher.get(path).content.decode()
            filters[path] = sorted(set(re.findall(r"href=\"\?(\w+?)=", page)))
    (episode,) = Episode.objects.all()
    values = {
        "slug": "default",
        "study": "default",
        "sha256": photo.pk,
        "episode_id": str(episode.pk),
        "look": "game",
        "file_format": "jpeg",
        "language": "de",
        "version": "0",
        "object_id": str(study.pk),
        "app_label": "studies",
    }
    batch = {"study": "default", "photo": photo.pk, "events": [opened[0] | {"episode": str(uuid4())}]}
    bodies = {
        "join/": {"kind": "human", "ticket": "", "consent": 1},
        "events/": batch,
        "downloads/": {"format": "jpeg"},
        "answer/": {"place": 0, "ms": 9},
    }
    cookies = {name: cookie.value for name, cookie in researcher.client.cookies.items()}
    return Site(templates, values, filters, bodies, researcher.client, cookies)


def _replaced(draw: Callable[..., Any], value: Any) -> Any:
    """JSON data with one value in it replaced by what stands for a hostile one."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: _replaced(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        return [_replaced(draw, value[0]), *value[1:]]
    return "@hostile@"


def _json_body(draw: Callable[..., Any], site: Site, path: str) -> bytes:
    valid = next((body for end, body in site.bodies.items() if path.endswith(end)), {"a": {"b": [1]}})
    text = json.dumps(_replaced(draw, valid))
    return text.replace('"@hostile@"', draw(st.sampled_from(JSON_TEXTS))).encode(errors="surrogatepass")


def _pairs(draw: Callable[..., Any], names: Any) -> str:
    pairs = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(TEXTS)), min_size=1, max_size=3))
    return "&".join(f"{name}={value}" for name, value in pairs)


def _visit(draw: Callable[..., Any], site: Site) -> Visit:
    template, names = draw(st.sampled_from(site.templates))
    values = {name: site.values.get(name, "1") for name in names}
    visit = Visit(draw(st.sampled_from(METHODS)), template % values)
    where = draw(st.sampled_from(["path", "query", "query", "body", "body", "headers"]))
    if where == "path" and names:
        visit.path = template % {**values, draw(st.sampled_from(names)): draw(st.sampled_from(TEXTS))}
    elif where == "path":
        visit.path = visit.path + draw(st.sampled_from(TEXTS))
    elif where == "query":
        visit.query = _pairs(draw, (*site.filters.get(visit.path, ()), *NAMES))
    elif where == "headers" and draw(st.booleans()):
        visit.headers["Cookie"] = f"{draw(st.sampled_from(COOKIES))}={draw(st.sampled_from(HEADER_TEXTS))}"
    elif where == "headers":
        visit.headers[draw(st.sampled_from(HEADERS))] = draw(st.sampled_from(HEADER_TEXTS))
    elif draw(st.booleans()):
        visit.body, visit.method = _json_body(draw, site, visit.path), "POST"
    else:
        visit.body, visit.method = _pairs(draw, NAMES).encode(), "POST"
        visit.content_type = "application/x-www-form-urlencoded"
    visit.headers.setdefault("X-CSRFToken", site.cookies["csrftoken"])
    return visit


_CHECKS = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, database=None
)


def _check(site: Site, data: st.DataObject) -> None:
    visit = _visit(data.draw, site)
    assert site.send(visit) < 500, visit


@given(st.data())
@settings(_CHECKS, max_examples=60, derandomize=True)
def test_no_hostile_input_is_an_error_of_the_server(site: Site, data: st.DataObject) -> None:
    _check(site, data)


@pytest.mark.long
@given(st.data())
@settings(_CHECKS, max_examples=10_000)
def test_no_hostile_input_of_many_is_an_error_of_the_server(site: Site, data: st.DataObject) -> None:
    _check(site, data)


@pytest.mark.parametrize(
    ("visit", "message"),
    [
        (Visit("GET", "/api/studies/default/next/", query="x=1&practice=%00"), "query practice has a NUL character"),
        (Visit("GET", "/api/episodes/%00/"), "path has a NUL character"),
        (
            Visit("GET", "/api/studies/default/", headers={"Cookie": 'sessionid="abcdefgh\\000"'}),
            "cookie sessionid has",
        ),
        (Visit("GET", "/admin/auth/user/", query="q=%00"), "query q has a NUL character"),
        (Visit("GET", "/admin/photos/photo/%00/change/"), "path has a NUL character"),
        (Visit("GET", "/photos/", query="study=%00"), "query study has a NUL character"),
    ],
)
def test_a_nul_character_is_refused_and_its_field_named(site: Site, visit: Visit, message: str) -> None:
    answer = site.answer(visit)
    assert answer.status_code == 400
    assert message in answer.content.decode()


def test_a_nul_character_in_a_form_is_refused_and_its_field_named(site: Site) -> None:
    form = b"username=a%00b&password=x"
    visit = Visit("POST", "/login/", "", form, "application/x-www-form-urlencoded")
    assert "form username has a NUL character" in site.answer(visit).content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"\ud800": 1}, "events[0]"),
        ({"kind": "\ud800"}, "events[0].kind"),
        ({"parameters": {"a": ["x\udfff"]}}, "events[0].parameters.a[0]"),
    ],
)
def test_half_a_surrogate_pair_is_refused_and_its_field_named(site: Site, change: Any, field: str, played: Any) -> None:
    body = site.bodies["events/"] | {"events": [played[0] | change]}
    visit = Visit("POST", f"/api/episodes/{played[0]['episode']}/events/", body=json.dumps(body).encode())
    visit.headers["X-CSRFToken"] = site.cookies["csrftoken"]
    answer = site.answer(visit)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
    assert answer.json()["error"]["message"] == f"{field} has half of a Unicode surrogate pair."


def test_json_that_is_not_utf_8_is_refused(stranger: Any, refused: Any) -> None:
    body = b'{"kind": "human", "ticket": "\xed\xa0\x80"}'
    assert refused(stranger.post("/api/studies/default/join/", body)) == (400, "malformed")
    assert (
        stranger.post("/api/studies/default/join/", r'{"kind": "human", "ticket": "\ud83c\udfa8"}').status_code == 403
    )
