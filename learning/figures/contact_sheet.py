"""A contact sheet: photos one below the other, what was made of each side by side, in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from editing.files import atomic_file
from learning.figures.steps import DARK, Palette

# In pixels: the space between pictures, and the line above them that says what they are.
GAP, TITLE = 8, 22
LARGE, SMALL = 14, 11
SUFFIXES = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
_SAVING: dict[str, dict[str, Any]] = {"JPEG": {"quality": 92}, "PNG": {"compress_level": 6}}


@dataclass(frozen=True)
class SheetRow:
    """A photo and what was made of it.

    Attributes:
        name: of the photo.
        pictures: (h, w, 3) of each column, values as shown, 0 .. 1; None where there is none.
        notes: what stands below each, such as the filters.
    """

    name: str
    pictures: Sequence[NDArray[np.floating[Any]] | None]
    notes: Sequence[str]


def write_sheet(
    path: Path, rows: Sequence[SheetRow], columns: Sequence[str], edge: int, rows_of_page: int, palette: Palette = DARK
) -> list[Path]:
    """Write the pages of a sheet, and return their files: ``path``, or ``sheet-1.jpg``, ``sheet-2.jpg`` ... of several.

    Args:
        path: a .jpg or .png file.
        columns: the title of each.
        edge: of each picture's cell, in pixels.
        rows_of_page: photos on a page, at most.

    Raises:
        OSError: if the disk refuses.
    """
    pages = [rows[start : start + rows_of_page] for start in range(0, len(rows), rows_of_page)]
    names = [path] if len(pages) == 1 else [path.with_stem(f"{path.stem}-{i + 1}") for i in range(len(pages))]
    picture_format = SUFFIXES[path.suffix.lower()]
    for name, page in zip(names, pages, strict=True):
        with atomic_file(name) as file:
            _page(page, columns, edge, palette).save(file, picture_format, **_SAVING[picture_format])
    return names


def _page(rows: Sequence[SheetRow], columns: Sequence[str], edge: int, palette: Palette) -> Image.Image:
    """Draw a page: a row is as high as its highest picture."""
    heights = [max(picture.shape[0] for picture in row.pictures if picture is not None) for row in rows]
    width = GAP + len(columns) * (edge + GAP)
    page = Image.new("RGB", (width, 2 * TITLE + sum(height + TITLE + GAP for height in heights)), palette.ground)
    draw = ImageDraw.Draw(page)
    large, small = (ImageFont.load_default(size) for size in (LARGE, SMALL))
    for column, title in enumerate(columns):
        draw.text((GAP + column * (edge + GAP), GAP), title, palette.strong, large)
    top = 2 * TITLE
    for row, height in zip(rows, heights, strict=True):
        for column, (picture, note) in enumerate(zip(row.pictures, row.notes, strict=True)):
            left = GAP + column * (edge + GAP)
            if picture is not None:
                page.paste(Image.fromarray(np.round(255 * picture.clip(0, 1)).astype(np.uint8)), (left, top))
            text = row.name if column == 0 else note
            draw.text((left, top + height + 2), _shortened(text, edge, small), palette.text, small)
        top += height + TITLE + GAP
    return page


def _shortened(text: str, width: int, font: Any) -> str:
    """Return a text that is no wider than so many pixels: its end is left out where it would be."""
    while font.getlength(text) > width:
        text = text[:-2] + "…"
    return text
