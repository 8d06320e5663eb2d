"""The reference program's weights in our networks, and our gradients under its names."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from editing.game.filters import FILTERS
from learning.agent.networks import Networks, create_networks
from learning.configuration import FEATURES_PER_CHANNEL, Widths


def _convolutions(reference: str, ours: str) -> dict[str, str]:
    names = ("Conv", "Conv_1", "Conv_2", "Conv_3")
    return {f"{reference}/{name}": f"{ours}.convolutions.{i}" for i, name in enumerate(names)}


def _layer_names() -> dict[str, str]:
    """Our layers by the reference's names."""
    names = _convolutions("generator", "agent.adjusting")
    for index, slug in enumerate(FILTERS):
        names[f"generator/filter_{index}/fc1"] = f"agent.heads.{slug}.hidden"
        names[f"generator/filter_{index}/fc2"] = f"agent.heads.{slug}.output"
    names |= _convolutions("generator/action_selection", "agent.choosing")
    names["generator/action_selection/selector_fc1"] = "agent.choice.hidden"
    names["generator/action_selection/selector_fc2"] = "agent.choice.output"
    for reference, ours in (("critic", "critic"), ("rl_value/critic", "value")):
        names |= _convolutions(reference, f"{ours}.extractor")
        names[f"{reference}/fully_connected"] = f"{ours}.head.hidden"
        names[f"{reference}/fully_connected_1"] = f"{ours}.head.output"
    return names


def _parameters(networks: Networks) -> dict[str, Tensor]:
    """Our parameters by the reference's names."""
    ours = {
        f"{network}.{name}": parameter
        for network, module in networks.modules.items()
        for name, parameter in module.named_parameters()
    }
    return {
        f"{reference}/{their_name}": ours[f"{layer}.{our_name}"]
        for reference, layer in _layer_names().items()
        for their_name, our_name in (("weights", "weight"), ("biases", "bias"))
    }


def load_networks(arrays: Mapping[str, NDArray[np.float32]]) -> Networks:
    """Create our networks with the reference's weights, ``weights/<name>``; their widths are derived from them.

    Raises:
        KeyError: if weights are missing.
        RuntimeError: if their shapes do not fit.
    """
    width = arrays["weights/generator/Conv/weights"].shape[-1]
    features, hidden = arrays["weights/generator/filter_0/fc1/weights"].shape
    if features != FEATURES_PER_CHANNEL * width:
        raise RuntimeError(f"{width} channels leave {FEATURES_PER_CHANNEL * width} features, not {features}")
    networks = create_networks(Widths(width, hidden))
    with torch.no_grad():
        for name, parameter in _parameters(networks).items():
            ours = _our_layout(arrays[f"weights/{name}"])
            if parameter.shape != ours.shape:
                raise RuntimeError(f"weights/{name} has {ours.shape} (out, in, ...), not {tuple(parameter.shape)}")
            parameter.copy_(torch.tensor(ours))
    return networks


def gradients(loss: Tensor, networks: Networks, prefix: str) -> dict[str, NDArray[np.float32]]:
    """Return a loss's gradients in the reference's layout, by its names, for those that start with ``prefix``.

    The loss's graph is kept.
    """
    parameters = {name: value for name, value in _parameters(networks).items() if name.startswith(prefix)}
    values = torch.autograd.grad(
        loss, list(parameters.values()), retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return {name: _their_layout(value.numpy()) for name, value in zip(parameters, values, strict=True)}


def _our_layout(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T


def _their_layout(array: NDArray[np.float32]) -> NDArray[np.float32]:
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T
