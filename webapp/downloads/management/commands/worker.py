"""``manage.py worker``"""

from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector

# To Postgres; one more listens for new jobs.
_CONNECTIONS = 3


class Command(BaseCommand):
    help = (
        "Develop the pictures that players want to download, let the agent play new photos where the learning extra "
        "is installed, and do what is due at times (ask Prolific, forget ids), one after the other, until it is "
        "stopped. What it is at then is done by the next one. It "
        "ends when Postgres goes away: whatever runs it starts it again."
    )

    def handle(self, **options: Any) -> None:
        connection.ensure_connection()  # whether there is a Postgres is known at once, and told in one line
        connection.close()
        connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=_CONNECTIONS, timeout=5)
        try:
            with app.replace_connector(connector):
                app.run_worker()
        except (ConnectorException, psycopg.OperationalError):
            raise CommandError("Postgres went away, so the worker ends") from None
