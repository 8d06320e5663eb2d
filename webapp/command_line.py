"""The way into ``manage.py``: what people can mend is told in one line."""

import os
import sys
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, connections
from environs import EnvError

from webapp.database_away import reason


def main() -> None:
    """Run the command named in ``sys.argv``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EnvError) as error:
        _fail(str(error))
    except OperationalError as error:
        if connections["default"].connection is not None:
            raise
        _fail(unreachable(error))


def unreachable(error: OperationalError) -> str:
    """One line on a Postgres that cannot be connected to: where, why and what to do."""
    database = connections["default"].settings_dict
    return (
        f"Postgres is not reachable at {database['HOST'] or 'the local socket'}:{database['PORT'] or 5432} ({reason(error)}): "
        "start it with `python -m webapp.embedded_postgres start`, or set DATABASE_URL"
    )


def _fail(message: str) -> NoReturn:
    print(f"Error: {message}", file=sys.stderr)
    sys.exit(1)
