"""The trainer's photos: one tensor of small squares, and random crops of it."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from learning.networks import IMAGE_SIZE
from learning.photo_sets import SQUARE_SIZE


def digest(squares: Sequence[NDArray[np.float32]]) -> str:
    """The SHA-256 of the squares, in their order: whether photos are still the same ones."""
    found = hashlib.sha256()
    for square in squares:
        found.update(np.ascontiguousarray(square).tobytes())
    return found.hexdigest()


class Photos:
    """Photos decoded once: (M, 80, 80, 3) float32, linear light, on the device of training."""

    def __init__(self, squares: Sequence[NDArray[np.float32]], device: torch.device) -> None:
        """Take squares of (80, 80, 3), as ``learning.photo_sets.training_square`` makes them."""
        stacked = torch.from_numpy(np.stack(squares).astype(np.float32, copy=False))
        if device.type == "cuda":
            stacked = stacked.pin_memory()
        self.squares = stacked.to(device, non_blocking=True)

    def __len__(self) -> int:
        return len(self.squares)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """(count, 3, 64, 64) random crops of random photos, half of them flipped left to right.

        Args:
            generator: of the CPU, so that a seed draws the same on every device.
        """

        def whole(high: int) -> Tensor:
            return torch.randint(high, (count, 1, 1), generator=generator)

        photo, flipped = whole(len(self)), whole(2) == 1
        top, left = whole(SQUARE_SIZE - IMAGE_SIZE + 1), whole(SQUARE_SIZE - IMAGE_SIZE + 1)
        return self.crops(photo, flipped, top, left)

    def crops(self, photo: Tensor, flipped: Tensor, top: Tensor, left: Tensor) -> Tensor:
        """(count, 3, 64, 64) the crops asked for.

        Args:
            photo: indices, whole numbers (count, 1, 1) as the others.
            flipped: booleans, whether left to right.
            top, left: of the crop in its square.
        """
        along = torch.arange(IMAGE_SIZE)
        row = top + along[None, :, None]
        column = left + torch.where(flipped, IMAGE_SIZE - 1 - along, along)
        device = self.squares.device
        crops = self.squares[photo.to(device), row.to(device), column.to(device)]
        return crops.permute(0, 3, 1, 2).contiguous()
