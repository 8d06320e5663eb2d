"""The two sets of photos that a training needs, found first, then read, and refused if nothing is to be learned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from learning.photos.fivek_pack import find_pack, of_fold, read_pack
from learning.photos.sets import Decoding, PhotoSetError, PictureFile, list_photos, list_results
from learning.photos.square_cache import read_cached_squares
from learning.photos.squares import PhotoSet, Squares

FEWEST_PHOTOS = 2
# Targets that are looked at for colours.
TARGETS_LOOKED_AT = 1_000
AT_ONCE = 100
# A difference of values, 0 .. 1, that nobody sees: five levels of 255.
INVISIBLE = 0.02


@dataclass(frozen=True)
class Source:
    """A set of photos that was found and is still to be read: pictures, or a pack.

    Attributes:
        left_out: what is missing already, in lines.
    """

    location: Path
    decoding: Decoding
    pictures: tuple[PictureFile, ...] = ()
    pack: Path | None = None
    fold: Path | None = None
    left_out: tuple[str, ...] = ()

    def read(self, cache: Path, name: str) -> PhotoSet:
        """Return the squares of its photos, from the cache where it has them.

        Raises:
            PhotoSetError: if fewer than two can be read, or the cache or the pack cannot be used.
        """
        if self.pack is not None:
            photos = read_pack(self.pack, self.fold, self.decoding.options.primaries)
        else:
            photos = read_cached_squares(self.location, self.pictures, self.decoding, cache, f"Reading {name}")
        left_out = self.left_out + photos.left_out
        _check_count(self.location, photos.squares.photos, left_out)
        named = (
            frozenset(picture.photo for picture in self.pictures) - {""},
            frozenset(picture.player for picture in self.pictures) - {""},
        )
        return PhotoSet(photos.squares, photos.digest, left_out, *named)


def find_inputs(location: Path, decoding: Decoding, fold: Path | None = None) -> Source:
    """Photos as they were taken: of a folder, of an export, or in a pack of the 2018 program.

    Raises:
        PhotoSetError, PhotoError, InvalidSnapshot: if there are fewer than two, or they cannot be found.
    """
    pack = find_pack(location)
    if pack is not None:
        return Source(location, decoding, pack=pack, fold=fold)
    return _source(location, decoding, list_photos(location), fold)


def find_targets(location: Path, decoding: Decoding, fold: Path | None = None) -> Source:
    """Finished pictures, as a screen shows them: of a folder, or what people made in an export.

    Raises: as ``find_inputs``.
    """
    return _source(location, replace(decoding, shown=True), list_results(location), fold)


def _source(location: Path, decoding: Decoding, pictures: Sequence[PictureFile], fold: Path | None) -> Source:
    left_out: tuple[str, ...] = ()
    if fold is not None:
        pictures, left_out = of_fold(pictures, fold)
    _check_count(location, len(pictures), left_out)
    return Source(location, decoding, tuple(pictures), left_out=left_out)


def _check_count(location: Path, count: int, left_out: Sequence[str]) -> None:
    if count < FEWEST_PHOTOS:
        why = f" ({len(left_out)} left out: {left_out[0]})" if left_out else ""
        raise PhotoSetError(
            f"{location}: {count} photo is too few to train on; at least {FEWEST_PHOTOS} are needed, and some hundred "
            f"to learn a look{why}"
        )


def check_targets(location: Path, targets: Squares) -> None:
    """Refuse targets that have no look to be learned: all grey, or all alike.

    Raises:
        PhotoSetError: saying which.
    """
    count = min(len(targets), TARGETS_LOOKED_AT)
    numbers = np.linspace(0, len(targets) - 1, count).astype(np.int64)
    first = targets[numbers[:1]]
    colour = difference = 0.0
    for start in range(0, count, AT_ONCE):
        pixels = targets[numbers[start : start + AT_ONCE]]
        colour = max(colour, float(np.ptp(pixels, axis=-1).max()))
        difference = max(difference, float(np.abs(pixels - first).max()))
    if difference < INVISIBLE:
        raise PhotoSetError(f"{location}: all {len(targets)} targets are the same picture; bring different ones")
    if colour < INVISIBLE:
        raise PhotoSetError(
            f"{location}: all {len(targets)} targets are grey, so an agent would learn black and white alone; bring "
            "finished pictures in colour"
        )
