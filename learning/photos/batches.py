"""The trainer's photos: small squares, and random crops of them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from editing.game.filters import luminance
from editing.photos.preview import AGENT_VIEW_SIZE
from learning.device import to_device
from learning.photos.squares import SQUARE_SIZE, Indices, Pixels, Squares

# Squares of at most so many bytes, as float32, lie on the device; of more, each batch is read from their file.
RESIDENT_BYTES = 256 << 20
# A GPU has memory of its own: they may take this part of what is free there.
RESIDENT_PART = 0.25
# Squares that are copied there at a time.
AT_ONCE = 256
# Kelvins of daylight, and the most by which light may be warmer; a mired is a million over the kelvins.
DAYLIGHT, WARMEST, MIRED = 6500.0, 4000.0, 1e6
XYZ_TO_SRGB = torch.tensor(
    [[3.2404542, -1.5371385, -0.4985314], [-0.9692660, 1.8760108, 0.0415560], [0.0556434, -0.2040259, 1.0572252]]
)


@dataclass(frozen=True)
class Augmentation:
    """By how much photos are made darker, lighter, warmer or cooler at random, so that an agent meets more of them.

    Attributes:
        exposure: in stops; a photo is multiplied by 2^u, u uniform in -exposure .. exposure.
        white_balance: in e-folds; each channel is multiplied by exp(u), u uniform in -white_balance .. white_balance,
            and all three so that the luminance of a grey stays.
        temperature: in kelvins; a photo's light is taken for daylight, 6,500 K, and was of up to so many less, or as
            many mireds more, uniform in mireds; the luminance of a grey stays.
    """

    exposure: float = 0.0
    white_balance: float = 0.0
    temperature: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.exposure < 10 and 0 <= self.white_balance < 10):
            raise ValueError(f"augmentation by {self.exposure} stops and {self.white_balance} is not in 0 .. 10")
        if not 0 <= self.temperature <= WARMEST:
            raise ValueError(f"augmentation by {self.temperature} kelvins is not in 0 .. {WARMEST}")

    def draw(self, count: int, generator: torch.Generator) -> Tensor | None:
        """(count, 3) by what each photo's channels are multiplied; nothing is drawn for an augmentation by 0."""
        if not (self.exposure or self.white_balance or self.temperature):
            return None
        gains = torch.ones(count, 3)
        if self.exposure:
            gains = gains * torch.exp2(_around_zero(self.exposure, (count, 1), generator))
        if self.white_balance:
            channels = torch.exp(_around_zero(self.white_balance, (count, 3), generator))
            gains = gains * channels / _grey_luminance(channels)
        if self.temperature:
            bound = MIRED / (DAYLIGHT - self.temperature) - MIRED / DAYLIGHT
            mireds = MIRED / DAYLIGHT + _around_zero(bound, (count,), generator)
            channels = blackbody(MIRED / mireds) / blackbody(torch.tensor([DAYLIGHT]))
            gains = gains * channels / _grey_luminance(channels)
        return gains


def _grey_luminance(channels: Tensor) -> Tensor:
    """(count, 1) the luminance of a grey of 1 whose channels are multiplied, (count, 3)."""
    light: Tensor = luminance((channels[:, 0], channels[:, 1], channels[:, 2]))[:, None]
    return light


def blackbody(kelvins: Tensor) -> Tensor:
    """(N, 3) linear sRGB, its green 1, of the light of black bodies of 1,667 to 25,000 kelvins, (N,).

    Kang et al., "Design of Advanced Color Temperature Control System for HDTV Applications", 2002: cubic
    approximations of the chromaticity.
    """
    t = 1e3 / kelvins
    warm = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    cool = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    x = torch.where(kelvins < 4000, warm, cool)
    warmest = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    middle = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    coolest = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    y = torch.where(kelvins < 2222, warmest, torch.where(kelvins < 4000, middle, coolest))
    xyz = torch.stack([x / y, torch.ones_like(x), (1 - x - y) / y], dim=1)
    rgb = (xyz @ XYZ_TO_SRGB.T).clamp(min=0)
    return rgb / rgb[:, 1:2]


def _around_zero(bound: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return bound * (2 * torch.rand(shape, generator=generator) - 1)


NO_AUGMENTATION = Augmentation()


@dataclass(frozen=True)
class Crops:
    """Which crops of which photos; on the CPU.

    Attributes:
        windows: (4, count) whole numbers: the photo, whether it is flipped left to right, and the crop's top and left
            in its square.
        gains: (count, 3) by what the channels are multiplied, or None.
    """

    windows: Tensor
    gains: Tensor | None = None


class CropSampler:
    """Draws random crops of photos, in linear light. A seed draws the same ones, wherever the squares lie."""

    def __init__(self, squares: Squares | Sequence[Pixels], device: torch.device) -> None:
        """Take squares of (80, 80, 3), on the device of training if they are few; ``read`` takes other sizes too."""
        self._squares = squares if isinstance(squares, Squares) else Squares.of(squares)
        self._device = device
        self._resident: Tensor | None = None
        self._reader: ThreadPoolExecutor | None = None
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

    def draw(self, count: int, generator: torch.Generator, augmentation: Augmentation = NO_AUGMENTATION) -> Crops:
        """Random crops of random photos, half of them flipped left to right.

        Args:
            generator: of the CPU, so that a seed draws the same on every device.
        """

        places = SQUARE_SIZE - AGENT_VIEW_SIZE + 1
        choices = (len(self), 2, places, places)
        windows = torch.stack([torch.randint(high, (count,), generator=generator) for high in choices])
        return Crops(windows, augmentation.draw(count, generator))

    def read(self, crops: Crops) -> Tensor:
        """(count, 3, 64, 64) the crops, on the device."""
        return next(self.read_ahead([crops]))

    def read_ahead(self, batches: Sequence[Crops]) -> Iterator[Tensor]:
        """(count, 3, 64, 64) the crops of each batch, in turn, on the device.

        Of squares that lie in a file, those of the first are read from this call on, and those of each other one while
        the one before it is in use.
        """
        if not batches:
            return iter(())
        if self._resident is not None:
            return (self._cut(self._resident, crops.windows, crops.gains) for crops in batches)
        return self._cut_ahead(batches, self._read_soon(batches[0]))

    def _cut_ahead(self, batches: Sequence[Crops], reading: Future[Tensor]) -> Iterator[Tensor]:
        for number, crops in enumerate(batches):
            squares = reading.result()
            if number + 1 < len(batches):
                reading = self._read_soon(batches[number + 1])
            # The squares read are those of the crops, in their order.
            windows = torch.cat([torch.arange(len(squares))[None], crops.windows[1:]])
            yield self._cut(squares, windows, crops.gains)

    def _cut(self, squares: Tensor, windows: Tensor, gains: Tensor | None) -> Tensor:
        photo, flipped, top, left = to_device(windows, self._device)[:, :, None, None]
        along = torch.arange(AGENT_VIEW_SIZE, device=self._device)
        row = top + along[None, :, None]
        column = left + torch.where(flipped > 0, AGENT_VIEW_SIZE - 1 - along, along)
        crops = squares[photo, row, column].permute(0, 3, 1, 2).contiguous()
        return crops if gains is None else crops * to_device(gains, self._device)[:, :, None, None]

    def _read_soon(self, crops: Crops) -> Future[Tensor]:
        # Its thread ends when these photos are collected.
        self._reader = self._reader or ThreadPoolExecutor(max_workers=1)
        return self._reader.submit(self._read, crops.windows[0].numpy())

    def _read(self, indices: Indices) -> Tensor:
        return to_device(torch.from_numpy(self._squares[indices]), self._device)
