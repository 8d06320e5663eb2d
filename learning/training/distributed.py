"""Training by several processes, one for each GPU, that ``torchrun`` starts: each computes its share of every batch.

All processes draw the same random numbers, for the whole batch, and hold the same weights and the same images. Each
computes on its own share; gradients are averaged, and what was played is gathered, so that they stay the same. Losses
are taken by ``torch.autograd.grad`` and penalties are differentiated twice, which torch's own wrapper,
``DistributedDataParallel``, does not see. A single process does none of this.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed

from learning.device import DeviceError

# How long processes wait for one that scores the agent, or reads photos more slowly.
TIMEOUT = timedelta(hours=1)


class ProcessLost(RuntimeError):
    """Another process of this training is gone, or does not answer; the message is one line."""


@dataclass(frozen=True)
class Processes:
    """The processes of a training: this one's number, and how many there are.

    The first, of rank 0, is the one that writes files and speaks.
    """

    rank: int = 0
    size: int = 1

    def check_batch(self, parts: int) -> None:
        """Refuse a batch whose parts the processes cannot share evenly.

        Raises:
            ValueError: saying how many parts there are.
        """
        if parts % self.size:
            raise ValueError(
                f"{self.size} processes cannot share the {parts} parts of a batch evenly; change --batch, which is "
                "that of all processes together, or their number"
            )

    def share(self, whole: Tensor) -> Tensor:
        """Return this process's rows of a batch, (N, ...) to (N / size, ...)."""
        return whole.chunk(self.size)[self.rank] if self.size > 1 else whole

    def gather(self, share: Tensor) -> Tensor:
        """Return the rows of all processes, in order: (n, ...) to (n size, ...). No gradient passes.

        Raises:
            ProcessLost: if another process does not answer.
        """
        if self.size == 1:
            return share
        own = share.detach().contiguous()
        parts = [torch.empty_like(own) for _ in range(self.size)]
        with _answering():
            distributed.all_gather(parts, own)
        return torch.cat(parts)

    def average(self, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the mean of each tensor over the processes, by one exchange; bit for bit the same in all of them.

        Raises:
            ProcessLost: if another process does not answer.
        """
        if self.size == 1:
            return tensors
        bucket = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
        with _answering():
            distributed.all_reduce(bucket)
        parts = torch.split(bucket / self.size, [tensor.numel() for tensor in tensors])
        return [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]


SINGLE_PROCESS = Processes()


def started() -> Processes:
    """Which process this one is, by the environment that ``torchrun`` makes; alone without it."""
    return Processes(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))


def own_device(name: str) -> str:
    """Return the device of that name for this process: ``auto`` and ``cuda`` give each on a machine a GPU of its own.

    Raises:
        DeviceError: if all processes would take the same GPU.
    """
    if started().size == 1 or name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return name
    if name not in ("auto", "cuda"):
        raise DeviceError(f"each of several processes takes a GPU of its own: give --device cuda, not {name}")
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"


@contextmanager
def joined(processes: Processes, device: torch.device) -> Iterator[None]:
    """While this lasts, the processes can exchange tensors on ``device``: by NCCL on GPUs, by Gloo on CPUs.

    Raises:
        ProcessLost: if they do not find each other.
    """
    if processes.size == 1:
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    with _answering():
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
    try:
        yield
    finally:
        distributed.destroy_process_group()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise ProcessLost(
            f"another process of this training has ended, or does not answer ({reason}); --resume continues from the "
            "last checkpoint"
        ) from None
