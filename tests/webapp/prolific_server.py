"""A server that answers as Prolific's documentation says Prolific does: https://docs.prolific.com/api-reference."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "t0ken"
STUDY = "60aca280709ee40ec37d4885"
WORKSPACE = "63722982f9cc073ecc730f6b"
Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Recruiter:
    """What the server holds, what it was asked, and what goes wrong next.

    Attributes:
        submissions: by their ids, as the list of them shows them.
        silent: what is asked at an address that ends so is done, and not answered.
        faults: answered in place of what was asked for, one after another: a status with headers, or None to hang up.
        clock: seconds since 1970 by the server's clock.
    """

    address: str = ""
    study: dict[str, Any] = field(default_factory=dict)
    submissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    unapprovable: set[str] = field(default_factory=set)
    bonuses: dict[str, str] = field(default_factory=dict)
    paid: list[str] = field(default_factory=list)
    refuses_to_pay: bool = False
    silent: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    faults: list[tuple[int, dict[str, str]] | None] = field(default_factory=list)
    clock: float = field(default_factory=lambda: time.time() - 10_000)

    def hand_in(self, participant: str, status: str, code: str | None = None) -> str:
        """Let somebody's submission be of a status; return its id."""
        key = f"sub-{participant}"
        self.submissions[key] = {
            "id": key,
            "participant_id": participant,
            "status": status,
            "started_at": "2026-11-01T10:00:00.000Z",
            "study_code": code,
        }
        self.clock += 10
        return key

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """Return a status, a body and headers."""
        parts = path.removeprefix("/api/v1/").strip("/").split("/")
        known = {"studies": self._study, "submissions": self._submissions, "hooks": self._hooks}
        if parts[0] == "bulk-bonus-payments":
            if self.refuses_to_pay:
                return 400, problem(400, "The balance does not cover it."), {}
            self.paid.append(parts[1])
            return 202, f"Bulk bonus payment with ID {parts[1]} is being processed asynchronously.", {}
        return known[parts[0]](method, parts[1:], query, body)

    def _study(self, method: str, rest: list[str], query: dict[str, str], body: Any) -> Answer:
        if rest != [STUDY]:
            return 404, problem(404, "Not found"), {}
        return 200, {"id": STUDY, **self.study}, {}

    def _submissions(self, method: str, rest: list[str], query: dict[str, str], body: Any) -> Answer:
        if not rest or rest == [""]:
            return 200, self._page(query), {}
        if rest == ["bulk-approve"]:
            if set(body["submission_ids"]) & self.unapprovable:
                return 400, problem(400, "These submissions cannot be approved."), {}
            self._approve(body["submission_ids"])
            return 200, "The request to bulk approve has been made successfully.", {}
        if rest == ["bonus-payments"]:
            key = f"batch-{len(self.bonuses) + 1}"
            self.bonuses[key] = body["csv_bonuses"]
            amounts = [float(line.split(",")[1]) for line in body["csv_bonuses"].splitlines()]
            amount = round(100 * sum(amounts))
            costs = {"amount": amount, "fees": amount / 3, "vat": 0, "total_amount": amount * 4 / 3}
            return 201, {"id": key, "study": body["study_id"], **costs}, {}
        assert rest[1:] == ["transition"]
        assert body == {"action": "APPROVE"}
        if rest[0] in self.unapprovable:
            return 400, problem(400, "Only submissions that await review can be approved."), {}
        self._approve([rest[0]])
        return 200, self.submissions[rest[0]], {}

    def _approve(self, keys: list[str]) -> None:
        for key in keys:
            self.submissions[key]["status"] = "APPROVED"
        self.clock += 10

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        rows = list(self.submissions.values()) if query["study"] == STUDY else []
        size, page = min(int(query.get("page_size", 20)), 100), int(query.get("page", 1))
        part = rows[(page - 1) * size : page * size]
        more = f"{self.address}/api/v1/submissions/?page={page + 1}" if page * size < len(rows) else None
        return {"results": part, "_links": {"next": {"href": more, "title": "Next"}}, "meta": {"count": len(rows)}}

    def _hooks(self, method: str, rest: list[str], query: dict[str, str], body: Any) -> Answer:
        if rest == ["secrets"] and method == "GET":
            rows = [{"id": "1", "value": value, "workspace_id": key} for key, value in self.secrets.items()]
            return 200, {"results": rows}, {}
        if rest == ["secrets"]:
            value = "another-secret" if self.secrets else "signed-under-this"
            self.secrets[body["workspace_id"]] = value
            return 201, {"id": "1", "value": value, "workspace_id": body["workspace_id"]}, {}
        if rest == ["subscriptions"] and method == "GET":
            return 200, {"results": [row for row in self.subscriptions if row["is_enabled"]]}, {}
        if rest == ["subscriptions"]:
            row = {"id": f"hook-{len(self.subscriptions)}", "is_enabled": False, **body}
            self.subscriptions.append(row)
            return 201, row, {"X-Hook-Secret": f"confirm-{row['id']}"}
        row = next(row for row in self.subscriptions if row["id"] == rest[1])
        if body != {"secret": f"confirm-{row['id']}"}:
            return 400, problem(400, "The secret is wrong."), {}
        row["is_enabled"] = True
        return 200, row, {}


def problem(status: int, detail: str) -> dict[str, Any]:
    """An error as Prolific writes it."""
    return {"error": {"status": status, "title": "Error", "error_code": 140000 + status, "detail": detail}}


@contextmanager
def running() -> Iterator[Recruiter]:
    """A server on this machine, for as long as it is needed."""
    recruiter = Recruiter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(text) if text else None
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            recruiter.asked.append((self.command, address.path, body))
            if recruiter.faults:
                fault = recruiter.faults.pop(0)
                if fault is None:
                    self.close_connection = True
                else:
                    self._send(fault[0], problem(fault[0], "A fault."), fault[1])
            elif self.headers["Authorization"] != f"Token {TOKEN}":
                self._send(401, problem(401, "Authentication credentials were not provided or are incorrect."), {})
            else:
                answer = recruiter.answer(self.command, address.path, query, body)
                if recruiter.silent and address.path.endswith(recruiter.silent):
                    self.close_connection = True
                else:
                    self._send(*answer)

        do_POST = do_GET  # noqa: N815 (called by this name)

        def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
            text = json.dumps(body).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(recruiter.clock, usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        recruiter.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield recruiter
        finally:
            server.shutdown()
            thread.join()
