"""From a file to a stored preview. Knows nothing of Django, so that a bare process can do it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editing.photo import make_preview, printable, read_photo, save_preview, source_sha256


@dataclass(frozen=True)
class Decoded:
    """What a row of Photo says, for a source whose preview lies in its folder already."""

    sha256: str
    preview_sha256: str
    name: str
    width: int
    height: int
    preview_width: int
    preview_height: int
    working_space: str
    decoding: dict[str, Any]


def decode(path: Path, previews: Path, transfer: str, primaries: str) -> Decoded:
    """Read a photo and save its preview, whole or not at all, in the folder ``previews``.

    Raises:
        editing.photo.PhotoError: the file is no photo that can be read.
    """
    previews.mkdir(parents=True, exist_ok=True)
    photo = read_photo(path, transfer=transfer, primaries=primaries)
    preview = make_preview(photo.pixels)
    preview_sha256, _ = save_preview(previews, preview)
    return Decoded(
        sha256=source_sha256(path),
        preview_sha256=preview_sha256,
        name=printable(path.name),
        width=photo.width,
        height=photo.height,
        preview_width=preview.shape[1],
        preview_height=preview.shape[0],
        working_space=photo.working_space,
        decoding=photo.decoding | {"options": {"transfer": transfer, "primaries": primaries}},
    )
