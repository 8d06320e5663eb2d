"""Colour spaces by the code points that video, PNG's cICP chunk, HEIF and AVIF share (ITU-T H.273)."""

from collections.abc import Callable

import numpy as np

from editing.photos.colour import D65, SRGB_PRIMARIES, Chromaticity, ColourSpace, Floats, srgb_to_linear, to_srgb_matrix
from editing.photos.photo_error import PhotoError

# H.273, table 2: red, green, blue, and white.
_DCI_WHITE, _C_WHITE = (0.314, 0.351), (0.310, 0.316)
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_NTSC = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_PRIMARIES: dict[int, tuple[str, tuple[Chromaticity, ...], Chromaticity]] = {
    1: ("BT.709", SRGB_PRIMARIES, D65),
    4: ("BT.470 M", ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08)), _C_WHITE),
    5: ("BT.470 BG", ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)), D65),
    6: ("BT.601", _NTSC, D65),
    7: ("SMPTE 240M", _NTSC, D65),
    9: ("BT.2020", ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), D65),
    11: ("DCI-P3", _P3, _DCI_WHITE),
    12: ("Display P3", _P3, D65),
}
_UNSPECIFIED = 2
_HDR = {16: "PQ", 18: "HLG"}


def _bt709_to_linear(encoded: Floats) -> Floats:
    return np.where(encoded < 0.081, encoded / 4.5, ((np.maximum(encoded, 0.0) + 0.099) / 1.099) ** (1 / 0.45))


def power(exponent: float) -> Callable[[Floats], Floats]:
    """Return the pure power law as a function of encoded values; negatives are 0."""
    return lambda encoded: np.maximum(encoded, 0.0) ** exponent


# H.273, table 3.
_TRANSFERS: dict[int, tuple[str, Callable[[Floats], Floats]]] = {
    1: ("BT.709", _bt709_to_linear),
    4: ("gamma 2.2", power(2.2)),
    5: ("gamma 2.8", power(2.8)),
    6: ("BT.601", _bt709_to_linear),
    8: ("linear", power(1.0)),
    13: ("sRGB", srgb_to_linear),
    14: ("BT.2020", _bt709_to_linear),
    15: ("BT.2020", _bt709_to_linear),
}


def colour_by_code_points(primaries: int, transfer: int, source: str) -> ColourSpace:
    """Return the colour space of two code points; source: what declares them, in words. Unspecified ones are sRGB's.

    Raises:
        PhotoError: for PQ and HLG, which have no one rendering on an sRGB screen, and for code points unknown here.
    """
    if transfer in _HDR:
        raise PhotoError(
            f"it is an HDR picture ({_HDR[transfer]}), which has no one rendering for a screen: "
            "export it as SDR, e.g. with the sRGB curve, or as linear floating point"
        )
    if transfer not in (*_TRANSFERS, _UNSPECIFIED) or primaries not in (*_PRIMARIES, _UNSPECIFIED):
        raise PhotoError(
            f"its {source} declares primaries {primaries} and transfer {transfer}, which are not known here; "
            "declare its colours, e.g. --primaries srgb"
        )
    transfer_name, to_linear = _TRANSFERS.get(transfer, ("sRGB", srgb_to_linear))
    name, chromaticities, white = _PRIMARIES.get(primaries, ("sRGB", SRGB_PRIMARIES, D65))
    matrix = to_srgb_matrix(chromaticities, white)
    return ColourSpace(f"{transfer_name} ({source})", f"{name} ({source})", to_linear, matrix)
