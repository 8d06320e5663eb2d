"""The pictures of many games, and what begins and edits them: on the CPU by Halide, elsewhere by torch.

On the CPU a filter is one compiled loop over all games that choose it: each value is read once and written once, to a
second buffer, which then becomes the first. A kernel takes a fifth of a second to compile, when it is first used.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

import halide as hl
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from editing.game.filters import FILTERS
from editing.photos.preview import AGENT_VIEW_SIZE
from editing.rendering.halide_kernels import Expression, ExpressionNamespace
from learning.agent.acting import Group, edit
from learning.photos.batches import Crops, CropSampler

Pixels = NDArray[np.float32]
Rows = NDArray[np.int64]
# By slug: the rows whose games apply a filter, (n,), and its physical parameters by name, (n,) each.
Edits = Mapping[str, tuple[Rows, Mapping[str, NDArray[np.float32]]]]

VECTOR = 16  # pixels computed at once


class Pictures(Protocol):
    """The pictures of ``count`` games, linear light, unclipped."""

    def begin(self, rows: Rows, windows: NDArray[np.int64]) -> None:
        """Begin games: ``windows`` (n, 4) are each one's photo, whether it is flipped, and its crop's top and left."""

    def edit(self, edits: Edits, unchanged: Rows) -> None:
        """Apply filters. The pictures of games that are neither edited nor unchanged must be begun next."""

    def now(self) -> Tensor:
        """(count, 3, 64, 64) as they are; overwritten by the next call but one."""

    def before(self) -> Tensor:
        """(count, 3, 64, 64) as they were before the last call of ``edit``."""


def create_pictures(count: int, photos: Pixels, device: str) -> Pictures:
    """Create the pictures of games on a device; photos: (M, S, S, 3), S at least 64."""
    return CpuPictures(count, photos) if device == "cpu" else TorchPictures(count, photos, torch.device(device))


class CpuPictures:
    """Pictures in two NumPy arrays (count, 64, 64, 3), the present one and that of before the last step."""

    def __init__(self, count: int, photos: Pixels) -> None:
        self._photos = np.ascontiguousarray(photos)
        self._buffers = [np.zeros((count, AGENT_VIEW_SIZE, AGENT_VIEW_SIZE, 3), dtype=np.float32) for _ in range(2)]

    def begin(self, rows: Rows, windows: NDArray[np.int64]) -> None:
        """Begin games; where all begin, in the other buffer: what was shown last stays as it is."""
        if len(rows) == len(self._buffers[0]):
            self._buffers.reverse()
        arguments = (self._photos, rows.astype(np.int32), windows.astype(np.int32), self._buffers[0])
        _crop_kernel()(*map(hl.Buffer, arguments))

    def edit(self, edits: Edits, unchanged: Rows) -> None:
        """Apply filters, each to all its games at once."""
        now, following = self._buffers
        flat = [buffer.reshape(-1, AGENT_VIEW_SIZE**2, 3) for buffer in (now, following)]
        for slug, (rows, parameters) in edits.items():
            values = np.stack([parameters[name] for name in FILTERS[slug].by_name], axis=1).astype(np.float32)
            arguments = (flat[0], rows.astype(np.int32), values, flat[1])
            _filter_kernel(slug)(*map(hl.Buffer, arguments))
        following[unchanged] = now[unchanged]
        self._buffers.reverse()

    def now(self) -> Tensor:
        """(count, 3, 64, 64) as they are, in the buffer's own memory, whose channels are last."""
        return torch.from_numpy(self._buffers[0]).permute(0, 3, 1, 2)

    def before(self) -> Tensor:
        """(count, 3, 64, 64) as they were before the last call of ``edit``."""
        return torch.from_numpy(self._buffers[1]).permute(0, 3, 1, 2)


class TorchPictures:
    """Pictures on a device of torch."""

    def __init__(self, count: int, photos: Pixels, device: torch.device) -> None:
        self._photos = CropSampler(list(photos), device)
        self._now = torch.zeros(count, 3, AGENT_VIEW_SIZE, AGENT_VIEW_SIZE, device=device)
        self._before = self._now

    def begin(self, rows: Rows, windows: NDArray[np.int64]) -> None:
        """Begin games."""
        self._now = self._now.clone()
        self._now[self._at(rows)] = self._photos.read(Crops(torch.from_numpy(windows).T.contiguous()))

    def edit(self, edits: Edits, unchanged: Rows) -> None:
        """Apply filters, all as one tensor program."""
        self._before, self._now = self._now, self._now.clone()
        for slug, (rows, values) in edits.items():
            at = self._at(rows)
            parameters = {name: torch.from_numpy(value).to(at.device) for name, value in values.items()}
            self._now[at] = edit(
                self._before[at], (Group(slug, torch.arange(len(rows), device=at.device), parameters),)
            )

    def now(self) -> Tensor:
        """(count, 3, 64, 64) as they are."""
        return self._now

    def before(self) -> Tensor:
        """(count, 3, 64, 64) as they were before the last call of ``edit``."""
        return self._before

    def _at(self, rows: Rows) -> Tensor:
        return torch.from_numpy(rows).to(self._now.device)


