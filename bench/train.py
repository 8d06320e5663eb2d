"""Training: updates at the paper's width, as the loop makes them, beside a straightforward program's; recipe ``fast``.

On the CPU, one thread and CPU time; where there is a GPU the same on it, by the clock, as ``train.cuda_...``. And the
memory that many photos take.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor

from bench import eager
from bench.figures import Figure, ratio
from bench.photo_memory import peak_growth
from learning.agent.acting import sample_filters
from learning.agent.networks import Networks, create_networks, draw_masks
from learning.agent.state import fresh_states
from learning.configuration import PAPER_WIDTHS, FastConfig, Widths
from learning.device import AUTO, BFLOAT16, FLOAT32, autocast, choose_precision
from learning.photos.batches import CropSampler
from learning.training.fast_recipe import FastTrainer
from learning.training.paper_recipe import BETAS, critic_losses, step_losses
from learning.training.trainer import NetworkOptimizer
from learning.training.updates import CapturedUpdate, Update, capture_on

BATCH = 64
WIDTHS = PAPER_WIDTHS
FAST = FastConfig(Widths(12, 48))
# Rates so small that the networks stay as they are.
RATE = 1e-9
RUNS = 5
PHOTOS = 50_000

Updates = Mapping[str, Callable[[], None]]
Clock = Callable[[], float]


def measure() -> dict[str, Figure]:
    """Milliseconds of updates and iterations, on random images, and the straightforward program over ours."""
    torch.set_num_threads(1)
    figures = _figures(torch.device("cpu"), "train.", "CPU time, one thread", time.process_time)
    if torch.cuda.is_available():
        figures |= _figures(torch.device("cuda"), "train.cuda_", torch.cuda.get_device_name(), _cuda_clock)
    note = "peak while batches of 64 are drawn from the cache"
    return figures | {f"train.photos_rss_mb_{PHOTOS}": Figure(peak_growth(PHOTOS), "MB", "the process before", note)}


def _cuda_clock() -> float:
    torch.cuda.synchronize()
    return time.perf_counter()


def _figures(device: torch.device, prefix: str, how: str, clock: Clock) -> dict[str, Figure]:
    precision = choose_precision(AUTO, device, WIDTHS.width)
    straightforward, ours = _straightforward(device), _ours(device, precision)
    note = f"width {WIDTHS.width}, batch {BATCH}; {how}"
    figures = {
        f"{prefix}ms_per_iteration.{name}": Figure(_milliseconds(update, clock), "ms", "", f"{precision}, {note}")
        for name, update in ours.items()
    }

    def over_ours(name: str, theirs: Callable[[], None], update: Callable[[], None], precision: str) -> None:
        over = ratio(theirs, update, runs=RUNS, clock=clock)
        figures[f"{prefix}eager_over_ours{name}"] = Figure(over, "x", "float32, in this run", f"{precision}, {note}")

    for name, update in ours.items():
        over_ours(f".{name}", straightforward[name], update, precision)
    for name, among in (("", precision), (f".{FLOAT32}", FLOAT32)):
        over_ours(name, partial(_all, straightforward), partial(_all, _ours(device, among)), among)
    note = f"width {FAST.widths.width}, batch {FAST.batch}, critic's updates and all; {how}"
    return figures | {f"{prefix}ms_per_iteration.fast": Figure(_fast(device, clock), "ms", "", note)}


def _all(updates: Updates) -> None:
    for update in updates.values():
        update()


class _Batch:
    """What the updates work on, the same for both programs."""

    def __init__(self, device: torch.device) -> None:
        generator = torch.Generator().manual_seed(0)
        self.networks: Networks = create_networks(WIDTHS, generator)
        for network in self.networks.modules.values():
            network.to(device)
        self.images, self.real = (torch.rand(BATCH, 3, 64, 64, generator=generator).to(device) for _ in range(2))
        self.states = fresh_states(BATCH, self.images)
        self.masks = draw_masks(BATCH, WIDTHS, generator).to(device)
        z, self.mix = (torch.rand(BATCH, generator=generator).to(device) for _ in range(2))
        self.step = (self.networks, self.images, self.states, self.masks, partial(sample_filters, z=z), 0.5)


def _ours(device: torch.device, precision: str) -> Updates:
    batch = _Batch(device)
    optimizers = {name: NetworkOptimizer(network, BETAS, device) for name, network in batch.networks.modules.items()}

    in_precision = partial(autocast, device, bfloat16=precision == BFLOAT16)
    capture = capture_on(device)

    def agent() -> Update:
        with in_precision():
            step = step_losses(*batch.step, grouped=capture is None)
        return _gradients(optimizers, agent=step.agent_loss, value=step.value_loss)

    def critic() -> Update:
        with in_precision():
            judged = critic_losses(batch.networks.critic, batch.real, batch.images, batch.mix)
        return _gradients(optimizers, critic=judged.loss)

    def learn(update: CapturedUpdate) -> None:
        for name, gradients in update().gradients.items():
            optimizers[name].step(gradients, RATE)

    return {compute.__name__: partial(learn, CapturedUpdate(compute, capture)) for compute in (agent, critic)}


def _gradients(optimizers: Mapping[str, NetworkOptimizer], **losses: Tensor) -> Update:
    return Update({name: optimizers[name].gradients(loss) for name, loss in losses.items()}, {})


def _straightforward(device: torch.device) -> Updates:
    batch = _Batch(device)
    optimizers = {name: eager.EagerOptimizer(network, BETAS) for name, network in batch.networks.modules.items()}

    def agent() -> None:
        agent_loss, value_loss = eager.agent_and_value_losses(*batch.step)
        optimizers["agent"].step(agent_loss, RATE)
        optimizers["value"].step(value_loss, RATE)

    def critic() -> None:
        optimizers["critic"].step(eager.critic_loss(batch.networks.critic, batch.real, batch.images, batch.mix), RATE)

    return {"agent": agent, "critic": critic}


def _fast(device: torch.device, clock: Clock) -> float:
    random = np.random.default_rng(0)
    inputs, targets = (CropSampler(list(random.random((16, 80, 80, 3), dtype=np.float32)), device) for _ in range(2))
    trainer = FastTrainer(FAST, inputs, targets, device, capture=capture_on(device))
    return _milliseconds(trainer.iterate, clock, runs=8)


def _milliseconds(update: Callable[[], object], clock: Clock, runs: int = RUNS) -> float:
    update()
    start = clock()
    for _ in range(runs):
        update()
    return 1000 * (clock() - start) / runs
