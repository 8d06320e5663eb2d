"""A photo that is open: its rows are decoded as they are asked for, and every error names the file."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.colour import Pixels, Samples, check_finite, light_of
from editing.photo_error import PhotoError


@dataclass(frozen=True)
class OpenPhoto:
    """A photo whose pixels are decoded as they are asked for: fast from the top down; going back up decodes anew.

    samples: its numbers as the file has them, and what they mean; what `samples.values` raises does not name the file.
    """

    path: Path
    samples: Samples

    @property
    def width(self) -> int:
        """In pixels, upright."""
        return int(self.samples.values.shape[1])

    @property
    def height(self) -> int:
        """In pixels, upright."""
        return int(self.samples.values.shape[0])

    def rows(self, top: int, bottom: int) -> NDArray[Any]:
        """Rows `top` to `bottom` (excluded) as the file has them: (rows, width, 3), C-contiguous, of native byte order.

        uint8, uint16, float16 or float32, and finite. Raises PhotoError, "<file name>: <reason>".
        """
        with naming(self.path):
            strip = self.samples.values[top:bottom]
            dtype = strip.dtype.newbyteorder("=") if strip.dtype.itemsize < 8 else np.dtype(np.float32)
            with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
                # Halide takes no array that may not be written to.
                strip = np.require(np.broadcast_to(strip, (*strip.shape[:2], 3)), dtype, ["C", "W"])
            if dtype.kind == "f":
                check_finite(int(np.count_nonzero(~np.isfinite(strip))), f"in rows {top} to {bottom}")
            return strip

    def light(self, top: int, bottom: int) -> Pixels:
        """The same rows as linear sRGB light, float32 (rows, width, 3), finite and >= 0, as `Photo.pixels` has them."""
        with naming(self.path):
            strip = self.samples.values[top:bottom]
            light = self._light_of(np.broadcast_to(strip, (*strip.shape[:2], 3)))
            check_finite(int(np.count_nonzero(~np.isfinite(light))), f"in rows {top} to {bottom}")
            return np.maximum(light, 0.0, out=light)

    @cached_property
    def _light_of(self) -> Callable[[NDArray[Any]], Pixels]:
        return light_of(self.samples)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """What goes wrong with a photo in this block becomes a PhotoError that begins with the file's name."""
    try:
        yield
    except PhotoError as error:
        raise PhotoError(f"{printable(path.name)}: {error}") from error
    except OSError as error:
        raise PhotoError(f"{printable(path.name)}: {os_reason(error)}") from error
    except MemoryError as error:
        raise PhotoError(f"{printable(path.name)}: there is not enough memory for it") from error


def printable(name: str) -> str:
    """A file name as one line of valid text, whatever bytes it is made of."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name)


def os_reason(error: OSError) -> str:
    """Why the system did not let a file be read, in plain words."""
    reasons = {errno.ENOENT: "there is no such file", errno.EACCES: "no permission to read it"}
    return reasons.get(error.errno or 0, (error.strerror or "it cannot be read").lower())
