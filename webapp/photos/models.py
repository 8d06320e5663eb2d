"""The photos: identified by the SHA-256 of their source file, and never changed in place."""

import logging
from functools import cache
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models

from editing.photos.colour import Pixels
from editing.photos.decoding import READING_VERSION
from editing.photos.photo_error import PhotoError
from editing.photos.preview import read_preview
from webapp.photos.decoding import StoredReading, large_preview_name
from webapp.storage.site_file import SiteFile, site_storage

SHA256 = "[0-9a-f]{64}"
_logger = logging.getLogger(__name__)


# Folders: of previews, each named by its own SHA-256, and of source files, each named by its own and its kind.
PREVIEWS, ORIGINALS = "previews", "originals"


class Photo(models.Model):
    """A photo, of which the site keeps the linear preview, how it was made, and where it can the source file."""

    sha256 = models.CharField(
        primary_key=True, max_length=64, validators=[RegexValidator(f"^{SHA256}$")], help_text="of the source file"
    )
    preview_sha256 = models.CharField(max_length=64, db_index=True)
    large_preview_sha256 = models.CharField(
        max_length=64, blank=True, help_text="of the larger preview for sharp screens, packed; empty where none is"
    )
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
    original_suffix = models.CharField(
        max_length=10, blank=True, help_text="of the source file that is kept; empty where none is"
    )
    compared_reading = models.PositiveIntegerField(
        null=True, blank=True, help_text="the version of the reading that its file was last read by, to be compared"
    )
    reads_otherwise = models.BooleanField(
        default=False, help_text="whether its file gave another picture than the preview then"
    )
    practice = models.BooleanField(default=False, help_text="whether people practise on it: of no study, seen by all")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="since then nobody plays or sees it")

    class Meta:
        ordering: ClassVar = ["name", "sha256"]

    def __str__(self) -> str:
        return self.name

    @property
    def preview(self) -> SiteFile:
        """The float16 ``.npy`` of shape (preview_height, preview_width, 3)."""
        return SiteFile(f"{PREVIEWS}/{self.preview_sha256}.npy")

    def load_preview(self) -> Pixels:
        """Return the preview as float32 (H, W, 3). Raises PhotoError where it is missing or damaged."""
        try:
            with self.preview.open() as file:
                return read_preview(file, self.preview.name)
        except FileNotFoundError as error:
            raise PhotoError(f"{self.preview}: this preview is missing") from error

    @property
    def large_preview(self) -> SiteFile:
        """The larger preview as it travels, where ``large_preview_sha256`` says that there is one."""
        return SiteFile(f"{PREVIEWS}/{large_preview_name(self.large_preview_sha256)}")

    @property
    def has_preview(self) -> bool:
        """Whether the preview is where it should be. Where it is not, each process logs so once."""
        return _exists(self.preview, "preview", self.name, "play it")

    @property
    def reading(self) -> StoredReading:
        """How its file was read."""
        return StoredReading(self.decoding)

    @property
    def is_to_be_compared(self) -> bool:
        """Whether nobody knows if its file gives the same picture as when its preview was made."""
        newest = max(self.reading.version, self.compared_reading or 0)
        return self.reading.options is not None and newest < READING_VERSION

    @property
    def would_be_read_otherwise(self) -> bool:
        """Whether its file is known to give another picture by now."""
        return self.reads_otherwise and self.compared_reading == READING_VERSION

    def note_comparison(self, *, reads_otherwise: bool) -> None:
        """Write down whether its file gives another picture by the reading of today."""
        self.compared_reading, self.reads_otherwise = READING_VERSION, reads_otherwise
        self.save(update_fields=["compared_reading", "reads_otherwise"])

    @property
    def original(self) -> SiteFile:
        """The source file, where ``original_suffix`` says that one is kept."""
        return SiteFile(f"{ORIGINALS}/{self.sha256}{self.original_suffix}")

    @property
    def has_original(self) -> bool:
        """Whether the source file is where it should be. Where it is not, each process logs so once."""
        return _exists(self.original, "original", self.name, "download it at full size")


def previews_are_away() -> bool:
    """Tell whether there is no preview at all: the folder is not mounted, or not restored yet; no photo is lost."""
    return not any(name.endswith(".npy") for name in site_storage().names(PREVIEWS))


def _exists(file: SiteFile, what: str, name: str, use: str) -> bool:
    exists = file.exists()
    if not exists:
        _report_lost(file, what, name, use)
    return exists


@cache
def _report_lost(file: SiteFile, what: str, name: str, use: str) -> None:
    _logger.error("the %s of %s is lost, nobody can %s: add the photo again, or restore %s", what, name, use, file)
