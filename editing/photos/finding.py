"""Photos in folders: which files are read, and which are passed over and why."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from editing.photos.image_files import FORMATS
from editing.photos.photo_error import PhotoError, os_reason, printable

IMAGE_SUFFIXES = frozenset({*FORMATS, ".npy"})
# Only for walking through folders: any other name that is given to read_photo goes to LibRaw too.
RAW_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        "3fr ari arw bay cap cr2 cr3 crw dcr dcs dng erf fff gpr iiq k25 kc2 kdc mdc mef mos mrw nef nrw orf ori pef "
        "ptx pxn raf raw rw2 rwl rwz sr2 srf srw sti x3f"
    ).split()
)
# What a camera writes beside a RAW of the same name.
_BESIDE_RAW = frozenset({".jpg", ".jpeg", ".heic", ".heif", ".hif"})
_NOT_READ = {
    ".jxl": "JPEG XL",
    ".jp2": "JPEG 2000",
    ".j2k": "JPEG 2000",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".psd": "Photoshop",
    ".psb": "Photoshop",
    ".exr": "OpenEXR",
    ".hdr": "Radiance HDR",
    ".xcf": "GIMP",
}


@dataclass(frozen=True)
class FoundPhotos:
    """The photos of a search, and how many files were passed over, by the reason."""

    photos: list[Path]
    passed_over: Counter[str] = field(default_factory=Counter)

    @property
    def notes(self) -> list[str]:
        """What was passed over, a sentence for each reason."""
        return [f"passed over {count} {reason}" for reason, count in sorted(self.passed_over.items())]


def is_photo_name(path: Path | str) -> bool:
    """Whether a file of this name is worth opening when a folder is searched: a known suffix, and not hidden."""
    name = Path(path).name
    return not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES | RAW_SUFFIXES


def find_photos(paths: Iterable[Path | str]) -> FoundPhotos:
    """Return the files named, whatever their names, and the photos by name in the folders named and below, sorted.

    Of a RAW and the JPEG or HEIC that the camera wrote beside it, under the same name, the RAW is taken. Hidden files
    and folders are passed over, links to folders are not followed, and no file comes twice.

    Raises:
        PhotoError: a path does not exist, a folder cannot be listed, or there is no photo at all.
    """
    named = [Path(path) for path in paths]
    photos: dict[Path, None] = {}
    passed_over: Counter[str] = Counter()
    for path in named:
        if path.is_dir():
            photos.update(dict.fromkeys(_photos_below(path, passed_over)))
        elif path.exists():
            photos[path] = None
        else:
            raise PhotoError(f"{printable(str(path))}: there is no such file or folder")
    photos_found = FoundPhotos(list(photos), passed_over)
    if not photos:
        places = ", ".join(printable(str(path)) for path in named) or "an empty list of paths"
        raise PhotoError("; ".join([f"no photos in {places}", *photos_found.notes]))
    return photos_found


def _photos_below(folder: Path, passed_over: Counter[str]) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise PhotoError(f"{printable(str(error.filename))}: {os_reason(error)}") from error

    photos: list[Path] = []
    for directory, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        visible = [Path(directory, name) for name in files if not name.startswith(".")]
        raws = {path.stem for path in visible if path.suffix.lower() in RAW_SUFFIXES}
        for path in visible:
            reason = _reason_to_pass_over(path, raws)
            if reason:
                passed_over[reason] += 1
            else:
                photos.append(path)
    return sorted(photos)


def _reason_to_pass_over(path: Path, raws: set[str]) -> str:
    """Why a file of a folder is not read, as what follows its number; empty where it is."""
    suffix = path.suffix.lower()
    if suffix in _BESIDE_RAW and path.stem in raws:
        return f"{FORMATS[suffix]} beside a RAW of the same name"
    if is_photo_name(path):
        return ""
    if suffix in _NOT_READ:
        return f"{_NOT_READ[suffix]} ({suffix}), which is not read: save it as TIFF, PNG or JPEG"
    return "other files"
