"""The filters' part of the comparison with the reference: parameters, outputs and gradients from its raw outputs."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from editing.game.filters import FILTERS
from editing.photos.colour import extremes

# The reference's class of each filter.
FILTER_CLASSES = {
    "exposure": "ExposureFilter",
    "gamma": "GammaFilter",
    "white_balance": "ImprovedWhiteBalanceFilter",
    "saturation": "SaturationPlusFilter",
    "tone": "ToneFilter",
    "contrast": "ContrastFilter",
    "black_white": "WNBFilter",
    "color": "ColorFilter",
}


def grey_images(images: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return (N,), which of (N, H, W, 3) images hold exact greys between black and white."""
    high, low = extremes(images)
    greys = (high == low) & (high > 0) & (high < 1)
    return np.asarray(greys.any(axis=(1, 2)))


def filter_keys(arrays: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Compute the keys ``filters/<Class>/param, output, dmean_draw, dmean_dimage`` by our filters in torch.

    Raises:
        KeyError: if a filter's raw outputs, or the images, are missing.
    """
    images = arrays["filters/image"]
    keys: dict[str, NDArray[np.float32]] = {}
    for slug, name in FILTER_CLASSES.items():
        for key, value in _run_filter(slug, images, arrays[f"filters/{name}/raw"]).items():
            keys[f"filters/{name}/{key}"] = value.detach().numpy()
    return keys


def _run_filter(slug: str, images: NDArray[np.float32], raw: NDArray[np.float32]) -> dict[str, Tensor]:
    filter_ = FILTERS[slug]
    leaf = torch.from_numpy(images).requires_grad_()
    raw_leaf = torch.from_numpy(raw).requires_grad_()
    parameters = filter_.from_raw(torch, raw_leaf)
    broadcast = {key: value[:, None, None] for key, value in parameters.items()}
    output = torch.stack(filter_.apply(torch, (leaf[..., 0], leaf[..., 1], leaf[..., 2]), broadcast), dim=-1)
    by_raw, by_image = torch.autograd.grad(output.mean(), [raw_leaf, leaf])
    if slug == "white_balance":
        # The reference's parameters are the scalings of the channels: what white becomes.
        white = torch.ones(len(raw))
        param = torch.stack(filter_.apply(torch, (white, white, white), parameters), dim=-1)
    else:
        param = torch.stack([parameters[parameter.name] for parameter in filter_.parameters], dim=-1)
    return {"param": param, "output": output, "dmean_draw": by_raw, "dmean_dimage": by_image}
