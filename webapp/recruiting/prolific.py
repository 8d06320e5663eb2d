"""Prolific's API, as https://docs.prolific.com/api-reference documents it: what this site asks of it, and its errors.

No error's sentence names a person, so that each may be logged; ``detail`` is what Prolific said, which may.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils import timezone

EVENT = "submission.status.change"
_PAGE_SIZE = 100
_MOST_PAGES = 1000
_APPROVED_AT_ONCE = 100
_TRIES = 5
_TIMEOUT = 20  # seconds
_LONGEST_DETAIL = 500


class ProlificError(Exception):
    """Prolific could not be asked, or said no.

    Attributes:
        detail: what Prolific said, which may name people: for the researcher who asked, never for a log.
    """

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


class Refused(ProlificError):
    """Prolific understood the request, and does not do it."""


class Busy(ProlificError):
    """Prolific is asked too often, and did nothing of it."""


class Unclear(ProlificError):
    """No answer came: whether the request was followed is not known."""


@dataclass(frozen=True)
class SubmissionReport:
    """What Prolific says of a submission.

    Attributes:
        status: as Prolific writes it: ``ACTIVE``, ``AWAITING REVIEW``, ``TIMED-OUT``, ...
        at: when it said so, by Prolific's clock.
        code: that the participant came back with; None where nothing is said of it.
        study: its id there; empty where nothing is said of it.
    """

    submission_id: str
    participant_id: str
    status: str
    at: datetime
    code: str | None = None
    study: str = ""


@dataclass(frozen=True)
class BonusBatch:
    """Bonuses that are set up at Prolific, and paid once it is told to. Amounts are in hundredths of the currency."""

    key: str
    amount: int
    fees: int
    vat: int
    total: int


def client(patience: float = 120) -> "Prolific":
    """Return the API as the site's settings say.

    Args:
        patience: how many seconds in all it may wait to try again.

    Raises:
        ProlificError: there is no token, or the address is not safe to send it to.
    """
    if not settings.PROLIFIC_TOKEN:
        raise ProlificError("PROLIFIC_TOKEN is not set: make a token at Prolific, and put it into the site's settings.")
    address = urlsplit(settings.PROLIFIC_URL)
    if address.scheme != "https" and not _is_local(address.hostname or ""):
        raise ProlificError("PROLIFIC_URL must begin with https://: the token is not sent over plain http.")
    return Prolific(settings.PROLIFIC_URL, settings.PROLIFIC_TOKEN, patience=patience)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Prolific:
    """Prolific's API under one token.

    Args:
        patience: how many seconds in all one request may wait to be tried again.
        pause: waits so many seconds.
    """

    def __init__(
        self, address: str, token: str, *, patience: float = 120, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._address = f"{address.rstrip('/')}/api/v1"
        self._headers = {"Authorization": f"Token {token}"}
        self._patience, self._pause = patience, pause

    def study(self, key: str) -> dict[str, Any]:
        """Return a study as it stands there."""
        return _body(self._ask("GET", f"/studies/{key}/"))

    def submissions(self, study: str) -> Iterator[SubmissionReport]:
        """Yield the submissions of a study, each once."""
        seen: set[str] = set()
        for page in range(1, _MOST_PAGES):
            query = {"study": study, "page": page, "page_size": _PAGE_SIZE}
            response = self._ask("GET", "/submissions/", params=query)
            body = _body(response)
            complete = (row for row in body.get("results") or [] if {"id", "status"} <= set(row))
            rows = [row for row in complete if row["id"] not in seen]
            for row in rows:
                seen.add(row["id"])
                yield _report(row, study, _moment(response))
            if not rows or not _has_next(body, len(seen)):
                return

    def approve(self, submissions: Sequence[str]) -> dict[str, str]:
        """Ask for the approval of submissions; Prolific does it soon after. Asking twice pays once.

        Returns:
            What it said of those that it refused, by their ids.
        """
        refused: dict[str, str] = {}
        for first in range(0, len(submissions), _APPROVED_AT_ONCE):
            part = list(submissions[first : first + _APPROVED_AT_ONCE])
            try:
                self._ask("POST", "/submissions/bulk-approve/", json={"submission_ids": part})
            except Refused:
                # One of them cannot be approved, which refuses all.
                refused |= self._approve_each(part)
        return refused

    def _approve_each(self, submissions: Sequence[str]) -> dict[str, str]:
        refused = {}
        for key in submissions:
            try:
                self._ask("POST", f"/submissions/{key}/transition/", json={"action": "APPROVE"})
            except Refused as error:
                refused[key] = error.detail or str(error)
        return refused

    def set_up_bonuses(self, study: str, lines: str) -> BonusBatch:
        """Set up bonuses, which pays none yet.

        Args:
            lines: ``participant or submission id,amount``, in the currency's units, one a line.
        """
        answer = self._ask("POST", "/submissions/bonus-payments/", json={"study_id": study, "csv_bonuses": lines})
        body = _body(answer)
        amounts = [round(float(body.get(name) or 0)) for name in ("amount", "fees", "vat", "total_amount")]
        return BonusBatch(str(body["id"]), *amounts)

    def pay_bonuses(self, batch: str) -> None:
        """Pay bonuses that were set up. Asked twice, Prolific pays twice: it is never asked again by itself.

        Raises:
            Unclear: no answer came. Look there whether they are paid.
        """
        self._ask("POST", f"/bulk-bonus-payments/{batch}/pay/", json={}, repeatable=False)

    def secret(self, workspace: str, *, new: bool = False) -> str:
        """Return the secret under which a workspace's events are signed; made where there is none.

        Args:
            new: whether to put a new one in place of the old.
        """
        body = _body(self._ask("GET", "/hooks/secrets/", params={"workspace_id": workspace}))
        values = [row["value"] for row in body.get("results") or [] if row.get("workspace_id") == workspace]
        if new or not values:
            answer = self._ask("POST", "/hooks/secrets/", json={"workspace_id": workspace}, repeatable=False)
            values = [_body(answer)["value"]]
        return str(values[0])

    def subscribe(self, workspace: str, address: str) -> str:
        """Let changes of submissions be told to an address; return the subscription's id. Asked twice, there is one."""
        query = {"workspace_id": workspace, "is_enabled": "true"}
        body = _body(self._ask("GET", "/hooks/subscriptions/", params=query))
        for row in body.get("results") or []:
            if row.get("event_type") == EVENT and row.get("target_url") == address and row.get("is_enabled", True):
                return str(row["id"])
        wanted = {"event_type": EVENT, "target_url": address, "workspace_id": workspace}
        answer = self._ask("POST", "/hooks/subscriptions/", json=wanted, repeatable=False)
        key = _subscription(_body(answer), address)
        # Who has asked proves by this that they did.
        secret = answer.headers.get("X-Hook-Secret", "")
        self._ask("POST", f"/hooks/subscriptions/{key}/", json={"secret": secret}, repeatable=False)
        return key

    def _ask(self, method: str, path: str, *, repeatable: bool = True, **request: Any) -> httpx.Response:
        """Return the answer to a request, tried again while Prolific is busy or away.

        Args:
            repeatable: whether it does no harm to send it again where it may have arrived.
        """
        left = self._patience
        with httpx.Client(base_url=self._address, headers=self._headers, timeout=_TIMEOUT) as http:
            for number in range(_TRIES):
                response, error = None, ""
                try:
                    response = http.request(method, path, **request)
                except httpx.TransportError as problem:
                    error = type(problem).__name__
                is_busy = response is not None and response.status_code == HTTPStatus.TOO_MANY_REQUESTS
                is_away = response is None or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
                wait = _wait(response, number)
                if not (is_busy or (is_away and repeatable)) or number + 1 == _TRIES or wait > left:
                    break
                left -= wait
                self._pause(wait)
        return _accepted(response, error)


