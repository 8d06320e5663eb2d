"""What the site's agent could not do."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from webapp.photos.models import Photo
from webapp.studies.models import Study

MOST_TRIES = 5
# Before the third try; four times as long before each that follows. The second comes at once, without other photos.
_PAUSE = timedelta(minutes=5)


class AgentFailure(models.Model):
    """A photo that the agent has not been able to play in a study so far. Without this row, it is tried anew."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="agent_failures")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="agent_failures")
    tries = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=500)
    tried = models.DateTimeField(help_text="the last time")

    class Meta:
        ordering: ClassVar = ["study", "photo"]
        constraints: ClassVar = [models.UniqueConstraint("study", "photo", name="agent_failure_once_of_a_photo")]

    def __str__(self) -> str:
        return f"{self.photo} in {self.study}"

    @property
    def next_try(self) -> datetime | None:
        """When it is tried again; None where it was given up."""
        if self.tries >= MOST_TRIES:
            return None
        return self.tried + (_PAUSE * 4 ** (self.tries - 2) if self.tries > 1 else timedelta())

    @property
    def is_due(self) -> bool:
        """Whether it is time to try again."""
        return self.next_try is not None and self.next_try <= timezone.now()