def channels_last(images: Tensor) -> Pixels:
    """Return (N, 3, H, W) as an array (N, H, W, 3): a view where the channels are last in memory, else a copy."""
    array: Pixels = images.permute(0, 2, 3, 1).cpu().contiguous().numpy()
    return array


@cache
def _filter_kernel(slug: str) -> Any:
    """Compile a filter over games: (pictures (N, 4096, 3), rows (n,), parameters (n, P), pictures that it writes)."""
    names = list(FILTERS[slug].by_name)
    source, parameters = hl.ImageParam(hl.Float(32), 3, "source"), hl.ImageParam(hl.Float(32), 2, "parameters")
    channel, pixel, outer, inner = (hl.Var(name) for name in ("channel", "pixel", "outer", "inner"))
    result = _untouched(channel, pixel)
    rows, game, row = _games(result)
    red, green, blue = (Expression(source[index, pixel, row]) for index in range(3))
    values = {name: Expression(parameters[index, game]) for index, name in enumerate(names)}
    edited = FILTERS[slug].apply(ExpressionNamespace, (red, green, blue), values)
    result[channel, pixel, row] = hl.mux(channel, [plane.inner for plane in edited])
    for buffer in (source, result.output_buffer()):
        buffer.dim(0).set_bounds(0, 3).set_stride(1)
        buffer.dim(1).set_bounds(0, AGENT_VIEW_SIZE**2).set_stride(3)
        buffer.dim(2).set_stride(3 * AGENT_VIEW_SIZE**2)
    parameters.dim(0).set_bounds(0, len(names))
    loops = result.update(0).split(pixel, outer, inner, VECTOR).reorder(channel, inner, outer, game)
    loops.unroll(channel).vectorize(inner)
    return result.compile_to_callable([source, rows, parameters], _target())


@cache
def _crop_kernel() -> Any:
    """Compile the beginning of games: (photos (M, S, S, 3), rows (n,), windows (n, 4), pictures that it writes)."""
    photos, windows = hl.ImageParam(hl.Float(32), 4, "photos"), hl.ImageParam(hl.Int(32), 2, "windows")
    channel, across, down = (hl.Var(name) for name in ("channel", "across", "down"))
    result = _untouched(channel, across, down)
    rows, game, row = _games(result)
    photo, flipped, top, left = (windows[index, game] for index in range(4))
    margin = photos.dim(1).extent() - AGENT_VIEW_SIZE
    column = hl.clamp(left, 0, margin) + hl.select(flipped > 0, AGENT_VIEW_SIZE - 1 - across, across)
    line = hl.clamp(top, 0, margin) + down
    result[channel, across, down, row] = photos[channel, column, line, hl.clamp(photo, 0, photos.dim(3).extent() - 1)]
    for buffer in (photos, result.output_buffer()):
        buffer.dim(0).set_bounds(0, 3).set_stride(1)
        buffer.dim(1).set_stride(3)
    for dimension in (1, 2):
        result.output_buffer().dim(dimension).set_bounds(0, AGENT_VIEW_SIZE)
    result.update(0).reorder(channel, across, down, game).unroll(channel)
    return result.compile_to_callable([photos, rows, windows], _target())


def _untouched(*position: Any) -> Any:
    """Define a result of which nothing is written but what is said next."""
    result = hl.Func("result")
    result[(*position, hl.Var("every"))] = hl.undef(hl.Float(32))
    return result


def _games(result: Any) -> tuple[Any, Any, Any]:
    """Define the loop over the games that a kernel writes: the buffer of their rows, the loop, and its row."""
    rows = hl.ImageParam(hl.Int(32), 1, "rows")
    game = hl.RDom([(0, rows.dim(0).extent())], "game").x
    games = result.output_buffer().dim(result.dimensions() - 1).extent()
    return rows, game, hl.clamp(rows[game], 0, games - 1)


def _target() -> Any:
    # Buffers of many photos have more values than 32 bits count.
    return hl.get_host_target().with_feature(hl.TargetFeature.LargeBuffers)
