"""A contact sheet: many photos on a page that needs nothing else, to see how they were read before anybody plays."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.template.loader import render_to_string

from editing.files import write_atomically
from editing.photos.photo_error import PhotoError
from webapp.photos.models import Photo
from webapp.photos.storing import options_text
from webapp.photos.thumbnails import LOOKS, thumbnail


@dataclass(frozen=True)
class SheetEntry:
    """A file on the sheet.

    Attributes:
        photo: None where it could not be read.
        note: what is to be said of it, such as the reason; empty where nothing is.
    """

    file: str
    photo: Photo | None
    note: str

    @property
    def options(self) -> str:
        """How it was asked to be read."""
        return options_text(self.photo) if self.photo else ""

    @property
    def pictures(self) -> Iterator[str]:
        """Its small pictures as addresses that hold them: as the game shows it first, and brightened."""
        if self.photo is None:
            return
        for look in LOOKS:
            try:
                content = thumbnail(self.photo, look).read()
            except (PhotoError, OSError):
                continue  # its preview was lost in this moment
            yield f"data:image/webp;base64,{base64.b64encode(content).decode()}"


def write_contact_sheet(path: Path, title: str, entries: Sequence[SheetEntry]) -> None:
    """Write the sheet, an HTML page, whole or not at all; the files in the order of their names.

    Raises:
        OSError: the disk refuses.
    """
    ordered = sorted(entries, key=lambda entry: entry.file)
    noted = sum(bool(entry.note) for entry in ordered)
    page = render_to_string("contact_sheet.html", {"title": title, "entries": ordered, "noted": noted})
    write_atomically(path, page.encode())
