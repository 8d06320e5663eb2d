"""JPEG, PNG, TIFF and WebP, by libvips, and NumPy's own files: decoded to `Samples`."""

import logging
import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.photos.colour import (
    MAXIMUM_PIXELS,
    SRGB_FROM_PROPHOTO,
    Floats,
    Rows,
    Samples,
    check_size,
    prophoto_to_linear,
    srgb_to_linear,
)
from editing.photos.exif import exif_of_tiff
from editing.photos.icc import Profile, read_profile
from editing.photos.image_rows import DTYPES, ImageRows
from editing.photos.photo_error import PhotoError
from editing.photos.read_options import AUTO, ReadOptions

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WebP"}
_LOADERS = {"JPEG": "jpegload", "PNG": "pngload", "TIFF": "tiffload", "WebP": "webpload"}
_COLOUR_BANDS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3, "scrgb": 3, "cmyk": 4}


def format_of(start: bytes) -> str | None:
    """The format that a file's first 16 bytes announce, or None."""
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and start[8:10] != b"CR":  # "CR" is Canon's RAW
        return "TIFF"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WebP"
    return "NumPy array" if start.startswith(b"\x93NUMPY") else None


def read_array(path: Path, options: ReadOptions, limit: int | None) -> Samples:
    """An `.npy` file: linear RGB, float16, float32 or float64, (H, W, 3), taken as it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers that Python 2 wrote
            values = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy reads the header as Python text, and raises what that raises
        raise PhotoError("it is not a readable NumPy array: damaged, cut short, or of Python objects") from error
    if values.ndim != 3 or values.shape[2] != 3:
        raise PhotoError(f"its shape is {values.shape}; a photo is (height, width, 3)")
    if values.dtype.kind != "f" or values.dtype.itemsize > 8:
        raise PhotoError(f"its values are {values.dtype}; save linear light 0..1 as float16, float32 or float64")
    check_size(values.shape[1], values.shape[0], limit)
    matrix, named = _declared(options)
    decoding = {
        "decoder": f"NumPy {np.__version__}",
        "depth": str(values.dtype),
        "transfer": "linear",
        "primaries": named,
    }
    return Samples(values, decoding, matrix=matrix)


def read_image(path: Path, image_format: str, options: ReadOptions, limit: int | None) -> Samples:
    """A JPEG, PNG, TIFF or WebP file, decoded as its rows are taken; of several pages or frames the first.

    One that does not stand upright (EXIF's orientation) is decoded at once and held in memory: rows may be columns.
    """
    import pyvips

    pyvips.cache_set_max(0)  # a file may be replaced by another of the same name
    logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # what matters of its warnings is raised
    # Bytes, since a name need not be valid UTF-8.
    loader = getattr(pyvips.Image, _LOADERS[image_format])
    load = partial(loader, os.fsencode(path), access="sequential", fail_on="error")

    def explain(error: Exception) -> PhotoError:
        text = getattr(error, "detail", None) or getattr(error, "message", error)
        lines = [line.strip() for line in f"{text}".splitlines() if line.strip()]
        reason = lines[0].removeprefix(f"{path}: ") if lines else "no reason given"
        return PhotoError(f"this {image_format} is damaged, cut short or of an unknown kind ({reason})")

    try:
        image = load()
        if image_format == "TIFF" and not image.get_typeof("tile-width"):
            # libtiff takes no more than 50 MB at a time, and programs write the whole picture as one strip. It holds
            # what the file holds of a strip, and of that one row decoded; tiles it holds decoded, whatever they claim.
            load = partial(load, unlimited=True)
            image = load()
        check_size(image.width, image.height, _limit(image, image_format, limit))
        samples = _samples(load, image, image_format, options, explain)
        return replace(samples, exif=exif_of_tiff(path)) if image_format == "TIFF" else samples
    except pyvips.Error as error:
        raise explain(error) from error


def _limit(image: Any, image_format: str, limit: int | None) -> int | None:
    """The most pixels accepted: a picture that has to be whole in memory may never have more than MAXIMUM_PIXELS."""
    whole = image_format == "WebP" or _of(image, "interlaced", 0) or _of(image, "orientation", 1) in range(2, 9)
    return min(limit, MAXIMUM_PIXELS) if whole and limit is not None else limit


def _of(image: Any, name: str, default: Any) -> Any:
    """What libvips knows about the image under that name."""
    return image.get(name) if image.get_typeof(name) else default


def _samples(
    load: Callable[[], Any],
    image: Any,
    image_format: str,
    options: ReadOptions,
    explain: Callable[[Exception], PhotoError],
) -> Samples:
    bands = _COLOUR_BANDS.get(image.interpretation)
    if bands is None or image.bands < bands:
        raise PhotoError(f"its colours are {image.interpretation} with {image.bands} channels; save it as RGB or grey")
    if image.format not in DTYPES:
        raise PhotoError(f"its values are of type {image.format}; save it with 8 or 16 bits, or as floating point")
    decoding = _decoding(image, bands, image_format)
    matrix, curve, profile = None, None, None
    if bands != 4:
        profile = _profile(image, bands, decoding) if options.primaries == "auto" else None
    is_lab = bands == 4 or (profile is not None and profile.tables)
    if is_lab:
        _check_undeclared(image, options, decoding)
    else:
        levels = {"uchar": 256, "ushort": 65536}.get(image.format)
        curve, matrix = _encoding(profile, levels, options, decoding)

    def picture(loaded: Any) -> Any:
        loaded = loaded.extract_band(0, n=bands) if loaded.bands > bands else loaded
        return _through_profile(loaded) if is_lab else loaded

    exif = _of(image, "exif-data", b"")
    rows: Rows = ImageRows(picture(image), lambda: picture(load()), explain)
    if decoding["orientation"] in range(2, 9):
        rows = upright(rows[:], decoding["orientation"])
    return Samples(rows, decoding, curve, matrix, is_lab, exif)


def _decoding(image: Any, bands: int, image_format: str) -> dict[str, Any]:
    import pyvips

    version = ".".join(str(pyvips.version(part)) for part in range(3))
    depth = {"uchar": "8 bits", "ushort": "16 bits"}.get(image.format, "floating point")
    decoding: dict[str, Any] = {"decoder": f"libvips {version}", "format": image_format, "depth": depth}
    if image.bands > bands:
        decoding["alpha"] = "dropped"
    if bands == 1:
        decoding["grey"] = "three equal planes"
    pages = _of(image, "n-pages", 1)
    if pages > 1:
        decoding["pages"] = f"the first of {pages}"
    decoding["orientation"] = _of(image, "orientation", 1)
    return decoding


def _profile(image: Any, bands: int, decoding: dict[str, Any]) -> Profile | None:
    """The embedded profile, where there is one that fits the picture; recorded."""
    if not image.get_typeof("icc-profile-data"):
        return None
    try:
        profile = read_profile(image.get("icc-profile-data"))
    except ValueError as error:
        raise PhotoError(f"its colours cannot be known ({error}); declare them, e.g. --primaries srgb") from error
    # An RGB profile of curves fits a grey picture too: three equal planes.
    spaces = {"RGB"} if bands == 3 else {"GRAY"} if profile.tables else {"GRAY", "RGB"}
    fits = profile.space in spaces
    decoding["icc"] = profile.name if fits else f"{profile.name}: ignored, since it is for {profile.space}"
    return profile if fits else None


def _check_undeclared(image: Any, options: ReadOptions, decoding: dict[str, Any]) -> None:
    """Refuse a declaration for CMYK and for profiles made of tables, which go through the colour engine; recorded."""
    if options != AUTO:
        what = "CMYK" if image.interpretation == "cmyk" else "a profile made of tables"
        raise PhotoError(
            f"it has {what}, whose values are not linear RGB: read it with --transfer auto --primaries auto"
        )
    if image.interpretation == "cmyk":
        decoding["icc"] = "embedded CMYK profile" if image.get_typeof("icc-profile-data") else "libvips' generic CMYK"
    decoding |= {"transfer": "by the profile's tables", "primaries": "by the profile's tables"}


def _through_profile(image: Any) -> Any:
    """CIE L*a*b* by the colour engine."""
    generic = {"input_profile": "cmyk"} if image.interpretation == "cmyk" else {}
    return image.icc_import(embedded=True, pcs="lab", intent="relative", **generic)


def _encoding(
    profile: Profile | None, levels: int | None, options: ReadOptions, decoding: dict[str, Any]
) -> tuple[Floats | None, Floats | None]:
    """(curve, matrix) by the table of `editing.photos.read_options`.

    levels: the number of integer values, None for floating point.
    """
    matrix, named = _declared(options)
    if profile is not None:
        matrix = profile.matrix
        named = f"the profile's ({profile.name})" if profile.space == "RGB" else named
    decoding["primaries"] = named
    if levels is None or options.transfer == "linear":
        decoding["transfer"] = "linear"
        return None, matrix
    if profile is not None:
        decoding["transfer"] = f"the profile's ({profile.name})"
        return profile.curve(levels), matrix
    to_linear = prophoto_to_linear if options.primaries == "prophoto" else srgb_to_linear
    decoding["transfer"] = "ProPhoto (ROMM)" if options.primaries == "prophoto" else "sRGB"
    return np.repeat(to_linear(np.linspace(0.0, 1.0, levels))[:, None], 3, axis=1), matrix


def _declared(options: ReadOptions) -> tuple[Floats | None, str]:
    return (SRGB_FROM_PROPHOTO, "ProPhoto") if options.primaries == "prophoto" else (None, "sRGB")


def upright(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """EXIF's orientation 1..8 applied to (H, W, channels); other numbers mean 1."""
    if values.ndim == 2:
        values = values[:, :, None]
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return values
