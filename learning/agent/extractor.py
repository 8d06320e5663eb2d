"""What every network sees images with: four convolutions, and their gradient written out."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from editing.photos.preview import AGENT_VIEW_SIZE

LEAK = 0.2


class Extractor(nn.Module):
    """Image and numbers to features: the numbers are tiled as planes behind the image, then four convolutions.

    Returns (N, 128 * width), flattened in the order height, width, channel.
    """

    # The planes are constant, so their share of the first convolution is a bias that knows the border. It has nine
    # values: along each side, a kernel reaches beyond the image at its start, nowhere or at its end. Which taps count
    # in each of the nine, (9, 16), and which of the nine each output has, (32 * 32, 9).
    taps: Tensor
    places: Tensor

    def __init__(self, numbers: int, width: int) -> None:
        super().__init__()
        channels = [3 + numbers] + [width * factor for factor in (1, 2, 4, 8)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1) for before, after in pairwise(channels)
        )
        taps = torch.tensor([[0.0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]])
        places = nn.functional.one_hot(torch.tensor([0] + [1] * (AGENT_VIEW_SIZE // 2 - 2) + [2])).float()
        self.register_buffer("taps", torch.kron(taps, taps), persistent=False)
        self.register_buffer("places", torch.kron(places, places), persistent=False)

    def forward(self, images: Tensor, numbers: Tensor) -> Tensor:
        return flat(self.activations(images, numbers)[-1])

    def activations(self, images: Tensor, numbers: Tensor) -> list[Tensor]:
        """What each convolution leaves after its leaky ReLU, (N, channels, height, width)."""
        first, *others = self.convolutions
        weight, planes = self._first_weights()
        assert isinstance(first, nn.Conv2d)  # noqa: S101 (tells the type)
        x = nn.functional.conv2d(images - 0.5, weight, first.bias, stride=2, padding=1)
        bias = torch.einsum("nc,ocp->npo", numbers - 0.5, planes)
        # Added by the product that spreads it, where channels come last.
        x = torch.baddbmm(x.permute(0, 2, 3, 1).flatten(1, 2), self.places.expand(len(x), -1, -1), bias)
        x = x.view(len(x), AGENT_VIEW_SIZE // 2, AGENT_VIEW_SIZE // 2, -1).permute(0, 3, 1, 2)
        found = [nn.functional.leaky_relu(x, LEAK)]
        for convolution in others:
            found.append(nn.functional.leaky_relu(convolution(found[-1]), LEAK))
        return found

    def gradients(self, in_features: Tensor, activations: list[Tensor]) -> tuple[Tensor, Tensor]:
        """From a gradient in the features to those in the images, (N, 3, 64, 64), and in the numbers.

        The weights' own gradient through this is as cheap as through ``forward``: between its kinks leaky ReLU is
        linear, so that its slopes are constants here, where autograd would go back through all of ``forward`` for 0.

        Args:
            in_features: (N, 128 * width).
            activations: what ``activations`` gives for those images and numbers.
        """
        first, planes = self._first_weights()
        weights = [one.weight for one in self.convolutions if isinstance(one, nn.Conv2d)]
        height, width = activations[-1].shape[2:]
        x = in_features.view(len(in_features), height, width, -1).permute(0, 3, 1, 2)
        for weight, activation in zip(weights[:0:-1], activations[:0:-1], strict=True):
            x = nn.functional.conv_transpose2d(before_leak(x, activation), weight, stride=2, padding=1)
        x = before_leak(x, activations[0])
        in_bias = self.places.T @ x.permute(0, 2, 3, 1).flatten(1, 2)
        in_images = nn.functional.conv_transpose2d(x, first, stride=2, padding=1)
        return in_images, torch.einsum("npo,ocp->nc", in_bias, planes)

    def _first_weights(self) -> tuple[Tensor, Tensor]:
        """Of the first convolution: those of the image, and (out, numbers, 9) what each plane adds at each place."""
        weight = self.convolutions[0].weight
        assert isinstance(weight, Tensor)  # noqa: S101 (tells the type)
        return weight[:, :3], weight[:, 3:].flatten(2) @ self.taps.T


def before_leak(gradient: Tensor, activation: Tensor) -> Tensor:
    """A gradient after leaky ReLU, taken before it; its slopes, known by what it gave, are constants."""
    found: Tensor = torch.ops.aten.leaky_relu_backward(gradient, activation.detach(), LEAK, True)
    return found


def flat(activation: Tensor) -> Tensor:
    """(N, features) of the last activation, in the order height, width, channel."""
    return activation.permute(0, 2, 3, 1).flatten(1)
