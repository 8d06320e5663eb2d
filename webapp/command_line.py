"""The way into ``manage.py``: what people can mend is told in one line."""

import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from django.db import OperationalError

INTERRUPTED = 130  # the exit status of a command that Ctrl-C ended


def main() -> None:
    """Run the command named in ``sys.argv``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    try:
        _run()
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED)


def _run() -> None:
    # Only now: loading Django takes a second, in which Ctrl-C may come too.
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, connections
    from environs import EnvError

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EnvError) as error:
        _fail(str(error))
    except OperationalError as error:
        if connections["default"].connection is not None:
            raise
        _fail(unreachable(error))


def unreachable(error: "OperationalError") -> str:
    """Return one line on a Postgres that cannot be connected to: where, why and what to do."""
    from django.db import connections

    from webapp.http.database_unavailable import reason

    database = connections["default"].settings_dict
    return (
        f"Postgres is not reachable at {database['HOST'] or 'the local socket'}:{database['PORT'] or 5432} "
        f"({reason(error)}): start it with `python -m webapp.local.embedded_postgres start`, or set DATABASE_URL"
    )


def _fail(message: str, status: int = 1) -> NoReturn:
    print(f"Error: {message}", file=sys.stderr)
    sys.exit(status)
