"""Logins that failed lately, to count them by; nothing in a row tells who tried, or from where."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

# For so long a failure counts.
COUNTED_FOR = timedelta(minutes=15)


class FailedLogin(models.Model):
    """A failure, under one of the keys by which failures are counted: a hash that only this site can make."""

    key = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering: ClassVar = ["at"]

    def __str__(self) -> str:
        return f"{self.key[:8]} at {self.at}"

    @classmethod
    def count(cls, key: str) -> int:
        """Return how often a login has failed lately under the key."""
        return cls.objects.filter(key=key, at__gt=timezone.now() - COUNTED_FOR).count()

    @classmethod
    def forget_old(cls) -> None:
        """Delete what does not count any more."""
        cls.objects.filter(at__lte=timezone.now() - COUNTED_FOR).delete()
