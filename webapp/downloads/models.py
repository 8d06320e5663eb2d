"""The finished pictures that players asked for at full size."""

from pathlib import Path
from typing import ClassVar

from django.db import models

from webapp.games.models import Episode
from webapp.storage.site_file import SiteFile
from webapp.studies.models import Study

# Of each format: the suffix of its files, and their media type.
FILES = {"jpeg": (".jpg", "image/jpeg"), "tiff16": (".tif", "image/tiff"), "png16": (".png", "image/png")}


DOWNLOADS = "downloads"  # the folder of developed pictures, until they are old


class Download(models.Model):
    """An episode's picture in one format: asked for, in the works, there, or why not."""

    class Format(models.TextChoices):
        JPEG = "jpeg", "JPEG"
        TIFF16 = "tiff16", "TIFF, 16 bits"
        PNG16 = "png16", "PNG, 16 bits"

    class State(models.TextChoices):
        QUEUED = "queued"
        WORKING = "working"
        READY = "ready"
        FAILED = "failed"

    COMING: ClassVar = (State.QUEUED, State.WORKING)

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="downloads")
    format = models.CharField(max_length=10, choices=Format)
    state = models.CharField(max_length=10, choices=State)
    # Files of before this was written down may keep all.
    metadata = models.CharField(
        max_length=4,
        choices=Study.Metadata,
        default=Study.Metadata.ALL,
        help_text="what its file keeps of the photo's EXIF data",
    )
    reason = models.CharField(max_length=500, blank=True, help_text="why it failed, for the player")
    job = models.BigIntegerField(null=True, blank=True, help_text="the job of procrastinate that makes it")
    asked = models.DateTimeField(help_text="the last time that somebody did")
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-asked"]
        constraints: ClassVar = [models.UniqueConstraint("episode", "format", name="format_once_of_an_episode")]

    def __str__(self) -> str:
        return f"{self.episode} as {self.get_format_display()}"

    @property
    def file(self) -> SiteFile:
        """The picture's file."""
        return SiteFile(f"{DOWNLOADS}/{self.episode_id}-{self.format}{FILES[self.format][0]}")

    def file_name(self, *, for_researcher: bool) -> str:
        """Return what the file is called on the machine of who fetches it.

        For researchers, and where the study lets downloads keep all, as the photo was: its name may tell other players
        what they should not know.
        """
        photo, suffix = self.episode.photo, FILES[self.format][0]
        keeps_name = for_researcher or self.metadata == Study.Metadata.ALL
        return f"{(keeps_name and Path(photo.name).stem) or f'photo-{photo.pk[:8]}'}{suffix}"

    @property
    def is_there(self) -> bool:
        """Whether it was made, keeps what its study lets downloads keep, and its file was not lost since."""
        is_as_wanted = self.metadata == self.episode.study.download_metadata
        return self.state == self.State.READY and is_as_wanted and self.file.exists()

    @property
    def is_coming(self) -> bool:
        """Whether it waits for its turn, or is in the works."""
        return self.state in self.COMING
