"""What the site's agent could not do, and exports and comparisons that researchers have asked for."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from django.conf import settings
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


class PreparedExport(models.Model):
    """An export that a researcher has asked for: waits for the worker, is written, is there, or why not.

    Attributes:
        statuses: of the episodes in it; ``tutorials``: whether those of practice are.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        WORKING = "working"
        READY = "ready"
        FAILED = "failed"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="prepared_exports")
    asked = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    statuses = models.JSONField(default=list)
    tutorials = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=500, blank=True, help_text="why it failed, for the researcher")
    episodes = models.PositiveIntegerField(default=0)
    finished = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-asked", "-pk"]

    def __str__(self) -> str:
        return f"{self.study} of {self.asked:%Y-%m-%d %H:%M}"

    @property
    def path(self) -> Path:
        """The ZIP file."""
        return Path(settings.DATA_DIR) / "exports" / f"{self.pk}.zip"

    @property
    def is_there(self) -> bool:
        """Whether it was written, and its file was not lost since."""
        return self.state == self.State.READY and self.path.is_file()

    @property
    def size(self) -> int:
        """Bytes of its file."""
        return self.path.stat().st_size if self.is_there else 0


class Comparison(models.Model):
    """How like people the study's agents played, by an export: asked for on the desk, worked out by the worker.

    Its report lies beside the export's file, and goes with it.
    """

    State = PreparedExport.State

    export = models.OneToOneField(PreparedExport, on_delete=models.CASCADE, related_name="comparison")
    asked = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=PreparedExport.State, default=PreparedExport.State.QUEUED)
    answer = models.CharField(max_length=500, blank=True, help_text="what came out, in a sentence")
    reason = models.CharField(max_length=500, blank=True, help_text="why it failed, for the researcher")

    def __str__(self) -> str:
        return f"comparison of {self.export}"

    @property
    def path(self) -> Path:
        """The report, one HTML page."""
        return self.export.path.with_suffix(".html")

    @property
    def is_there(self) -> bool:
        """Whether it was made, and its file was not lost since."""
        return self.state == self.State.READY and self.path.is_file()
