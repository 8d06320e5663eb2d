"""Sessions in Django's table, read by one statement that is written by hand: every request of a player reads one.

Django takes longer to write that statement than Postgres to answer it.
"""

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

from webapp.database.statements import fetch

_READ = "SELECT session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's own; only reading is another."""

    @classmethod
    def from_row(cls, key: str, data: str) -> "SessionStore":
        """Return a session of which the row was read already: its key and its data, as they are stored."""
        session = cls(key)
        vars(session)["_session_cache"] = session.decode(data)
        return session

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        rows = fetch(_READ, [self.session_key, timezone.now()])
        if not rows:
            self._session_key = None
            return None
        data, expires = rows[0]
        session: AbstractBaseSession = self.model(self.session_key or "", data, expires)
        return session
