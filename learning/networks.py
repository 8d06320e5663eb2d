"""The networks of the 2018 recipe: what the agent sees with, the agent, the critic and the value.

Images are (N, 3, 64, 64), linear light; states (N, 11), see ``learning.state``. Y. Hu et al., "Exposure: A White-Box
Photo Post-Processing Framework", ACM Transactions on Graphics 37 (2), 2018.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn

from editing.filters import FILTERS, luminance
from learning import state

IMAGE_SIZE = 64
# Four convolutions of stride 2 leave 4 x 4 positions, the last with 8 times the channels of the first.
FEATURES_PER_CHANNEL = 4 * 4 * 8
LEAK = 0.2
KEEP = 0.5
# The 2018 program's parameters of a soft mask, which it never used: they keep the heads, and the golden file, its size.
MASK_OUTPUTS = 6
EXPLORATION = 0.05
# Which of an image's two dropout masks is whose.
ADJUSTING, CHOOSING = 0, 1

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Widths:
    """How wide the networks are; the defaults are the paper's (8.56 million parameters in all).

    Attributes:
        width: channels of the first convolution; the next three have 2, 4 and 8 times as many.
        hidden: outputs of each first fully connected layer.
    """

    width: int = 32
    hidden: int = 128

    @property
    def features(self) -> int:
        """How many numbers an extractor leaves of an image."""
        return FEATURES_PER_CHANNEL * self.width


class Extractor(nn.Module):
    """Image and numbers to features: the numbers are tiled as planes behind the image, then four convolutions.

    Returns (N, 128 * width), flattened in the order height, width, channel.
    """

    def __init__(self, numbers: int, widths: Widths) -> None:
        super().__init__()
        channels = [3 + numbers] + [widths.width * factor for factor in (1, 2, 4, 8)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1) for before, after in pairwise(channels)
        )

    def forward(self, images: Tensor, numbers: Tensor) -> Tensor:
        first, *others = self.convolutions
        assert isinstance(first, nn.Conv2d)  # noqa: S101 (tells the type)
        # The planes are constant, so their share of the first convolution is a bias that knows the border.
        kernels = torch.einsum("nc,ocij->noij", numbers - 0.5, first.weight[:, 3:])
        inside = _taps_inside(images.shape[-1], kernels)
        bias = inside @ kernels @ inside.T
        x = nn.functional.conv2d(images - 0.5, first.weight[:, :3], first.bias, stride=2, padding=1) + bias
        x = nn.functional.leaky_relu(x, LEAK)
        for convolution in others:
            x = nn.functional.leaky_relu(convolution(x), LEAK)
        return x.permute(0, 2, 3, 1).flatten(1)


def _taps_inside(size: int, like: Tensor) -> Tensor:
    """(size / 2, 4) 1 where a tap of a 4-wide kernel lies within a side of ``size`` (stride 2, padding 1), else 0."""
    positions = 2 * torch.arange(size // 2, device=like.device)[:, None] - 1 + torch.arange(4, device=like.device)
    return ((positions >= 0) & (positions < size)).to(like.dtype)


class Head(nn.Module):
    """Features to outputs by two fully connected layers."""

    def __init__(self, widths: Widths, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(widths.features, widths.hidden)
        self.output = nn.Linear(widths.hidden, outputs)

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = self.output(nn.functional.leaky_relu(self.hidden(features), LEAK))
        return out


class Agent(nn.Module):
    """Chooses a filter and its parameters.

    Its dropout stays on at play: it is where the different edits of one photo come from. The masks are given, never
    drawn inside, so that play can be repeated. They are (N, 2, features), 0 or 2; None turns dropout off.
    """

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.adjusting = Extractor(state.SIZE, widths)
        self.choosing = Extractor(state.SIZE, widths)
        self.heads = nn.ModuleDict(
            {slug: Head(widths, one.raw_outputs + MASK_OUTPUTS) for slug, one in FILTERS.items()}
        )
        self.choice = Head(widths, len(FILTERS))

    def probabilities(self, images: Tensor, states: Tensor, masks: Tensor | None) -> Tensor:
        """(N, 8) the probability of each filter, none below 0.05 / 8."""
        features = _dropped(self.choosing(images, states), masks, CHOOSING)
        softmax = torch.softmax(self.choice(features), dim=1)
        return (1 - EXPLORATION) * softmax + EXPLORATION / len(FILTERS)

    def features(self, images: Tensor, states: Tensor, masks: Tensor | None) -> Tensor:
        """(N, features) what all filters' heads take their parameters from."""
        return _dropped(self.adjusting(images, states), masks, ADJUSTING)

    def raw_outputs(self, slug: str, features: Tensor) -> Tensor:
        """(N, raw outputs) of one filter's head, as ``Filter.from_raw`` takes them."""
        outputs: Tensor = self.heads[slug](features)
        return outputs[:, : FILTERS[slug].raw_outputs]


def _dropped(features: Tensor, masks: Tensor | None, which: int) -> Tensor:
    return features if masks is None else features * masks[:, which]


def draw_masks(count: int, widths: Widths, generator: torch.Generator) -> Tensor:
    """(count, 2, features) fresh dropout masks on the CPU: 0, or 1 / keep."""
    kept = torch.rand(count, 2, widths.features, generator=generator) < KEEP
    return kept.to(torch.float32) / KEEP


def statistics(images: Tensor) -> Tensor:
    """(N, 3) of each image: mean luminance + 1e-5, its population variance, and the mean saturation (HLS).

    The saturation is ``(max - min) / (min(max + min, 2 - max - min) + 0.01)`` of the image clipped to 0 .. 1.
    """
    y = luminance((images[:, 0], images[:, 1], images[:, 2])).flatten(1)
    mean = y.mean(dim=1)
    variance = ((y - mean[:, None]) ** 2).mean(dim=1)
    clipped = images.clamp(0, 1)
    high, low = clipped.amax(dim=1), clipped.amin(dim=1)
    saturation = (high - low) / (torch.minimum(high + low, 2 - high - low) + 0.01)
    return torch.stack([mean + 1e-5, variance, saturation.flatten(1).mean(dim=1)], dim=1)


class Critic(nn.Module):
    """How much images look like the targets: (N, 1), unbounded. Sees the image and its three statistics."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.extractor = Extractor(3, widths)
        self.head = Head(widths, 1)

    def forward(self, images: Tensor) -> Tensor:
        out: Tensor = self.head(self.extractor(images, statistics(images)))
        return out


class Value(nn.Module):
    """The reward to come from images in their states: (N, 1). Sees image, state and statistics."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.extractor = Extractor(state.SIZE + 3, widths)
        self.head = Head(widths, 1)

    def forward(self, images: Tensor, states: Tensor) -> Tensor:
        out: Tensor = self.head(self.extractor(images, torch.cat([states, statistics(images)], dim=1)))
        return out


@dataclass(frozen=True)
class Networks:
    """The three networks that are trained together."""

    widths: Widths
    agent: Agent
    critic: Critic
    value: Value

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The networks by name."""
        return {"agent": self.agent, "critic": self.critic, "value": self.value}


def initialise(network: Network, generator: torch.Generator | None = None) -> Network:
    """The network with Xavier-uniform weights from ``generator``, on the CPU, and zero biases."""
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            nn.init.xavier_uniform_(parameter, generator=generator)
    return network


def create_networks(widths: Widths, generator: torch.Generator | None = None) -> Networks:
    """New networks of the paper's recipe, on the CPU."""
    agent = initialise(Agent(widths), generator)
    critic = initialise(Critic(widths), generator)
    return Networks(widths, agent, critic, initialise(Value(widths), generator))
