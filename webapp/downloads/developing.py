"""Developing what was played, in a process of its own: it knows nothing of Django."""

from collections.abc import Sequence
from pathlib import Path

from editing.files import atomic_file
from editing.game.filters import EditingStep
from editing.rendering.developing import UNLIMITED, develop_photo
from editing.rendering.writing import Output
from webapp.photos.decoding import StoredReading, open_as_stored


def develop_as_played(
    source: Path, preview: Path, stored: StoredReading, steps: Sequence[EditingStep], destination: Path, output: Output
) -> None:
    """Develop a photo's own file, if it gives the picture still on which the steps were played.

    Raises:
        webapp.photos.decoding.ReadOtherwise: it gives another picture by now.
        editing.photos.photo_error.PhotoError: it cannot be read, or not be written in this form.
        OSError: the disk refuses.
    """
    photo = open_as_stored(source, preview, stored, limit=UNLIMITED)
    with atomic_file(destination) as file:
        develop_photo(photo, steps, file, output)
