"""Training at the paper's width: an update of the agent and the value, and one of the critic, as the loops make them.

Beside it the same updates, straightforwardly: the numbers tiled as planes and convolved, in the layout N, C, H, W. And
the memory that many photos take.
"""

import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from bench.figures import Figure, ratio
from bench.photo_memory import peak_growth
from learning.agent import sample_filters
from learning.losses import critic_losses, step_losses
from learning.networks import LEAK, Extractor, Networks, Widths, create_networks, draw_masks
from learning.state import fresh_states
from learning.training import Learner

BATCH = 64
WIDTHS = Widths()
RUNS = 3
PHOTOS = 50_000


def tiled(extractor: Extractor, images: Tensor, numbers: Tensor) -> Tensor:
    """What the extractor computes, as it is written down: every number a plane behind the image."""
    height, width = images.shape[-2:]
    x = torch.cat([images, numbers[:, :, None, None].expand(-1, -1, height, width)], dim=1) - 0.5
    for convolution in extractor.convolutions:
        x = nn.functional.leaky_relu(convolution(x), LEAK)
    return x.permute(0, 2, 3, 1).flatten(1)


def measure() -> dict[str, Figure]:
    """Milliseconds of CPU time on one thread, on random images, and the straightforward version over ours."""
    torch.set_num_threads(1)
    ours = _updates(_networks(straightforward=False))
    eager = _updates(_networks(straightforward=True))
    note = f"one thread, float32, width {WIDTHS.width}, batch {BATCH}; CPU time"
    figures = {
        f"train.ms_per_iteration.{name}": Figure(1000 * _seconds(update), "ms", "", note)
        for name, update in ours.items()
    }

    def both(updates: dict[str, Callable[[], None]]) -> None:
        for update in updates.values():
            update()

    over = ratio(partial(both, eager), partial(both, ours), runs=RUNS)
    figures["train.eager_over_ours"] = Figure(over, "x", "one update of each, in this run", note)
    memory = Figure(
        peak_growth(PHOTOS), "MB", "the process before", "peak while batches of 64 are drawn from the cache"
    )
    return figures | {f"train.photos_rss_mb_{PHOTOS}": memory}


def _networks(*, straightforward: bool) -> Networks:
    networks = create_networks(WIDTHS, torch.Generator().manual_seed(0))
    for network in networks.modules.values():
        if not straightforward:
            Learner(network, (0.5, 0.9), torch.device("cpu"))  # which lays the weights out
            continue
        for module in network.modules():
            if isinstance(module, Extractor):
                module.forward = partial(tiled, module)  # type: ignore[method-assign]
    return networks


def _updates(networks: Networks) -> dict[str, Callable[[], None]]:
    generator = torch.Generator().manual_seed(0)
    images, real = (torch.rand((BATCH, 3, 64, 64), generator=generator) for _ in range(2))
    states = fresh_states(BATCH, images)
    masks = draw_masks(BATCH, WIDTHS, generator)
    z, mix = (torch.rand(BATCH, generator=generator) for _ in range(2))
    parameters = {name: list(network.parameters()) for name, network in networks.modules.items()}

    def agent_update() -> None:
        step = step_losses(networks, images, states, masks, lambda p: sample_filters(p, z), progress=0.5)
        torch.autograd.grad(step.agent_loss, parameters["agent"], retain_graph=True)
        torch.autograd.grad(step.value_loss, parameters["value"])

    def critic_update() -> None:
        torch.autograd.grad(critic_losses(networks.critic, real, images, mix).loss, parameters["critic"])

    return {"agent": agent_update, "critic": critic_update}


def _seconds(update: Callable[[], None]) -> float:
    update()
    start = time.process_time()
    for _ in range(RUNS):
        update()
    return (time.process_time() - start) / RUNS
