"""What logins are counted by, in Postgres, for all web processes alike."""

import math
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

# For so long a failure counts.
COUNTED_FOR = timedelta(minutes=15)


class FailedLogin(models.Model):
    """A login that failed lately, under one of the keys by which failures are counted.

    A key is a hash that only this site can make: nothing in a row tells who tried, or from where.
    """

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
    def wait(cls, key: str, limit: int) -> int:
        """Return the seconds until fewer failures than the limit count under the key."""
        newest = cls.objects.filter(key=key).order_by("-at").values_list("at", flat=True)[limit - 1 : limit]
        return max((math.ceil((at + COUNTED_FOR - timezone.now()).total_seconds()) for at in newest), default=1)

    @classmethod
    def forget_old(cls) -> None:
        """Delete what does not count any more."""
        cls.objects.filter(at__lte=timezone.now() - COUNTED_FOR).delete()


class CacheEntry(models.Model):
    """A row of Django's cache in the database: which codes were used lately, and how many of whose were wrong."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "logins_cache"

    def __str__(self) -> str:
        return self.cache_key
