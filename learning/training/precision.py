"""What networks compute in: float32, or bfloat16 where that pays.

In bfloat16, convolutions and products alone are of half the size; weights, their optimiser, filters, the last layer of
each head, and so answers and losses stay float32.
"""

from contextlib import AbstractContextManager

import torch

AUTO, FLOAT32, BFLOAT16 = "auto", "float32", "bfloat16"
# Narrower networks gain less than a tenth: what is not convolutions is most of their work.
LEAST_WIDTH = 24


def choose_precision(name: str, device: torch.device, width: int) -> str:
    """``float32`` or ``bfloat16``; ``auto`` is bfloat16 where the device has instructions for it and it pays.

    Args:
        width: channels of the first convolution.
    """
    if name != AUTO:
        return name
    return BFLOAT16 if width >= LEAST_WIDTH and has_bfloat16(device) else FLOAT32


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 by itself; where it does not, that takes several times as long."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return device.type == "cpu" and any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))


def autocast(device: torch.device, *, bfloat16: bool) -> AbstractContextManager[None]:
    """The context that networks are called in."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)
