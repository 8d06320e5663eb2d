"""Where torch computes."""

import os

import torch
from torch import Tensor


class DeviceError(ValueError):
    """There is no such device; the message is one line."""


def choose_device(name: str) -> torch.device:
    """The device of that name; ``auto`` is a GPU where there is one, else the CPU, by half of its cores.

    With a thread on every core, any other busy process makes all of them wait for the slowest, again and again: small
    networks then take up to ten times as long. ``OMP_NUM_THREADS`` has the last word.

    Raises:
        DeviceError: if torch does not know it, or cannot use it here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        if device.type == "cuda":
            # What is asked of the GPU, and recorded on it, without naming one is then of this one.
            torch.cuda.set_device(device.index or 0)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise DeviceError(f"the device {name!r} cannot be used: {reason}") from None
    if device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    return device


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the CPU on the device; a GPU copies it while the CPU goes on, as it lies in pinned memory."""
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
