"""Where torch computes."""

import torch


class DeviceError(ValueError):
    """There is no such device; the message is one line."""


def choose_device(name: str) -> torch.device:
    """The device of that name; ``auto`` is a GPU where there is one, else the CPU.

    Raises:
        DeviceError: if torch does not know it, or cannot use it here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise DeviceError(f"the device {name!r} cannot be used: {reason}") from None
    return device
