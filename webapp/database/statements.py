"""Statements that are asked with every batch of events: written by hand, and kept prepared by Postgres.

Django takes longer to write such a statement than Postgres to answer it, and Postgres longer to plan than to run it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

Row = tuple[Any, ...]


def fetch(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    """Return the rows of a statement. JSON comes as text, times with their zone."""
    with _cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[Row] = cursor.fetchall()
        return rows


def execute(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> int:
    """Run a statement and return how many rows it has changed."""
    with _cursor() as cursor:
        cursor.execute(statement, parameters)
        count: int = cursor.rowcount
        return count


def _cursor() -> Any:
    """Return a cursor of Django's connection that sends a statement and its values apart; Django's own joins them."""
    wrapper: Any = connection
    wrapper.ensure_connection()
    return wrapper._prepare_cursor(psycopg.Cursor(wrapper.connection))
