"""What was done about backups, and how it ended."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

KEPT = 200  # of each kind


class BackupRun(models.Model):
    """A backup or a drill that has ended."""

    class Kind(models.TextChoices):
        BACKUP = "backup"
        DRILL = "drill", "restore as a drill"

    kind = models.CharField(max_length=10, choices=Kind)
    finished = models.DateTimeField(auto_now_add=True)
    backup = models.CharField(max_length=40, blank=True, help_text="the name of the backup")
    problem = models.TextField(blank=True, help_text="why it failed; empty where it succeeded")

    class Meta:
        ordering: ClassVar = ["-finished", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.finished:%Y-%m-%d %H:%M}: {self.problem or 'fine'}"


def note(kind: BackupRun.Kind, backup: str, problem: str = "") -> None:
    """Write down how a backup or a drill has ended, and forget what is long ago."""
    BackupRun.objects.create(kind=kind, backup=backup, problem=problem)
    old = BackupRun.objects.filter(kind=kind).values_list("pk", flat=True)[KEPT:]
    BackupRun.objects.filter(pk__in=list(old)).delete()


def last_success(kind: BackupRun.Kind) -> datetime | None:
    """Return when the last backup or drill ended well."""
    return BackupRun.objects.filter(kind=kind, problem="").values_list("finished", flat=True).first()


def drills_elsewhere() -> bool:
    """Tell whether the site cannot read its own backups, so that another server does the drills."""
    return bool(settings.BACKUP_RECIPIENT and not settings.BACKUP_IDENTITY)
