"""Photos as the agent's networks see them: at one exposure, and in one white balance, however the camera was set.

The networks see a photo through an exposure filter (and a white balance) that would bring it to a fixed mean; the
filters of the game act on the photo itself. As soon as the agent chooses that filter, what it sees is given back: the
filter's parameters are the networks' own plus those seen through. From then on the networks see the photo as it is.

So that a photo taken darker comes out as the same picture, only filters that change nothing of it are chosen before
exposure: white balance and black & white, which commute with it. Nothing is remembered between steps, as all follows
from the image and from which filters were used.

The functions are for NumPy and torch alike: ``xp`` is the namespace, as in ``editing.game.filters``.
"""

import math
from collections.abc import Mapping
from typing import Any

from editing.game.filter import Planes
from editing.game.filters import FILTERS, luminance
from learning.configuration import Normalisation

# The mean luminance at which photos are seen: a stop below that of finished photographs in linear light, so that few
# photos are so dark that the filter's range ends before.
MEAN = 0.1
# What a photo needs beyond that is small: the networks' own parameters count by this part, so that the sum, too, seldom
# leaves the range, where nothing can be learned.
OWN_PART = 0.5
# Highlights count for so many times the mean at most: a sun in the picture must not make the rest dark.
HIGHLIGHTS = 4.0
BLACK = 1e-6
# The filters that may come before exposure, and exposure itself.
COMMUTING = tuple(slug in ("exposure", "white_balance", "black_white") for slug in FILTERS)

Parameters = Mapping[str, Any]


def exposure_offset(xp: Any, planes: Planes) -> Any:
    """Return the EV, within the range of the filter, that bring a photo's mean luminance to ``MEAN``.

    Args:
        planes: (..., H, W) each.

    Returns:
        (...,). Planes of k times the values have log2(k) less, within the range.
    """
    y = luminance(planes)
    mean = xp.clip(_mean(xp, y), BLACK, None)
    mean = xp.clip(_mean(xp, xp.minimum(y, HIGHLIGHTS * mean[..., None, None])), BLACK, None)
    own = FILTERS["exposure"].by_name["ev"]
    return xp.clip(xp.log(MEAN / mean) / math.log(2), own.low, own.high)


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
