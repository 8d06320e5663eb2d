"""Where the site's files lie on the disk, for tests that look there."""

from pathlib import Path

from django.conf import settings

from webapp.datasets.models import DatasetVersion


def previews_folder() -> Path:
    return Path(settings.DATA_DIR) / "previews"


def originals_folder() -> Path:
    return Path(settings.DATA_DIR) / "originals"


def downloads_folder() -> Path:
    return Path(settings.DATA_DIR) / "downloads"


def made_of(version: DatasetVersion) -> list[Path]:
    """The files that were made of a version."""
    return [path for path in (Path(settings.DATA_DIR) / version.made_folder).rglob("*") if path.is_file()]
