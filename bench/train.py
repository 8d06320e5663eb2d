"""Training: one update of the agent and the value, and one of the critic, as the loop makes them."""

import torch

from bench.figures import Figure, ratio
from learning.agent import sample_filters
from learning.losses import critic_losses, step_losses
from learning.networks import Widths, create_networks, draw_masks
from learning.state import fresh_states

BATCH = 32
WIDTHS = Widths(width=8, hidden=32)


def measure() -> dict[str, Figure]:
    """At a reduced width, on random images, against the critic's forward pass alone."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    networks = create_networks(WIDTHS, generator)
    images, real = (torch.rand((BATCH, 3, 64, 64), generator=generator) for _ in range(2))
    states = fresh_states(BATCH, images)
    masks = draw_masks(BATCH, WIDTHS, generator)
    z, mix = (torch.rand(BATCH, generator=generator) for _ in range(2))
    parameters = {name: list(network.parameters()) for name, network in networks.modules.items()}

    def agent_update() -> None:
        step = step_losses(networks, images, states, masks, lambda p: sample_filters(p, z), progress=0.5)
        torch.autograd.grad(step.agent_loss, parameters["agent"])
        torch.autograd.grad(step.value_loss, parameters["value"])

    def critic_update() -> None:
        torch.autograd.grad(critic_losses(networks.critic, real, images, mix).loss, parameters["critic"])

    def forward() -> None:
        with torch.no_grad():
            networks.critic(real)

    against = "the critic's forward pass on the same batch"
    note = f"float32, one thread, width {WIDTHS.width}, batch {BATCH}; CPU time"
    return {
        "train.agent_update_over_forward": Figure(ratio(agent_update, forward, runs=5), "x", against, note),
        "train.critic_update_over_forward": Figure(ratio(critic_update, forward, runs=5), "x", against, note),
    }
