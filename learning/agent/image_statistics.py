"""The three numbers by which the critic and the value know an image as a whole, with a gradient written out.

Left to autograd, the gradient took three times as long, and its own derivative more still.
"""

from typing import Any

import torch
from torch import Tensor

from editing.game.filters import LUMINANCE, luminance

SATURATION_FLOOR = 0.01


def statistics(images: Tensor) -> Tensor:
    """(N, 3) of each image: mean luminance + 1e-5, its population variance, and the mean saturation (HLS).

    The saturation is ``(max - min) / (min(max + min, 2 - max - min) + 0.01)`` of the image clipped to 0 .. 1. The
    gradient may be differentiated in the weights that it came through, but not in the images: there, it is a constant.

    Args:
        images: (N, 3, H, W), linear light.
    """
    found: Tensor = _Statistics.apply(images)  # type: ignore[no-untyped-call]
    return found


class _Statistics(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, images: Tensor) -> Tensor:
        y = luminance((images[:, 0], images[:, 1], images[:, 2]))
        mean = y.mean(dim=(1, 2))
        deviation = y - mean[:, None, None]
        high, low = _extremes(images.clamp(0, 1))
        saturation = (high - low) / _denominator(high + low)
        context.save_for_backward(images, deviation, high, low, saturation)
        return torch.stack([mean + 1e-5, deviation.square().mean(dim=(1, 2)), saturation.mean(dim=(1, 2))], dim=1)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        # Detached, so that what is differentiated once more is linear in the gradient alone.
        images, deviation, high, low, saturation = (one.detach() for one in context.saved_tensors)
        mean, variance, saturations = (gradients[0] / deviation[0].numel())[..., None, None].unbind(dim=1)
        in_y = mean + 2 * variance * deviation
        slope = _saturation_slope(images, high, low, saturation)
        # Filled on the device, not copied there: a copy would make a GPU wait, and cannot be part of a CUDA graph.
        weights = torch.stack([in_y.new_full((), weight) for weight in LUMINANCE])
        in_images: Tensor = in_y[:, None] * weights[:, None, None] + saturations[:, None] * slope
        return in_images


def _extremes(images: Tensor) -> tuple[Tensor, Tensor]:
    r, g, b = images.unbind(dim=1)
    return torch.maximum(torch.maximum(r, g), b), torch.minimum(torch.minimum(r, g), b)


def _denominator(total: Tensor) -> Tensor:
    return torch.minimum(total, 2 - total) + SATURATION_FLOOR


def _saturation_slope(images: Tensor, high: Tensor, low: Tensor, saturation: Tensor) -> Tensor:
    """(N, 3, H, W) how the saturation grows with each value: shared among equal ones, 0 beyond 0 .. 1."""
    total = high + low
    denominator = _denominator(total)
    turned = saturation * (1 - total).sign()
    clipped = images.clamp(0, 1)
    slope = torch.zeros_like(images)
    for extreme, grows in ((high, (1 - turned) / denominator), (low, (-1 - turned) / denominator)):
        equal = clipped == extreme[:, None]
        slope += equal * (grows / equal.sum(dim=1))[:, None]
    return slope * (clipped == images)