def _wait(response: httpx.Response | None, number: int) -> float:
    """Return for how many seconds to wait before the next try, after so many."""
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - timezone.now()).total_seconds())
    except (TypeError, ValueError):
        return float(2**number)


def _accepted(response: httpx.Response | None, error: str) -> httpx.Response:
    """Return an answer that says yes; raise what any other means."""
    if response is None:
        raise Unclear(f"Prolific cannot be reached ({error}). What is stored here stays as it was; try again later.")
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        sentence = "Prolific refused the token: make a new one there, and put it into PROLIFIC_TOKEN."
        raise ProlificError(sentence, _detail(response))
    if status == HTTPStatus.NOT_FOUND:
        sentence = "Prolific does not have it: check the id of the study there, and that the token may see it."
        raise Refused(sentence, _detail(response))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Busy("Prolific is asked too often at the moment (429). Try again in some minutes.", _detail(response))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unclear(f"Prolific fails at the moment ({status}). What is stored here stays as it was; try again later.")
    if not response.is_success:
        raise Refused(f"Prolific refused the request ({status}).", _detail(response))
    return response


def _detail(response: httpx.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    error = body.get("error", body) if isinstance(body, dict) else body
    detail = (error.get("detail") or error.get("title") or "") if isinstance(error, dict) else error
    return str(detail)[:_LONGEST_DETAIL]


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ProlificError("Prolific answered in a way that its documentation does not know.")
    return body


def _report(row: dict[str, Any], study: str, at: datetime) -> SubmissionReport:
    participant = row.get("participant_id") or row.get("participant") or ""
    code = str(row.get("study_code") or "")
    return SubmissionReport(str(row["id"]), str(participant), normal_status(str(row["status"])), at, code, study)


def normal_status(status: str) -> str:
    """Return a status as Prolific's documentation writes it."""
    words = status.upper().replace("_", " ").replace("-", " ")
    return "TIMED-OUT" if words == "TIMED OUT" else words


def _moment(response: httpx.Response) -> datetime:
    """Return when an answer was given, by Prolific's clock, in whole seconds."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return timezone.now().replace(microsecond=0)


def _has_next(body: dict[str, Any], count: int) -> bool:
    links, meta = body.get("_links"), body.get("meta")
    if isinstance(links, dict) and "next" in links:
        return bool((links["next"] or {}).get("href"))
    return isinstance(meta, dict) and int(meta.get("count") or 0) > count


def _subscription(body: dict[str, Any], address: str) -> str:
    """Return the id of the subscription that was just made: the answer is it, or lists it."""
    rows = [body] if "id" in body else [row for row in body.get("results") or [] if row.get("target_url") == address]
    if not rows:
        raise ProlificError("Prolific did not say which subscription it made.")
    return str(rows[-1]["id"])
