"""The filters against the numbers of the 2018 program: parameters from raw outputs, pixels, gradients."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from editing.game.filters import FILTERS, LUMINANCE
from learning.reference.filters import FILTER_CLASSES

TOLERANCE = 1e-4


def relative_difference(ours: Any, theirs: Any) -> float:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


@pytest.fixture(scope="module")
def golden(reference_step: Path) -> Any:
    with np.load(reference_step) as arrays:
        return {name: arrays[name] for name in arrays.files if name.startswith("filters/")}


@pytest.mark.parametrize("slug", FILTERS)
def test_parameters_pixels_and_gradients_are_those_of_the_reference(slug: str, golden: Any) -> None:
    one, key = FILTERS[slug], f"filters/{FILTER_CLASSES[slug]}"
    # The reference tints exact greys, which are the sixth image, red.
    count = 5 if slug == "saturation" else 6
    raw = torch.from_numpy(golden[f"{key}/raw"][:count]).requires_grad_()
    image = torch.from_numpy(golden["filters/image"][:count]).requires_grad_()
    parameters = one.from_raw(torch, raw)
    broadcast = {name: value[:, None, None] for name, value in parameters.items()}
    output = torch.stack(one.apply(torch, (image[..., 0], image[..., 1], image[..., 2]), broadcast), dim=-1)
    # Each image's mean by itself, as the whole mean's gradient is a sixth of it.
    draw, dimage = torch.autograd.grad(output.sum() / golden[f"{key}/output"].size, [raw, image])
    assert relative_difference(_as_stored(slug, parameters), golden[f"{key}/param"][:count].squeeze()) <= TOLERANCE
    assert relative_difference(output.detach(), golden[f"{key}/output"][:count]) <= TOLERANCE
    assert relative_difference(draw, golden[f"{key}/dmean_draw"][:count]) <= TOLERANCE
    # TensorFlow's gradient misses the way through HSV; gradcheck stands in its place.
    if slug != "saturation":
        assert relative_difference(dimage, golden[f"{key}/dmean_dimage"]) <= TOLERANCE


def _as_stored(slug: str, parameters: dict[str, Any]) -> Any:
    """Our physical parameters in the form of the golden file."""
    if slug == "white_balance":
        green, blue = torch.exp(-parameters["tint"]), torch.exp(-parameters["temperature"])
        scale = torch.stack([torch.ones_like(green), green, blue], dim=-1)
        return (scale / (scale @ torch.tensor(LUMINANCE))[:, None]).detach()
    stacked = torch.stack(list(parameters.values()), dim=-1).detach()
    return stacked.reshape(-1, 3, 8) if slug == "color" else stacked.squeeze()
