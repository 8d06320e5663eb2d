"""How long a login lasts: a researcher who has been away is logged out; a player stays who they are."""

from collections.abc import Callable
from datetime import timedelta
from time import time

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest, HttpResponse

LONGEST_IDLE = timedelta(days=14)
# So often it is noted that somebody is here.
_NOTED_EVERY = timedelta(hours=1)
_SEEN = "seen"


class ResearcherSessions:
    """Middleware that ends a login which nobody has used for a while. The rest of the session, a player's, stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if SESSION_KEY in session:
            idle = time() - session.get(_SEEN, 0)
            if _SEEN in session and idle > LONGEST_IDLE.total_seconds():
                for key in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY, _SEEN):
                    session.pop(key, None)
            elif idle > _NOTED_EVERY.total_seconds():
                session[_SEEN] = int(time())
        return self.get_response(request)
