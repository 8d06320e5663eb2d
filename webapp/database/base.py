"""Django's backend for Postgres, which takes a connection from the pool without asking Postgres a question first."""

from select import POLLIN, poll
from typing import Any

from django.db.backends.postgresql import base, operations
from psycopg import OperationalError
from psycopg_pool import ConnectionPool


class DatabaseOperations(operations.DatabaseOperations):
    """Django's; of a statement that is sent apart from its values the log has the statement."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """Return what was asked, for the log."""
        return super().last_executed_query(cursor, sql, params) or str(sql)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection, taken anew for each request.

    Where Postgres was stopped or killed, this machine knows: the connection has an end to be read. Only a connection
    that has something to be read is asked whether it still lives; the others save the question and its answer.
    """

    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection, from the pool where there is one; those in it that are dead are replaced there."""
        connection = super().get_new_connection(conn_params)
        while self.pool and not is_alive(connection):
            connection.close()
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection


def is_alive(connection: Any) -> bool:
    """Tell whether Postgres still holds the other end of a connection of psycopg on which nothing is awaited."""
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    if not waiting.poll(0):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
