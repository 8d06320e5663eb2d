"""What every network is made of: an extractor, which sees the image, and heads, which make numbers of its features."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from editing.photos.preview import AGENT_VIEW_SIZE
from learning.agent.architecture import LEAK
from learning.configuration import Widths


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
        """Return what each convolution leaves after its leaky ReLU, (N, channels, height, width)."""
        first, *others = self.convolutions
        weight, planes = self.first_weights()
        assert isinstance(first, nn.Conv2d)  # noqa: S101 (tells the type)
        x = nn.functional.conv2d(images - 0.5, weight, first.bias, stride=2, padding=1)
        bias = torch.einsum("nc,ocp->npo", numbers - 0.5, planes)
        # Added by the product that spreads it, where channels come last.
        x = torch.baddbmm(x.permute(0, 2, 3, 1).flatten(1, 2), self.places.expand(len(x), -1, -1), bias)
        x = x.view(len(x), AGENT_VIEW_SIZE // 2, AGENT_VIEW_SIZE // 2, -1).permute(0, 3, 1, 2)
        activations = [nn.functional.leaky_relu(x, LEAK)]
        for convolution in others:
            activations.append(nn.functional.leaky_relu(convolution(activations[-1]), LEAK))
        return activations

    def first_weights(self) -> tuple[Tensor, Tensor]:
        """Split the first convolution: weights of the image; (out, numbers, 9) what each plane adds at each place."""
        weight = self.convolutions[0].weight
        assert isinstance(weight, Tensor)  # noqa: S101 (tells the type)
        return weight[:, :3], weight[:, 3:].flatten(2) @ self.taps.T


def flat(activation: Tensor) -> Tensor:
    """(N, features) of the last activation, in the order height, width, channel."""
    return activation.permute(0, 2, 3, 1).flatten(1)


class Head(nn.Module):
    """Features to outputs by two fully connected layers."""

    def __init__(self, widths: Widths, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(widths.features, widths.hidden)
        self.output = nn.Linear(widths.hidden, outputs)

    def forward(self, features: Tensor) -> Tensor:
        return self.outputs(self.activation(features))

    def activation(self, features: Tensor) -> Tensor:
        """(N, hidden) what the first layer leaves after its leaky ReLU."""
        return nn.functional.leaky_relu(self.hidden(features), LEAK)

    def outputs(self, activation: Tensor) -> Tensor:
        """(N, outputs), under autocast too in the weights' own precision: small differences of scores count."""
        with torch.autocast(activation.device.type, enabled=False):
            outputs: Tensor = self.output(activation.to(self.output.weight.dtype))
        return outputs
