"""A Postgres that is unavailable: telling it from errors of the site, in the log too."""

import logging

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

# By SQLSTATE: connection exceptions, and a server that shuts down, crashed or is not ready yet.
_CLASSES = ("08", "57P")


def is_unavailable(error: BaseException | None) -> bool:
    """Tell whether an error of the database means that nobody answers there."""
    if isinstance(error, InterfaceError):  # the connection was found closed
        return True
    if isinstance(error, ConnectorException):  # of the worker
        return isinstance(error.__cause__, psycopg.OperationalError)
    if not isinstance(error, OperationalError):
        return False
    state = error.__cause__.sqlstate if isinstance(error.__cause__, psycopg.Error) else None
    return state is None or state.startswith(_CLASSES)


def reason(error: BaseException) -> str:
    """Why, in one line."""
    # "connection failed: connection to server at ... failed: Connection refused", and lines of advice.
    return (str(error).strip().splitlines() or ["no answer"])[0].rsplit("failed: ", 1)[-1]


class OneLine(logging.Filter):
    """Logs a Postgres that is away in one line, where other errors have their traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and is_unavailable(error):
            cause = error.__cause__ if isinstance(error, ConnectorException) else error
            record.msg = f"Postgres is away ({reason(cause or error)}): {' '.join(record.getMessage().split())}"
            record.args = record.exc_info = record.exc_text = None
        return True
