"""The trainer's photos: small squares, and random crops of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from editing.filters import luminance
from learning.extractor import IMAGE_SIZE
from learning.squares import SQUARE_SIZE, Indices, Pixels, Squares

# Squares of at most so many bytes, as float32, lie on the device; of more, each batch is read when it is drawn.
RESIDENT_BYTES = 256 << 20
# A GPU has memory of its own: they may take this part of what is free there.
RESIDENT_PART = 0.25
# Squares that are copied there at a time.
AT_ONCE = 256


@dataclass(frozen=True)
class Augmentation:
    """By how much photos are made darker, lighter, warmer or cooler at random, so that an agent meets more of them.

    Attributes:
        exposure: in stops; a photo is multiplied by 2^u, u uniform in -exposure .. exposure.
        white_balance: in e-folds; each channel is multiplied by exp(u), u uniform in -white_balance .. white_balance,
            and all three so that the luminance of a grey stays.
    """

    exposure: float = 0.0
    white_balance: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.exposure < 10 and 0 <= self.white_balance < 10):
            raise ValueError(f"augmentation by {self.exposure} stops and {self.white_balance} is not in 0 .. 10")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """(N, 3, H, W) the images, each by a gain of its own; nothing is drawn for an augmentation by 0."""
        if not (self.exposure or self.white_balance):
            return images
        gains = torch.ones(len(images), 3)
        if self.exposure:
            gains = gains * torch.exp2(_around_zero(self.exposure, (len(images), 1), generator))
        if self.white_balance:
            channels = torch.exp(_around_zero(self.white_balance, (len(images), 3), generator))
            gains = gains * channels / luminance((channels[:, 0], channels[:, 1], channels[:, 2]))[:, None]
        return images * gains[:, :, None, None].to(images.device, non_blocking=True)


def _around_zero(bound: float, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
    return bound * (2 * torch.rand(shape, generator=generator) - 1)


NO_AUGMENTATION = Augmentation()


class Photos:
    """Photos to draw crops of, linear light. A seed draws the same, wherever their squares lie."""

    def __init__(self, squares: Squares | Sequence[Pixels], device: torch.device) -> None:
        """Take squares of (80, 80, 3), on the device of training if they are few; ``crops`` takes other sizes too."""
        self._squares = squares if isinstance(squares, Squares) else Squares.of(squares)
        self._device = device
        self._resident: Tensor | None = None
        limit = RESIDENT_BYTES
        if device.type == "cuda":
            limit = int(RESIDENT_PART * torch.cuda.mem_get_info(device)[0])
        if len(self) * SQUARE_SIZE**2 * 3 * 4 <= limit:
            self._resident = torch.empty(len(self), *self._squares.array.shape[1:], device=device, dtype=torch.float32)
            for start in range(0, len(self), AT_ONCE):
                indices = np.arange(start, min(start + AT_ONCE, len(self)))
                self._resident[start : start + AT_ONCE] = self._read(indices)

    def __len__(self) -> int:
        return len(self._squares)

    def draw(self, count: int, generator: torch.Generator, augmentation: Augmentation = NO_AUGMENTATION) -> Tensor:
        """(count, 3, 64, 64) random crops of random photos, half of them flipped left to right.

        Args:
            generator: of the CPU, so that a seed draws the same on every device.
        """

        def whole(high: int) -> Tensor:
            return torch.randint(high, (count, 1, 1), generator=generator)

        photo, flipped = whole(len(self)), whole(2) == 1
        top, left = whole(SQUARE_SIZE - IMAGE_SIZE + 1), whole(SQUARE_SIZE - IMAGE_SIZE + 1)
        return augmentation(self.crops(photo, flipped, top, left), generator)

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
        squares, place = self._resident, photo
        if squares is None:
            squares, place = self._read(photo.flatten().numpy()), torch.arange(len(photo))[:, None, None]
        device = self._device
        return squares[place.to(device), row.to(device), column.to(device)].permute(0, 3, 1, 2).contiguous()

    def _read(self, indices: Indices) -> Tensor:
        squares = torch.from_numpy(self._squares[indices])
        if self._device.type == "cuda":
            squares = squares.pin_memory()
        return squares.to(self._device, non_blocking=True)
