"""Where torch computes, and in what precision: float32, or bfloat16 where that pays.

In bfloat16, convolutions and products alone are of half the size; weights, their optimiser, filters, the last layer of
each head, and so scores and losses stay float32.
"""

import os
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor

AUTO, FLOAT32, BFLOAT16 = "auto", "float32", "bfloat16"
# Narrower networks gain less than a tenth: what is not convolutions is most of their work.
LEAST_WIDTH = 24
# Just below the largest block that glibc raises its thresholds for, ``DEFAULT_MMAP_THRESHOLD_MAX``, with its header.
LARGEST_KEPT_BYTES = 32 * 2**20 - 2**16


class DeviceError(ValueError):
    """There is no such device; the message is one line."""


def choose_device(name: str) -> torch.device:
    """Find the device of that name; ``auto`` is a GPU where there is one, else the CPU, by half of its cores.

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
    """Copy a tensor of the CPU to the device; a GPU copies it while the CPU goes on, as it lies in pinned memory."""
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def keep_freed_memory() -> None:
    """Have this process keep memory of the CPU that is freed, up to 64 MiB, for what is allocated next.

    A fresh process gives each array of some megabytes back to the system, and page faults make up to half of a small
    network's time. glibc stops doing so once a block as large has been freed: mallopt(3), ``M_MMAP_THRESHOLD``. The
    block itself is never written to. Other C libraries do as they did.
    """
    np.empty(LARGEST_KEPT_BYTES, dtype=np.uint8)


def choose_precision(name: str, device: torch.device, width: int) -> str:
    """Choose ``float32`` or ``bfloat16``; ``auto`` is bfloat16 where the device has instructions for it and it pays.

    Args:
        width: channels of the first convolution.
    """
    if name != AUTO:
        return name
    return BFLOAT16 if width >= LEAST_WIDTH and has_bfloat16(device) else FLOAT32


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether the device multiplies bfloat16 by itself; where it does not, that takes several times as long."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return device.type == "cpu" and any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))


def autocast(device: torch.device, *, bfloat16: bool) -> AbstractContextManager[None]:
    """Make the context that networks are called in."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)
