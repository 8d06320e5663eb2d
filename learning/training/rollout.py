"""Whole games of an agent in training, and what they did to a few colours that are edited along with each photo."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from editing.game.filters import luminance
from editing.game.rules import MAXIMUM_STEPS
from learning.agent import state
from learning.agent.acting import act, sample_filters, without_used
from learning.agent.networks import Agent
from learning.training.losses import overexposure_penalty

# Pixels of each photo on which noise and casts are measured.
PROBES = 64
EIGHT_BIT_STEP = 1 / 255


@dataclass(frozen=True)
class Games:
    """A batch of whole games, (N,) each but for the images.

    Attributes:
        images: (N, 3, 64, 64) the finished ones, unclipped.
        log_probability: of all five choices together.
        entropy: of the choices, mean over the five steps, in nats.
        overexposure_penalty: sum over the steps of the mean of max(x - 1, 0)^2.
        chroma_noise: how far colours move, in 8-bit steps, if the photo's values move within the rounding of 8 bits.
        grey_cast: how far from grey, in 8-bit steps, what was grey has become.
        choices: (N, 5) the filters' indices.
    """

    images: Tensor
    log_probability: Tensor
    entropy: Tensor
    overexposure_penalty: Tensor
    chroma_noise: Tensor
    grey_cast: Tensor
    choices: Tensor


def roll_out(agent: Agent, images: Tensor, masks: Tensor, z: Tensor, probes: Tensor, *, grouped: bool = True) -> Games:
    """Play whole games; used filters are not chosen again.

    Args:
        images: (N, 3, 64, 64) fresh photos.
        masks: (N, 5, 2, features) dropout of each step.
        z: (N, 5) uniform numbers that sample the filters.
        probes: (N, 3, 3, K) colours to edit along with each image, see ``draw_probes``.
        grouped: see ``learning.agent.acting.act``.
    """
    states = state.fresh_states(len(images), images)
    logs, entropies, bright, choices = [], [], [], []
    for step in range(MAXIMUM_STEPS):
        choose = partial(_sample_unused, states=states, z=z[:, step])
        action = act(agent, images, states, masks[:, step], choose, grouped=grouped)
        p = without_used(action.probabilities, states)
        logs.append(p.gather(1, action.choice[:, None]).squeeze(1).log())
        entropies.append(-(p * p.clamp(min=1e-9).log()).sum(dim=1))
        bright.append(overexposure_penalty(action.images))
        choices.append(action.choice)
        images, states, probes = action.images, action.states, action.edit(probes)
    sums = (torch.stack(one).sum(dim=0) for one in (logs, bright))
    log_probability, brightness = sums
    return Games(
        images=images,
        log_probability=log_probability,
        entropy=torch.stack(entropies).mean(dim=0),
        overexposure_penalty=brightness,
        chroma_noise=chroma_noise(probes),
        grey_cast=grey_cast(probes),
        choices=torch.stack(choices, dim=1),
    )


def _sample_unused(probabilities: Tensor, states: Tensor, z: Tensor) -> Tensor:
    return sample_filters(without_used(probabilities, states), z)


def draw_probes(images: Tensor, generator: torch.Generator) -> Tensor:
    """(N, 3, 3, 64) colours of each image: pixels, the same as 8-bit rounding may have moved them, and as greys.

    What a game makes of them shows what the critic's small averaged images do not: the noise of an 8-bit photo made
    colourful, and greys that are tinted.

    Args:
        images: (N, 3, height, width).
        generator: of the CPU.
    """
    pixels = images.flatten(2)
    count, channels, size = pixels.shape
    places = torch.randint(size, (count, 1, PROBES), generator=generator).to(images.device)
    noise = (torch.rand((count, channels, PROBES), generator=generator) - 0.5).to(images.device) * EIGHT_BIT_STEP
    drawn = pixels.gather(2, places.expand(-1, channels, -1))
    greys = luminance((drawn[:, 0], drawn[:, 1], drawn[:, 2]))[:, None].expand_as(drawn)
    return torch.stack([drawn, (drawn + noise).clamp(min=0), greys], dim=2)


def chroma_noise(probes: Tensor) -> Tensor:
    """(N,) the root mean square, in 8-bit steps, of what is not luminance in the difference that noise makes."""
    pixels, noisy, _ = clip_to_display(probes).unbind(dim=2)
    return _chroma(noisy - pixels)


def grey_cast(probes: Tensor) -> Tensor:
    """(N,) the root mean square, in 8-bit steps, of what is not luminance in what was grey."""
    return _chroma(clip_to_display(probes)[:, :, 2])


def _chroma(colours: Tensor) -> Tensor:
    grey = luminance((colours[:, 0], colours[:, 1], colours[:, 2]))[:, None]
    chroma: Tensor = (((colours - grey) / EIGHT_BIT_STEP).square().mean(dim=(1, 2)) + 1e-4).sqrt()
    return chroma


def clip_to_display(images: Tensor) -> Tensor:
    """Images as a screen shows them, 0 .. 1: what the critic sees, so that no value makes its answers explode."""
    return images.clamp(0, 1)
