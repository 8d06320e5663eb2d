"""Statements that are asked with every batch of events: written by hand, and kept prepared by Postgres.

Django takes longer to write such a statement than Postgres to answer it, and Postgres longer to plan than to run it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from django.db import connection

Row = tuple[Any, ...]


class Sql(NamedTuple):
    """A part of a statement, with its values."""

    text: str
    values: Sequence[Any] = ()


NOTHING = Sql("")
ALWAYS = Sql("TRUE")


def fetch(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    """Return the rows of a statement. JSON comes as text, times with their zone."""
    rows: list[Row] = _executed(statement, parameters).fetchall()
    return rows


def execute(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> int:
    """Run a statement and return how many rows it has changed."""
    count: int = _executed(statement, parameters).rowcount
    return count


def _executed(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> Any:
    """Return a cursor of Django's connection that has sent a statement and its values apart; Django's own joins them.

    Each connection to Postgres keeps one: a new one has to learn again how its values are written.
    """
    wrapper: Any = connection
    wrapper.ensure_connection()
    kept = vars(wrapper.connection)
    if "cursor_of_statements" not in kept:
        kept["cursor_of_statements"] = psycopg.Cursor(wrapper.connection)
    cursor = wrapper._prepare_cursor(kept["cursor_of_statements"])
    cursor.execute(statement, parameters)
    return cursor
