"""Squares of photos that lie in a file and are read as they are asked for: a large set is never in memory whole.

Here is no torch.
"""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Indices = NDArray[np.int64]

SQUARE_SIZE = 80
SHAPE = (SQUARE_SIZE, SQUARE_SIZE, 3)


@dataclass(frozen=True)
class Squares:
    """Photos of which squares (80, 80, 3) are kept, in linear light.

    Attributes:
        array: (R, 80, 80, 3) float, all that the file holds.
        rows: (P, K) where in it the K squares of each of P photos are.
        matrix: (3, 3) from the file's linear RGB to the working space, or None where it is that already.
        mapping: the file that ``array`` lies in, or None if it is memory.
    """

    array: NDArray[np.floating[Any]]
    rows: Indices
    matrix: NDArray[np.float64] | None = None
    mapping: mmap.mmap | None = None

    @classmethod
    def of(cls, squares: Sequence[NDArray[np.floating[Any]]]) -> "Squares":
        """Squares that are in memory, one of each photo."""
        return cls(np.stack(squares), np.arange(len(squares))[:, None])

    @classmethod
    def in_file(
        cls, path: Path, number_type: str, rows: Indices, offset: int = 0, matrix: NDArray[np.float64] | None = None
    ) -> "Squares":
        """Squares in a file, from ``offset`` on to its end, of numbers of a NumPy type such as ``<f4``."""
        with path.open("rb") as file:
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size = np.dtype(number_type).itemsize * int(np.prod(SHAPE))
        count = (len(mapping) - offset) // size * int(np.prod(SHAPE))
        array = np.frombuffer(mapping, number_type, count, offset).reshape(-1, *SHAPE)
        return cls(array, rows, matrix, mapping)

    def __len__(self) -> int:
        """How many squares there are, of all photos together."""
        return int(self.rows.size)

    @property
    def photos(self) -> int:
        """How many photos there are."""
        return len(self.rows)

    def take(self, photos: Indices) -> "Squares":
        """Return the squares of some of the photos."""
        return Squares(self.array, self.rows[photos], self.matrix, self.mapping)

    def __getitem__(self, indices: Indices) -> Pixels:
        """(N, 80, 80, 3) float32, the working space, copies."""
        squares = self.array[self.rows.reshape(-1)[indices]].astype(np.float32, copy=False)
        if self.mapping is not None:
            # The system still has the pages; the process, whose memory they would fill one by one, lets go of them.
            self.mapping.madvise(mmap.MADV_DONTNEED)
        if self.matrix is None:
            return squares
        linear: Pixels = np.maximum(squares @ self.matrix.T.astype(np.float32), 0)
        return linear


@dataclass(frozen=True)
class PhotoSet:
    """A set of photos that was read.

    Attributes:
        digest: the SHA-256 of what was kept of them, in their order: whether photos are still the same ones.
        left_out: a line for each of the others, with its reason.
        photos: the SHA-256 of the photos' sources, of an export alone.
        players: the names of those who made the pictures, of an export alone.
    """

    squares: Squares
    digest: str
    left_out: tuple[str, ...] = ()
    photos: frozenset[str] = frozenset()
    players: frozenset[str] = frozenset()
