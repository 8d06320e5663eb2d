"""Sessions in Django's table, read by one statement that is written by hand: every request of a player reads one.

Django takes longer to write that statement than Postgres to answer it.
"""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

from webapp.database.statements import fetch

_READ = "SELECT session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's own, but for reading, and for a Postgres that is away, or has no room, as a session is stored."""

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

    def save(self, must_create: bool = False) -> None:
        """Store the session.

        Raises:
            UpdateError: it was deleted meanwhile.
            DatabaseError: Postgres is away, its disk is full, or it refused for another reason. Django would take each
                for a deleted session, and refuse the request for good; as it is, the browser is told to try again.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            failure = error.__context__
            # Of a row that is not there Postgres makes no error.
            if failure is not None and failure.__cause__ is not None:
                raise failure  # noqa: B904 (its own cause says what failed)
            raise
