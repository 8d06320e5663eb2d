"""How often the page on which people are asked to agree was opened: numbers by the hour, and nothing of anybody.

Before they agree nothing is stored of people, so that nobody knows how many of them there were: who opens the page
twice counts twice.
"""

from typing import ClassVar

from django.db import connection, models

from webapp.studies.models import Study

_COUNT = """
INSERT INTO studies_arrival (study_id, hour, count) VALUES (%s, date_trunc('hour', now()), 1)
ON CONFLICT (study_id, hour) DO UPDATE SET count = studies_arrival.count + 1
"""


class Arrival(models.Model):
    """How often the page was opened within an hour, by others than researchers and those who had joined."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="arrivals")
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["study", "hour"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["study", "hour"], name="hour_once_of_a_study")]

    def __str__(self) -> str:
        return f"{self.count} at {self.hour:%Y-%m-%d %H:%M}"


def count_arrival(study: Study) -> None:
    """Count that the page was opened once more."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [study.pk])
