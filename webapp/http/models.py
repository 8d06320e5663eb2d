"""What the pace of requests is counted by, in Postgres, for all web processes alike."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from webapp.database.statements import fetch

# The longest window that requests are counted in.
COUNTED_FOR = timedelta(hours=1)
# One statement, so that requests at the same moment all count. The window is told by Postgres's clock, which all share.
_TAKE = """
INSERT INTO http_requestcount AS counted (key, began_at, count)
VALUES (%(key)s, to_timestamp(floor(extract(epoch FROM now()) / %(seconds)s) * %(seconds)s), %(portion)s)
ON CONFLICT (key) DO UPDATE SET
    began_at = excluded.began_at,
    count = CASE WHEN counted.began_at = excluded.began_at
        THEN least(counted.count, %(limit)s) + excluded.count ELSE excluded.count END
RETURNING count, %(seconds)s - extract(epoch FROM now() - began_at)::float8
"""


class RequestCount(models.Model):
    """How many requests of one visitor are taken by now, of those that the current window of time allows.

    A key is a hash that only this site can make: nothing in a row tells who asked, from where, or for what.
    """

    key = models.CharField(max_length=64, primary_key=True)
    began_at = models.DateTimeField(help_text="When the window began.")
    count = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return f"{self.count} by {self.key[:8]} since {self.began_at}"

    @classmethod
    def take(cls, key: str, portion: int, limit: int, seconds: int) -> tuple[int, float]:
        """Take a portion of the requests that a window allows.

        Returns:
            How many there were to be had, 0 .. portion; the seconds until the next window begins.
        """
        values = {"key": key, "portion": portion, "limit": limit, "seconds": seconds}
        ((count, wait),) = fetch(_TAKE, values)
        return max(0, min(portion, limit - (count - portion))), wait

    @classmethod
    def forget_old(cls) -> None:
        """Delete those whose windows are over."""
        cls.objects.filter(began_at__lt=timezone.now() - COUNTED_FOR).delete()
