"""Photos as the agent's networks see them: at one exposure, and in one white balance, however the camera was set.

The networks see a photo through an exposure filter (and a white balance) that would bring its lights to a fixed value
(and its mean to grey); the filters of the game act on the photo itself. As soon as the agent chooses that filter, what
was seen through it is given back: its parameters are added to the networks' own. From then on the networks see the
photo as it is.

So that a photo taken darker comes out as the same picture, only filters that change nothing of it are chosen before
exposure: white balance and black & white, which commute with it. Nothing is remembered between steps, as all follows
from the image and from which filters were used.

The functions are for NumPy and torch alike: ``xp`` is the namespace, as in ``editing.game.filters``.
"""

import math
from collections.abc import Mapping
from typing import Any

from editing.game.filter import Planes
from editing.game.filters import FILTERS
from learning.configuration import Normalisation

# At what value the lights of photos are seen, and what they are: so much of a photo is darker. Nearly all finished
# photographs have their lights at one value, be they of the day or of the night; their means, which would hide what is
# night, differ by two and a half times as many stops.
LIGHTS, DARKER_THAN_LIGHTS = 0.8, 0.99
# What a photo needs beyond that is small: the networks' own parameters count by this part, 1.75 EV at most, so that
# the sum, too, seldom leaves the range, where nothing can be learned.
OWN_PART = 0.5
BLACK = 1e-6
# The filters that may come before exposure, and exposure itself.
COMMUTING = tuple(slug in ("exposure", "white_balance", "black_white") for slug in FILTERS)

Parameters = Mapping[str, Any]


def exposure_offset(xp: Any, planes: Planes) -> Any:
    """Return the EV, within the range of the filter, that bring a photo's lights to ``LIGHTS``.

    Args:
        planes: (..., H, W) each.

    Returns:
        (...,). Planes of k times the values have log2(k) less, within the range.
    """
    red, green, blue = planes
    largest = xp.maximum(xp.maximum(red, green), blue)
    lights = xp.quantile(largest.reshape(*largest.shape[:-2], -1), DARKER_THAN_LIGHTS, -1)
    own = FILTERS["exposure"].by_name["ev"]
    return xp.clip(xp.log(LIGHTS / xp.clip(lights, BLACK, None)) / math.log(2), own.low, own.high)


def white_balance_offset(xp: Any, planes: Planes) -> Parameters:
    """Return the parameters, within the range of the filter, that make a photo's mean colour grey; (...,) each."""
    red, green, blue = (xp.clip(_mean(xp, plane), BLACK, None) for plane in planes)
    own = FILTERS["white_balance"].by_name
    offsets = {"temperature": xp.log(blue / red), "tint": xp.log(green / red)}
    return {name: xp.clip(value, own[name].low, own[name].high) for name, value in offsets.items()}


def find_offsets(
    xp: Any, planes: Planes, unused: Mapping[str, Any], normalisation: Normalisation
) -> dict[str, Parameters]:
    """Return the parameters through which the networks see images, by the filter's slug; (...,) each.

    Args:
        planes: (..., H, W) each, the images as they are now.
        unused: (...,) 1 where the filter of that slug was not used yet, else 0.
    """
    offsets: dict[str, Parameters] = {}
    if normalisation.exposure:
        offsets["exposure"] = {"ev": exposure_offset(xp, planes) * unused["exposure"]}
    if normalisation.white_balance:
        balance = white_balance_offset(xp, planes)
        offsets["white_balance"] = {name: value * unused["white_balance"] for name, value in balance.items()}
    return offsets


def see_through(xp: Any, planes: Planes, offsets: Mapping[str, Parameters]) -> Planes:
    """Return images, (..., H, W) each plane, as the networks see them."""
    for slug, parameters in offsets.items():
        spread = {name: value[..., None, None] for name, value in parameters.items()}
        planes = FILTERS[slug].apply(xp, planes, spread)
    return planes


def give_back(xp: Any, slug: str, parameters: Parameters, offsets: Parameters) -> dict[str, Any]:
    """Return a filter's parameters from the networks' own and those through which its image was seen, in range."""
    own = FILTERS[slug].by_name
    return {
        name: xp.clip(OWN_PART * value + offsets[name], own[name].low, own[name].high) if name in offsets else value
        for name, value in parameters.items()
    }


def _mean(xp: Any, plane: Any) -> Any:
    return xp.mean(xp.mean(plane, -1), -1)
