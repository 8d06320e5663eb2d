"""The networks of the 2018 recipe: what the agent sees with, the agent, the critic and the value.

Images are (N, 3, 64, 64), linear light; states (N, 11), see ``learning.agent.state``. Y. Hu et al., "Exposure: A
White-Box Photo Post-Processing Framework", ACM Transactions on Graphics 37 (2), 2018.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from editing.game.filters import FILTERS
from learning.agent import state
from learning.agent.architecture import ACTIONS, ADJUSTING, CHOOSING, EXPLORATION, KEEP, MASK_OUTPUTS
from learning.agent.critic import Critic, statistics
from learning.agent.extractor import Extractor, Head
from learning.agent.normalising import COMMUTING, find_offsets, see_through
from learning.configuration import Normalisation, Widths

Network = TypeVar("Network", bound=nn.Module)

NOTHING_NORMALISED = Normalisation()
_EXPOSURE = tuple(FILTERS).index("exposure")


class Agent(nn.Module):
    """Chooses a filter and its parameters.

    Its dropout stays on at play: it is where the different edits of one photo come from. The masks are given, never
    drawn inside, so that play can be repeated. They are (N, 2, features), 0 or 2; None turns dropout off.
    """

    # Which filters may come before exposure, (8,), where the networks see photos at one exposure.
    commuting: Tensor
    # Whether what it does is drawn at play: filters by their probabilities, parameters by noise that is given.
    samples = False

    def __init__(
        self, widths: Widths, normalisation: Normalisation = NOTHING_NORMALISED, *, stops: bool = False
    ) -> None:
        """Make an agent.

        Args:
            stops: whether it may finish before the last step: one more action, behind the filters.
        """
        super().__init__()
        self.normalisation, self.stops = normalisation, stops
        self.actions = ACTIONS if stops else tuple(FILTERS)
        self.register_buffer("commuting", torch.tensor(COMMUTING, dtype=torch.float32), persistent=False)
        self.adjusting = Extractor(state.SIZE, widths.width)
        self.choosing = Extractor(state.SIZE, widths.width)
        self.heads = nn.ModuleDict(
            {slug: Head(widths, definition.raw_outputs + MASK_OUTPUTS) for slug, definition in FILTERS.items()}
        )
        self.choice = Head(widths, len(self.actions))

    def view(self, images: Tensor, states: Tensor) -> tuple[Tensor, Mapping[str, Mapping[str, Tensor]]]:
        """Return what the networks see of images, and by filter the parameters through which they see it, (N,) each.

        See ``learning.agent.normalising``.
        """
        if self.normalisation == NOTHING_NORMALISED:
            return images, {}
        unused = dict(zip(FILTERS, (1 - states[:, state.USED]).unbind(dim=1), strict=True))
        red, green, blue = images.unbind(dim=1)
        with torch.no_grad():
            offsets = find_offsets(torch, (red, green, blue), unused, self.normalisation)
        return torch.stack(see_through(torch, (red, green, blue), offsets), dim=1), offsets

    def probabilities(self, view: Tensor, states: Tensor, masks: Tensor | None) -> Tensor:
        """(N, actions) the probability of each filter, and of stopping if it may.

        None is below 0.05 / actions but those that may not come yet, which are 0: before exposure where photos are seen
        at one exposure, and to stop before the first step.
        """
        features = dropped(self.choosing(view, states), masks, CHOOSING)
        softmax = torch.softmax(self.choice(features), dim=1)
        probabilities = (1 - EXPLORATION) * softmax + EXPLORATION / len(self.actions)
        if not (self.normalisation.exposure or self.stops):
            return probabilities
        left = probabilities * self._possible(states)
        return left / left.sum(dim=1, keepdim=True)

    def _possible(self, states: Tensor) -> Tensor:
        """(N, actions) 0 for what may not come yet, else 1."""
        used = states[:, state.USED]
        exposed = used[:, _EXPOSURE, None]
        filters, stop = torch.ones_like(used), used.amax(dim=1, keepdim=True)
        if self.normalisation.exposure:
            filters, stop = torch.maximum(exposed, self.commuting.to(states.dtype)), exposed
        return torch.cat([filters, stop], dim=1) if self.stops else filters

    def features(self, view: Tensor, states: Tensor, masks: Tensor | None) -> Tensor:
        """(N, features) what all filters' heads take their parameters from."""
        return dropped(self.adjusting(view, states), masks, ADJUSTING)

    def raw_outputs(self, slug: str, features: Tensor) -> Tensor:
        """(N, raw outputs) of one filter's head, as ``Filter.from_raw`` takes them."""
        outputs: Tensor = self.heads[slug](features)
        return outputs[:, : FILTERS[slug].raw_outputs]

    def parameters_of(self, slug: str, features: Tensor, noise: Tensor | None) -> dict[str, Tensor]:
        """Physical values of one filter by name, (n,) each, from features (n, features).

        Args:
            noise: what they are drawn by where the agent ``samples``; this one does not.
        """
        definition, raw = FILTERS[slug], self.raw_outputs(slug, features)
        if not definition.curves:
            return definition.from_raw(torch, raw)
        # The slopes of curves have one range: up to 24 of them at once, of a few numbers each.
        slopes = definition.parameters[0].from_raw(torch, raw).unbind(dim=1)
        order = zip(definition.parameters, definition.raw_order, strict=True)
        return {slope.name: slopes[index] for slope, index in order}


def dropped(features: Tensor, masks: Tensor | None, which: int) -> Tensor:
    """(N, features) after the dropout of one of the two extractors; without masks there is none."""
    return features if masks is None else features * masks[:, which]


def draw_masks(count: int, widths: Widths, generator: torch.Generator) -> Tensor:
    """(count, 2, features) fresh dropout masks on the CPU: 0, or 1 / keep."""
    kept = torch.rand(count, 2, widths.features, generator=generator) < KEEP
    return kept.to(torch.float32) / KEEP


class Value(nn.Module):
    """The reward to come from images in their states: (N, 1). Sees image, state and statistics."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.extractor = Extractor(state.SIZE + 3, widths.width)
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
    """Return the network with Xavier-uniform weights from ``generator``, on the CPU, and zero biases."""
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            nn.init.xavier_uniform_(parameter, generator=generator)
    return network


def create_networks(widths: Widths, generator: torch.Generator | None = None) -> Networks:
    """Create the networks of the paper's recipe, on the CPU."""
    agent = initialise(Agent(widths), generator)
    critic = initialise(Critic(widths), generator)
    return Networks(widths, agent, critic, initialise(Value(widths), generator))
