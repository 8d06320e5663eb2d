"""What networks compute in, that bfloat16 leaves losses and gradients what they are, and that freed memory is kept."""

import platform
import subprocess
import sys
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from learning import device
from learning.agent.acting import sample_filters
from learning.agent.networks import create_networks, draw_masks
from learning.agent.state import fresh_states
from learning.configuration import Widths
from learning.device import autocast, choose_precision
from learning.training.paper_recipe import critic_losses, step_losses

CPU = torch.device("cpu")
COUNT, WIDTHS = 16, Widths(4, 16)


@pytest.mark.parametrize(
    ("name", "width", "there", "chosen"),
    [
        ("auto", 32, True, "bfloat16"),
        ("auto", 32, False, "float32"),
        ("auto", 12, True, "float32"),
        ("bfloat16", 12, False, "bfloat16"),
        ("float32", 32, True, "float32"),
    ],
)
def test_auto_is_bfloat16_where_it_pays(
    name: str, width: int, there: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "has_bfloat16", lambda _device: there)
    assert choose_precision(name, CPU, width) == chosen


def gradient(loss: Tensor, network: nn.Module) -> Tensor:
    return torch.cat([one.flatten() for one in torch.autograd.grad(loss, list(network.parameters()))])


def losses(bfloat16: bool) -> dict[str, tuple[Tensor, Tensor]]:
    """The losses of one step of the paper's recipe and their gradients, by the network."""
    generator = torch.Generator().manual_seed(0)
    networks = create_networks(WIDTHS, generator)
    networks.critic.head.output.weight.data.mul_(30)  # steep enough for the penalty to count
    networks.critic.head.output.bias.data.fill_(50)  # and far from 0, where bfloat16 has steps of a quarter
    images, real = (torch.rand(COUNT, 3, 64, 64, generator=generator) * scale for scale in (0.4, 1.0))
    # Sure choices: where two filters were as likely, rounding would choose another.
    choose = partial(sample_filters, z=(torch.arange(COUNT) % 8 + 0.5) / 8)
    masks = draw_masks(COUNT, WIDTHS, generator)
    mix = torch.rand(COUNT, generator=generator)
    with autocast(CPU, bfloat16=bfloat16):
        step = step_losses(networks, images, fresh_states(COUNT, images), masks, choose, 0.5)
        judged = critic_losses(networks.critic, real, images, mix)
    assert float(judged.gradient_norm.detach().min()) > 1
    return {
        "agent": (step.agent_loss.detach(), gradient(step.agent_loss, networks.agent)),
        "value": (step.value_loss.detach(), gradient(step.value_loss, networks.value)),
        "critic": (judged.loss.detach(), gradient(judged.loss, networks.critic)),
    }


def test_bfloat16_holds_losses_and_the_direction_of_gradients() -> None:
    exact, rounded = losses(bfloat16=False), losses(bfloat16=True)
    for name, (loss, direction) in exact.items():
        found, towards = rounded[name]
        assert found.dtype == towards.dtype == torch.float32
        assert not torch.equal(towards, direction)
        assert float(found) == pytest.approx(float(loss), rel=0.02), name
        assert float(nn.functional.cosine_similarity(towards, direction, dim=0)) > 0.99, name


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do as they did")
def test_memory_that_was_freed_is_kept_for_what_is_allocated_next() -> None:
    # In a fresh process: in this one other tests may have freed larger blocks. Torch, which is long in coming, has no
    # part in it.
    script = """
import resource
import sys
from unittest.mock import MagicMock
import numpy as np
sys.modules["torch"] = MagicMock()
from learning.device import keep_freed_memory

def page_faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        [np.ones(3 * 2**20, dtype=np.uint8) for _ in range(4)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

page_faults()
fresh = page_faults()
keep_freed_memory()
page_faults()
print(fresh, page_faults())
"""
    printed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    fresh, kept = map(int, printed.split())
    assert kept < fresh / 10
