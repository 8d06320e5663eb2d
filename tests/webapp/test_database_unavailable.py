"""What the site answers, and logs, while Postgres is away."""

import logging

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from procrastinate.exceptions import ConnectorException

from webapp.http.database_unavailable import OneLine, is_unavailable


def operational_error(cause):
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


@pytest.fixture
def without_postgres(db, monkeypatch):
    """A client of a site whose database does not answer."""

    def fail(*args, **kwargs):
        raise operational_error(psycopg.OperationalError("connection failed: Connection refused\nIs it running?"))

    with monkeypatch.context() as patch:
        patch.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", fail)
        yield Client(raise_request_exception=False)


def test_pages_and_the_api_answer_503(without_postgres):
    page = without_postgres.get("/")
    assert page.status_code == 503
    assert "cannot reach its database" in page.content.decode()
    answer = without_postgres.get("/api/studies/default/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_away")


def test_a_session_that_cannot_be_stored_for_want_of_postgres_is_none_that_was_deleted(player, monkeypatch):
    def fail(*args, **kwargs):
        raise operational_error(psycopg.errors.AdminShutdown("terminating connection"))

    player.client.raise_request_exception = False
    monkeypatch.setattr(Session, "save", fail)
    answer = player.join()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_away")


def test_it_is_logged_in_one_line(without_postgres, caplog):
    caplog.handler.addFilter(OneLine())
    without_postgres.get("/api/studies/default/")
    lines = [logging.Formatter().format(record) for record in caplog.records if record.name == "django.request"]
    assert lines == ["Postgres is away (Connection refused): Service Unavailable: /api/studies/default/"]


@pytest.mark.parametrize("cause", [psycopg.errors.AdminShutdown("x"), psycopg.errors.ConnectionFailure("x")])
def test_a_server_that_shuts_down_is_unavailable(cause):
    assert is_unavailable(operational_error(cause))


def test_the_worker_says_so_in_one_line_too():
    error = ConnectorException()
    error.__cause__ = psycopg.OperationalError("connection failed: Connection refused\nIs it running?")
    record = logging.makeLogRecord(
        {"msg": "listener error: %s\n", "args": (error,), "exc_info": (type(error), error, None)}
    )
    assert OneLine().filter(record)
    said = "Postgres is away (Connection refused): listener error: Database error."
    assert logging.Formatter().format(record) == said
    assert not is_unavailable(ConnectorException())


@pytest.mark.parametrize("cause", [psycopg.errors.DeadlockDetected("x"), psycopg.errors.DiskFull("x")])
def test_an_error_of_a_server_that_is_there_is_a_failure(cause):
    assert not is_unavailable(operational_error(cause))
