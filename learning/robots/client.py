"""A robot's way to a site: requests that are sent again while no answer comes, and what its pages say."""

import time
from collections.abc import Container, Mapping, Sequence
from html.parser import HTMLParser
from http import HTTPStatus
from threading import Event
from typing import Any

import httpx

# Seconds after each try to reach a site that has answered before: a restart, or a network that is gone for a while.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
# What passes by itself. The game's page takes every status from 500 on for that; to a robot, 500 is a fault.
_PASSING = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
    HTTPStatus.INSUFFICIENT_STORAGE,
)


class RobotError(RuntimeError):
    """The site cannot be played, or is not as it should be: one sentence that says why."""


class _Unreachable(RobotError):
    """The site, or the network, does not answer."""


class Client:
    """A browser without a window: cookies of its own, and patience."""

    def __init__(
        self,
        url: str,
        transport: httpx.BaseTransport | None = None,
        answered: Event | None = None,
        *,
        insists: bool = False,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        """Make a client.

        Args:
            answered: set once the site has answered anybody; from then on it is worth another try.
            insists: whether the very first request is.
            pauses: in seconds, after each try.
        """
        self.http = httpx.Client(base_url=url.rstrip("/"), timeout=60, transport=transport, follow_redirects=True)
        self._answered = answered or Event()
        self._insists = insists
        self._pauses = pauses

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        *,
        allowed: Container[int] = (),
    ) -> httpx.Response:
        """Send a request, and return the response of the site.

        A site that has answered before is asked again while it cannot be reached: what was sent twice counts once.

        Args:
            body: sent as JSON; ``form`` as a browser sends a form.
            allowed: statuses of errors that the caller understands.

        Raises:
            RobotError: if it cannot be reached, or refuses, with its own words.
        """
        for pause in self._pauses if self._answered.is_set() or self._insists else ():
            try:
                response = self._send(method, path, body, form)
            except _Unreachable:
                time.sleep(pause)
            else:
                if response.status_code not in _PASSING:
                    return _accepted(response, allowed)
                time.sleep(pause)
        response = _accepted(self._send(method, path, body, form), allowed)
        self._answered.set()
        return response

    def forget(self) -> None:
        """Lose all cookies, as on another device."""
        self.http.cookies.clear()

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, form: Mapping[str, Any] | None
    ) -> httpx.Response:
        address = self.http.base_url
        # The referrer, too, is what a browser sends and Django asks for over https.
        headers = {"X-CSRFToken": self.http.cookies.get("csrftoken") or "", "Referer": f"{address}/"}
        try:
            return self.http.request(method, path, json=body, data=form, headers=headers)
        except httpx.InvalidURL as error:
            raise RobotError(f"{address} is not an address: {error}") from None
        except httpx.HTTPError as error:
            raise _Unreachable(f"{address} cannot be reached: {error}") from None


def _accepted(response: httpx.Response, allowed: Container[int]) -> httpx.Response:
    if response.is_error and response.status_code not in allowed:
        asked = f"{response.request.method} {response.url}"
        raise RobotError(f"{asked} was refused ({response.status_code}): {_reason(response)}")
    return response


def _reason(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return Page(response.text).problem or response.reason_phrase


class Page(HTMLParser):
    """What a robot reads of a page: the form by which one agrees, the code of an outcome, and what is wrong.

    Attributes:
        fields: by name, with every box ticked; a list where a name stands there more than once.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.code = self.problem = ""
        self._in_form = self._in_code = self._in_problem = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down a field, or that a code begins."""
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        if tag == "form":
            self._in_form = "agree" in classes
        elif tag == "input" and self._in_form:
            self.fields.setdefault(values["name"], []).append(values.get("value", ""))
        self._in_code = tag == "code" and "code" in classes
        self._in_problem = values.get("role") == "alert" and "hidden" not in values

    def handle_endtag(self, tag: str) -> None:
        """Leave what ends."""
        self._in_code = self._in_problem = False
        if tag == "form":
            self._in_form = False

    def handle_data(self, data: str) -> None:
        """Take down the code, or what is wrong."""
        if self._in_code:
            self.code += data
        if self._in_problem:
            self.problem += data
