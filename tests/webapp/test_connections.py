"""Connections of the pool: those that Postgres has ended are replaced, and the others are not asked first."""

import psycopg
import pytest
from django.db import connection

from webapp.configuration import postgres
from webapp.database.base import DatabaseWrapper, is_alive


@pytest.fixture
def pooled(db):
    """A connection of a pool of its own, as the site has one."""
    address = psycopg.conninfo.make_conninfo(
        **{
            name: value
            for name, value in connection.get_connection_params().items()
            if name in ("dbname", "user", "password", "host", "port")
        }
    )
    wrapper = DatabaseWrapper(connection.settings_dict | postgres(address, pooled=True), "pooled")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def process(wrapper):
    """The number of the process of Postgres that serves the connection."""
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_a_connection_that_postgres_has_ended_is_replaced_before_it_is_used(pooled):
    before = process(pooled)
    pooled.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    assert process(pooled) != before


def test_a_connection_that_lives_is_kept_though_postgres_has_told_it_something(pooled):
    process(pooled)
    living = pooled.connection
    with pooled.cursor() as cursor:
        cursor.execute("LISTEN safelight_test")
    with psycopg.connect(living.info.dsn, password=living.info.password, autocommit=True) as other:
        other.execute("NOTIFY safelight_test")
    assert is_alive(living)
    assert not living.closed
