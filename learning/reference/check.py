"""Comparison with the 2018 reference program: its weights and inputs through our networks, losses and filters.

The file is an ``.npz`` with the keys ``filters/*``, ``weights/*``, ``input/*``, ``step/*``, ``grad_g/*``, ``grad_v/*``
and ``grad_c/*``. The reference keeps images as (N, H, W, C), convolutions as (H, W, in, out) and fully connected
weights as (in, out); widths, batch and choices are whatever the file holds.
"""

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from learning.agent.acting import act, most_probable, sample_filters
from learning.reference.filters import filter_keys, grey_images
from learning.reference.weights import gradients, load_networks
from learning.training.paper_recipe import CriticLosses, StepLosses, critic_losses, step_losses

TOLERANCE = 1e-3
# Where, between real and fake, the reference's gradient penalty was taken.
MIX = 0.5
# A gradient that is 0 but for rounding has no size of its own to be compared with: no key of a loss's gradients
# is measured against less than this part of the largest.
GRADIENT_FLOOR = 1e-5

Arrays = Mapping[str, NDArray[np.float32]]


class ReferenceFileError(ValueError):
    """The file is not of the reference's form; the message is one line."""


@dataclass(frozen=True)
class Difference:
    """The relative difference ``max|a - b| / max|b|`` over a whole key; None if the key was left out.

    A key whose reference is all 0 is measured against the largest gradient of its loss (times 1e-5), or absolutely.
    ``note`` says what was left out, and why.
    """

    key: str
    value: float | None
    note: str = ""


def read_reference(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read all arrays of a reference file, as float32.

    Raises:
        ReferenceFileError: if it is missing, not an ``.npz``, or holds something other than numbers.
    """
    try:
        with path.open("rb") as stream:
            file = np.load(stream, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ReferenceFileError(f"{path}: one array, not an .npz of named arrays")
            with file:
                return {key: np.asarray(file[key], dtype=np.float32) for key in file.files}
    except FileNotFoundError:
        raise ReferenceFileError(f"{path}: no such file") from None
    except ReferenceFileError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        raise ReferenceFileError(f"{path}: not an .npz of numbers, or a damaged one") from None


def compare_with_reference(arrays: Arrays) -> list[Difference]:
    """Return the relative difference of each key that the reference computed, in the order of the file.

    Raises:
        ReferenceFileError: if a key is missing or of a shape that does not fit.
    """
    try:
        ours = filter_keys(arrays) | _step_keys(arrays)
        for key in ours:
            if arrays[key].size != ours[key].size:
                raise RuntimeError(f"{key} has shape {arrays[key].shape}, not {ours[key].shape}")
        return [_difference(key, ours[key], arrays) for key in arrays if key in ours]
    except KeyError as error:
        raise ReferenceFileError(f"not a file of the reference's form: it has no key {error}") from None
    except (RuntimeError, IndexError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ReferenceFileError(f"the shapes of the file's arrays do not fit each other: {reason}") from None


def _difference(key: str, ours: NDArray[np.float32], arrays: Arrays) -> Difference:
    reference, note = arrays[key], ""
    ours = ours.reshape(reference.shape)
    if key.startswith("filters/SaturationPlusFilter/"):
        if key.endswith("/dmean_dimage"):
            return Difference(key, None, "left out: the reference's gradient misses the HSV path")
        greys = grey_images(arrays["filters/image"])
        ours, reference = ours[~greys], reference[~greys]
        left_out = ", ".join(str(number) for number in np.flatnonzero(greys) + 1)
        note = f"left out: image {left_out}, exact greys, which the reference tints red" if left_out else ""
    error = float(np.abs(ours - reference).max(initial=0))
    scale = max(float(np.abs(reference).max(initial=0)), _gradient_floor(key, arrays)) or 1.0
    return Difference(key, math.inf if math.isnan(error) else error / scale, note)


def _gradient_floor(key: str, arrays: Arrays) -> float:
    group = key.partition("/")[0] + "/"
    if not group.startswith("grad_"):
        return 0.0
    return GRADIENT_FLOOR * max(float(np.abs(arrays[other]).max()) for other in arrays if other.startswith(group))


def _images(array: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(array).permute(0, 3, 1, 2).contiguous()


def _step_keys(arrays: Arrays) -> dict[str, NDArray[np.float32]]:
    """Return the keys ``step/*`` and ``grad_*/*``, by the trainer's code from the file's weights and inputs."""
    networks = load_networks(arrays)
    images, real = _images(arrays["input/fake_input"]), _images(arrays["input/real_data"])
    states = torch.from_numpy(arrays["input/states"])
    sampled = partial(sample_filters, z=torch.from_numpy(arrays["input/z"])[:, 0])
    choose = sampled if arrays["input/is_train"] else most_probable
    step = step_losses(networks, images, states, None, choose, float(arrays["input/progress"]))
    critic = critic_losses(networks.critic, real, step.action.images.detach(), torch.full((len(images),), MIX))
    with torch.no_grad():
        test = act(networks.agent, images, states, None, most_probable)
    results = _step_results(step, critic)
    results |= {"test_output": test.images.permute(0, 2, 3, 1), "test_new_states": test.states}
    keys = {f"step/{name}": value.detach().numpy() for name, value in results.items()}
    for group, loss, prefix in (
        ("grad_g", step.agent_loss, "generator/"),
        ("grad_v", step.value_loss, "rl_value/"),
        ("grad_c", critic.loss, "critic/"),
    ):
        keys |= {f"{group}/{name}": value for name, value in gradients(loss, networks, prefix).items()}
    return keys


def _step_results(step: StepLosses, critic: CriticLosses) -> dict[str, Tensor]:
    """Return what a training step computes, by the reference's names."""
    return {
        "fake_output": step.action.images.permute(0, 2, 3, 1),
        "new_states": step.action.states,
        "surrogate": step.log_probability,
        "penalty": step.penalty,
        "pdf0": step.action.probabilities[0],
        "real_logit": critic.real,
        "fake_logit": critic.fake,
        "fake_input_logit": step.critic_before,
        "old_value": step.value_before,
        "new_value": step.value_after,
        "reward": step.reward,
        "q_value": step.q_value,
        "advantage": step.advantage,
        "g_loss": step.agent_loss,
        "v_loss": step.value_loss,
        "c_loss": critic.loss,
        "emd": critic.distance,
        "critic_gradient_norm": critic.gradient_norm.mean(),
    }
