"""/metrics, ids of requests, the log as JSON, and reports of errors."""

import gzip
import json
import logging
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from django.db import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from webapp.http.error_reports import without_persons
from webapp.http.logs import RequestId, RequestIds, json_formatter

TOKEN = "a token of thirty-two characters."
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture
def counting(settings, client):
    settings.DATA_DIR.mkdir(exist_ok=True)
    settings.METRICS_TOKEN = TOKEN
    client.handler.load_middleware()
    return client


def read(client) -> dict[str, float]:
    """All samples, by name and labels."""
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    samples = {}
    for family in text_string_to_metric_families(response.content.decode()):
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            samples[f"{sample.name}{{{labels}}}"] = sample.value
    return samples


def test_without_a_token_there_is_no_such_page(client, db):
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_who_has_not_the_token_is_told_to_send_it(counting, db, headers):
    response = counting.get("/metrics", headers=headers)
    assert response.status_code == 401
    assert b"safelight_" not in response.content


def test_requests_are_counted_by_the_name_of_their_address(counting, db):
    name = "safelight_request_seconds_count{method=GET,route=livez,status=200}"
    before = read(counting).get(name, 0)
    counting.get("/livez?PROLIFIC_PID=somebody")
    after = read(counting)
    assert after[name] == before + 1
    assert "somebody" not in str(after)


def test_without_postgres_it_is_said_to_be_away(counting, db, monkeypatch):
    def fail():
        raise OperationalError("gone")

    assert read(counting)["safelight_database_up{}"] == 1
    monkeypatch.setattr("webapp.desk.metrics._worker", fail)
    assert read(counting)["safelight_database_up{}"] == 0


def test_the_disk_of_backups_is_counted_where_it_is_another_one(counting, db, settings):
    assert [name for name in read(counting) if "disk" in name] == ["safelight_disk_free_ratio{disk=data}"]
    settings.BACKUP_DIR = Path("/dev/shm")  # noqa: S108
    assert 0 <= read(counting)["safelight_disk_free_ratio{disk=backups}"] <= 1


def test_alerts_and_the_board_ask_for_metrics_that_there_are(counting, db):
    counting.get("/livez")
    known = {name.partition("{")[0] for name in read(counting)}
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text())["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]
    asked = [rule["expr"] for rule in rules] + [target["expr"] for panel in panels for target in panel["targets"]]
    # Of these there is a sample only once there is a row.
    of_rows = {"safelight_downloads", "safelight_exports", "safelight_versions", "safelight_jobs"}
    for expression in asked:
        for name in re.findall(r"safelight_\w+", expression):
            assert name in known | of_rows, expression
    assert not of_rows & known


def test_drills_that_another_server_does_have_no_age_here(counting, db, settings):
    assert "safelight_drill_age_seconds{}" in read(counting)
    settings.BACKUP_RECIPIENT = "age1"
    assert "safelight_drill_age_seconds{}" not in read(counting)
    assert "safelight_backup_age_seconds{}" in read(counting)


def test_an_answer_bears_the_id_that_the_proxy_gave_its_request(client, db, settings):
    given = "0123456789abcdef"
    assert client.get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given
    settings.NUMBER_OF_PROXIES = 1
    assert client.get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given
    assert client.get("/livez", headers={"X-Request-ID": "<script>"}).headers["X-Request-ID"].isalnum()


def test_an_entry_of_the_log_is_an_object_of_json_with_the_id_of_its_request(rf, db):
    lines = []

    def view(request):
        try:
            raise ValueError("broken")
        except ValueError:
            record = logging.makeLogRecord(
                {"name": "webapp.x", "msg": "a %s", "args": ("photo",), "levelname": "ERROR"}
            )
            record.exc_info = sys.exc_info()
            RequestId().filter(record)
            lines.append((record.request_id, json_formatter().format(record)))
        return {}

    response = RequestIds(view)(rf.get("/"))
    ((request_id, line),) = lines
    entry = json.loads(line)
    assert entry["request_id"] == request_id == response["X-Request-ID"]
    assert (entry["event"], entry["logger"], entry["level"]) == ("a photo", "webapp.x", "error")
    assert "ValueError: broken" in entry["exception"]


def test_a_report_of_an_error_says_nothing_of_who_was_there():
    report = {
        "user": {"ip_address": "192.0.2.1"},
        "request": {
            "url": "https://retouch.example.org/play/dusk/?PROLIFIC_PID=somebody",
            "query_string": "PROLIFIC_PID=somebody",
            "cookies": {"sessionid": "secret"},
            "headers": {"User-Agent": "Browser"},
            "env": {"REMOTE_ADDR": "192.0.2.1"},
            "data": {"answer": "free text"},
            "method": "GET",
        },
        "exception": {"values": []},
    }
    left = without_persons(report, {})
    assert left["request"] == {"url": "https://retouch.example.org/play/dusk/", "method": "GET"}
    assert left.keys() == {"request", "exception"}


@pytest.mark.long
def test_errors_are_reported_to_the_service_and_without_persons():
    reports = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self):
            reports.append(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    # In a process of its own: what listens for errors stays in Django once it is there.
    program = """
import django, webapp.http.health
from django.conf import settings
django.setup()
from django.test import Client
webapp.http.health._why_unready = lambda: 1 / 0
settings.ALLOWED_HOSTS = ["testserver"]
assert Client(raise_request_exception=False).get("/readyz?PROLIFIC_PID=60d5ec49f1").status_code == 500
import sentry_sdk
sentry_sdk.flush()
"""
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        environment = os.environ | {
            "SENTRY_DSN": f"http://key@127.0.0.1:{server.server_port}/1",
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
        }
        subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True)
        server.shutdown()
    (report,) = reports
    assert "ZeroDivisionError" in report
    assert '"transaction":"/readyz"' in report.replace(" ", "")
    assert "60d5ec49f1" not in report
    assert "REMOTE_ADDR" not in report
