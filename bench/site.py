"""The site: storing play, against the least that a request can ask of it. Needs Postgres, as the tests do."""

import json
import os
import tempfile
from io import StringIO
from pathlib import Path
from uuid import uuid4

import numpy as np

from bench.figures import Figure, ratio
from editing.game.filters import VERSION


def measure() -> dict[str, Figure]:
    """One event sent, and the same one again, against /healthz; through Django's whole stack, without sockets."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    with tempfile.TemporaryDirectory() as folder:
        settings.DATA_DIR = Path(folder)
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_CLASSES": []}
        setup_test_environment()
        databases = setup_databases(verbosity=0, interactive=False)
        try:
            return _measure_requests(Path(folder))
        finally:
            teardown_databases(databases, verbosity=0)


def _measure_requests(folder: Path) -> dict[str, Figure]:
    from django.core.management import call_command
    from django.test import Client

    np.save(folder / "photo.npy", np.random.default_rng(0).random((64, 96, 3), dtype=np.float32))
    call_command("import_photos", str(folder / "photo.npy"), stdout=StringIO(), stderr=StringIO())
    client = Client()
    joining = {"kind": "robot", "consent": 1}
    client.post("/api/studies/default/join/", joining, content_type="application/json")
    photo = client.get("/api/studies/default/next/").json()["photo"]["id"]
    episode, sent = str(uuid4()), 0

    def event(seq: int) -> dict[str, object]:
        kind = "compare" if seq else "start"
        identity = {"id": str(uuid4()), "episode": episode, "seq": seq, "kind": kind, "ms": seq}
        return identity | {"step": None, "filter": None, "parameters": None, "contract_version": VERSION}

    def post(one: dict[str, object]) -> None:
        body = json.dumps({"study": "default", "photo": photo, "events": [one]})
        response = client.post(f"/api/episodes/{episode}/events/", body, content_type="application/json")
        if response.status_code != 200:
            raise RuntimeError(f"an event was refused: {response.content.decode()}")

    def send_next() -> None:
        nonlocal sent
        post(event(sent))
        sent += 1

    first = event(0)
    post(first)
    sent = 1

    def healthz() -> None:
        client.get("/healthz")

    against = "a request to /healthz, which asks Postgres one thing"
    note = "CPU time of the web process; an episode of some hundred events"
    return {
        "site.event_over_healthz": Figure(ratio(send_next, healthz, runs=5), "x", against, note),
        "site.repeated_event_over_healthz": Figure(ratio(lambda: post(first), healthz, runs=5), "x", against, note),
    }
