"""The photos: identified by the SHA-256 of their source file, and never changed in place."""

import logging
from functools import cache
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

SHA256 = "[0-9a-f]{64}"
_logger = logging.getLogger(__name__)


def previews_folder() -> Path:
    """Where previews lie, each named by its own SHA-256."""
    return Path(settings.DATA_DIR) / "previews"


class Photo(models.Model):
    """A photo, of which the site keeps the linear preview and how it was made."""

    sha256 = models.CharField(
        primary_key=True, max_length=64, validators=[RegexValidator(f"^{SHA256}$")], help_text="of the source file"
    )
    preview_sha256 = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=255)
    width = models.PositiveIntegerField(help_text="of the source, upright")
    height = models.PositiveIntegerField()
    preview_width = models.PositiveIntegerField()
    preview_height = models.PositiveIntegerField()
    working_space = models.CharField(max_length=40)
    decoding = models.JSONField(help_text="how the source became linear light")
    licence = models.CharField(max_length=200, blank=True)
    attribution = models.CharField(max_length=500, blank=True)
    added = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, help_text="since then nobody plays or sees it")

    class Meta:
        ordering: ClassVar = ["name", "sha256"]

    def __str__(self) -> str:
        return self.name

    @property
    def preview_path(self) -> Path:
        """The float16 ``.npy`` of shape (preview_height, preview_width, 3)."""
        return previews_folder() / f"{self.preview_sha256}.npy"

    @property
    def has_preview(self) -> bool:
        """Whether the preview is where it should be. Where it is not, each process logs so once."""
        found = self.preview_path.is_file()
        if not found:
            _report_lost(self.name, self.preview_path)
        return found


def previews_are_away() -> bool:
    """Whether there is not one preview: the folder is not mounted, or not restored yet. No photo is lost for that."""
    return next(previews_folder().glob("*.npy"), None) is None


@cache
def _report_lost(name: str, path: Path) -> None:
    _logger.error("the preview of %s is lost, nobody can play it: add the photo again, or restore %s", name, path)
