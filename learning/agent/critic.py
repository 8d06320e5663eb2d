"""The critic, and the gradient of its scores in the images written out by hand.

Left to autograd, that gradient and its own gradient in the weights take twice the time. Both forms stand here side by
side: ``Critic.with_gradient`` and ``with_gradient_by_autograd``, ``statistics`` and ``statistics_by_autograd``; tests
hold them to each other.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from editing.game.filters import LUMINANCE, luminance
from learning.agent.architecture import LEAK
from learning.agent.extractor import Extractor, Head, flat
from learning.configuration import Widths

SATURATION_FLOOR = 0.01


class Critic(nn.Module):
    """How much images look like the targets: (N, 1), unbounded. Sees the image and its three statistics."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.extractor = Extractor(3, widths.width)
        self.head = Head(widths, 1)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.extractor(images, statistics(images)))
        return scores

    def with_gradient(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the scores and their gradient in the images; see ``with_gradient_by_autograd``.

        Both may be differentiated in the weights, once. Between its kinks leaky ReLU is linear, so that its slopes are
        constants here, where autograd would go back through all of ``forward`` for 0.

        Returns:
            Scores (N, 1), and gradient (N, 3, 64, 64).
        """
        leaf = images.detach().requires_grad_()
        numbers = statistics(leaf)
        activations = self.extractor.activations(images.detach(), numbers.detach())
        hidden = self.head.activation(flat(activations[-1]))
        scores = self.head.outputs(hidden)
        in_features = _head_gradient(self.head, torch.ones_like(scores), hidden)
        in_images, in_numbers = _extractor_gradients(self.extractor, in_features, activations)
        (by_numbers,) = torch.autograd.grad(numbers, leaf, in_numbers, create_graph=True)
        return scores, in_images + by_numbers


def with_gradient_by_autograd(critic: Callable[[Tensor], Tensor], images: Tensor) -> tuple[Tensor, Tensor]:
    """Compute what ``Critic.with_gradient`` does, of any function of images, with the gradient that PyTorch finds."""
    leaf = images.detach().requires_grad_()
    scores = critic(leaf)
    (gradient,) = torch.autograd.grad(scores.sum(), leaf, create_graph=True)
    return scores, gradient


def _head_gradient(head: Head, in_outputs: Tensor, hidden: Tensor) -> Tensor:
    """(N, features): the gradient in the features, from that in the outputs; ``hidden`` is the head's activation."""
    return _before_leak(in_outputs @ head.output.weight, hidden) @ head.hidden.weight


def _extractor_gradients(extractor: Extractor, in_features: Tensor, activations: list[Tensor]) -> tuple[Tensor, Tensor]:
    """From a gradient in the features to those in the images, (N, 3, 64, 64), and in the numbers, (N, numbers).

    Args:
        in_features: (N, 128 * width).
        activations: what ``extractor.activations`` gives for those images and numbers.
    """
    first, planes = extractor.first_weights()
    weights = [layer.weight for layer in extractor.convolutions if isinstance(layer, nn.Conv2d)]
    height, width = activations[-1].shape[2:]
    x = in_features.view(len(in_features), height, width, -1).permute(0, 3, 1, 2)
    for weight, activation in zip(weights[:0:-1], activations[:0:-1], strict=True):
        x = nn.functional.conv_transpose2d(_before_leak(x, activation), weight, stride=2, padding=1)
    x = _before_leak(x, activations[0])
    in_bias = extractor.places.T @ x.permute(0, 2, 3, 1).flatten(1, 2)
    in_images = nn.functional.conv_transpose2d(x, first, stride=2, padding=1)
    return in_images, torch.einsum("npo,ocp->nc", in_bias, planes)


def _before_leak(gradient: Tensor, activation: Tensor) -> Tensor:
    """Take a gradient after leaky ReLU to before it; its slopes, known by what it gave, are constants."""
    before: Tensor = torch.ops.aten.leaky_relu_backward(gradient, activation.detach(), LEAK, True)
    return before


def statistics(images: Tensor) -> Tensor:
    """Compute three numbers of each image: mean luminance + 1e-5, its population variance, mean saturation (HLS).

    The saturation is ``(max - min) / (min(max + min, 2 - max - min) + 0.01)`` of the image clipped to 0 .. 1. The
    gradient may be differentiated in the weights that it came through, but not in the images: there, it is a constant.

    Args:
        images: (N, 3, H, W), linear light.

    Returns:
        (N, 3).
    """
    numbers: Tensor = _Statistics.apply(images)  # type: ignore[no-untyped-call]
    return numbers


def statistics_by_autograd(images: Tensor) -> Tensor:
    """Compute what ``statistics`` does, with the gradient that PyTorch finds."""
    y = luminance((images[:, 0], images[:, 1], images[:, 2])).flatten(1)
    clipped = images.clamp(0, 1)
    high, low = clipped.amax(dim=1), clipped.amin(dim=1)
    saturation = (high - low) / _denominator(high + low)
    return torch.stack([y.mean(dim=1) + 1e-5, y.var(dim=1, correction=0), saturation.flatten(1).mean(dim=1)], dim=1)


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
        images, deviation, high, low, saturation = (tensor.detach() for tensor in context.saved_tensors)
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
