"""JPEG, PNG, TIFF, WebP, AVIF and HEIC, by libvips, and NumPy's own files: decoded to `Samples`."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing.photos.colour import (
    ADOBE_RGB,
    MAXIMUM_PIXELS,
    PROPHOTO,
    SRGB,
    ColourSpace,
    Rows,
    Samples,
    check_size,
)
from editing.photos.exif import declares_adobe_rgb
from editing.photos.icc import Profile, read_profile
from editing.photos.image_files import ImageFile, image_file
from editing.photos.open_photo import strip_rows
from editing.photos.photo_error import NotEnoughMemory, PhotoError
from editing.photos.read_options import AUTO, ReadOptions

ASSUMED = "sRGB, since the file does not say what its values mean"
_INVERSE = {6: 8, 8: 6}  # orientations that undo each other; the others undo themselves
_DTYPES = {"uchar": "u1", "ushort": "u2", "float": "f4", "double": "f8"}  # of libvips' formats
_COLOUR_BANDS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb": 3, "rgb16": 3, "scrgb": 3, "cmyk": 4}


def read_array(path: Path, options: ReadOptions, limit: int | None) -> Samples:
    """Return an `.npy` file: linear RGB, float16, float32 or float64, (H, W, 3), taken as it is."""
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
    space = PROPHOTO if options.primaries == "prophoto" else SRGB
    decoding = {
        "decoder": f"NumPy {np.__version__}",
        "depth": str(values.dtype),
        "transfer": "linear",
        "primaries": space.primaries,
    }
    if options == AUTO:
        decoding["assumed"] = ASSUMED
    return Samples(values, decoding, matrix=space.matrix)


def read_image(path: Path, image_format: str, options: ReadOptions, limit: int | None) -> Samples:
    """Open an image file, decoded as its rows are taken; of several pictures the largest, of several frames the first.

    One that does not stand upright (EXIF's orientation) is decoded at once and held in memory: rows may be columns.
    """
    import pyvips

    def explain(error: Exception) -> PhotoError:
        text = str(getattr(error, "detail", None) or getattr(error, "message", error))
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        reason = lines[0].removeprefix(f"{path}: ") if lines else "no reason given"
        if "out of memory" in text.lower():
            return NotEnoughMemory()
        return PhotoError(f"this {image_format} is damaged, cut short or of an unknown kind ({reason})")

    try:
        file = image_file(path, image_format, _most_pixels(limit))
        image = file.open()
        whole = image_format == "WebP" or _of(image, "interlaced", 0) or _orientation(file, image) in range(2, 9)
        check_size(image.width, image.height, _most_pixels(limit) if whole else limit)
        return _samples(file, image, image_format, options, explain)
    except pyvips.Error as error:
        raise explain(error) from error


def _most_pixels(limit: int | None) -> int | None:
    """Return the most pixels of a picture that has to be whole in memory: never more than MAXIMUM_PIXELS."""
    return None if limit is None else min(limit, MAXIMUM_PIXELS)


def _orientation(file: ImageFile, image: Any) -> int:
    return int(_of(image, "orientation", 1)) if file.orientation is None else file.orientation


def _of(image: Any, name: str, default: Any) -> Any:
    """Return what libvips knows about the image under that name."""
    return image.get(name) if image.get_typeof(name) else default


def _samples(
    file: ImageFile,
    image: Any,
    image_format: str,
    options: ReadOptions,
    explain: Callable[[Exception], PhotoError],
) -> Samples:
    bands = _COLOUR_BANDS.get(image.interpretation)
    if bands is None or image.bands < bands:
        raise PhotoError(f"its colours are {image.interpretation} with {image.bands} channels; save it as RGB or grey")
    if image.format not in _DTYPES:
        raise PhotoError(f"its values are of type {image.format}; save it with 8 or 16 bits, or as floating point")
    decoding = _decoding(file, image, bands, image_format)
    exif = _of(image, "exif-data", b"") if file.exif is None else file.exif
    profile = _profile(image, bands, decoding) if bands != 4 and _counts(file, options) else None
    is_lab = bands == 4 or (profile is not None and profile.tables)

    def picture(loaded: Any) -> Any:
        loaded = loaded.extract_band(0, n=bands) if loaded.bands > bands else loaded
        return _through_profile(loaded) if is_lab else loaded

    rows: Rows = ImageRows(picture(image), lambda: picture(file.open()), explain)
    curve, matrix = None, None
    if is_lab:
        _check_undeclared(image, options, decoding)
    else:
        space = _colour_space(file, profile, exif, options)
        decoding["primaries"], matrix = space.primaries, space.matrix
        if options == AUTO and profile is None and file.colour is None and space is SRGB:
            decoding["assumed"] = ASSUMED
        levels = {"uchar": 256, "ushort": 65536}.get(image.format)
        is_linear = options.transfer == "linear" or (levels is None and profile is None)
        decoding["transfer"] = "linear" if is_linear else space.transfer
        if levels is None and not is_linear:
            rows = LinearRows(rows, space)
        elif not is_linear:
            curve = space.curve(levels or 0)
    if decoding["orientation"] in range(2, 9):
        rows = _turned(rows, decoding["orientation"])
    return Samples(rows, decoding, curve, matrix, is_lab, exif)


class ImageRows:
    """The rows of a libvips image, decoded as they are taken; where they are taken again, the file is opened anew.

    shape, dtype: (H, W, bands), and uint8, uint16, float32 or float64.
    """

    def __init__(self, image: Any, reopen: Callable[[], Any], explain: Callable[[Exception], PhotoError]) -> None:
        """image: opened for sequential access; reopen: gives it anew; explain: a libvips error in plain words."""
        self._image, self._reopen, self._explain = image, reopen, explain
        self._taken = 0  # rows
        self.shape = (self._image.height, self._image.width, self._image.bands)
        self.dtype = np.dtype(_DTYPES[self._image.format])

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        import pyvips

        height, width, bands = self.shape
        top, bottom, _ = rows.indices(height)
        try:
            if top < self._taken:
                self._image = self._reopen()
            # Of this call alone: a region belongs to the thread that made it.
            content = pyvips.Region.new(self._image).fetch(0, top, width, bottom - top)
        except pyvips.Error as error:
            raise self._explain(error) from error
        self._taken = bottom
        return np.frombuffer(content, self.dtype).reshape(bottom - top, width, bands)


class LinearRows:
    """Floating-point rows whose curve is undone as they are taken: float32, as `ImageRows` else."""

    def __init__(self, rows: Rows, space: ColourSpace) -> None:
        """rows: the encoded values, (H, W, 3) or (H, W, 1); space: what they mean."""
        self._rows, self._space = rows, space
        self.shape, self.dtype = (*rows.shape[:2], 3), np.dtype(np.float32)

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        strip = self._rows[rows]
        encoded = np.broadcast_to(strip, (*strip.shape[:2], 3)).astype(np.float64)
        with np.errstate(all="ignore"):  # what is not finite is refused by whoever takes the rows
            return self._space.to_linear(encoded).astype(np.float32)


def _counts(file: ImageFile, options: ReadOptions) -> bool:
    """Whether an embedded profile counts: not where the colours are declared, by the user or by a PNG's cICP."""
    return options.primaries == "auto" and not file.colour_first


def _colour_space(file: ImageFile, profile: Profile | None, exif: bytes, options: ReadOptions) -> ColourSpace:
    """Return what the values mean, by the table of `editing.photos.read_options`."""
    if options.primaries != "auto":
        return PROPHOTO if options.primaries == "prophoto" else SRGB
    if profile is not None:
        by_profile = f"the profile's ({profile.name})"
        primaries = by_profile if profile.space == "RGB" else "sRGB"
        return ColourSpace(by_profile, primaries, profile.to_linear, profile.matrix)
    if file.colour is not None:
        return file.colour
    return ADOBE_RGB if declares_adobe_rgb(exif) else SRGB


def _decoding(file: ImageFile, image: Any, bands: int, image_format: str) -> dict[str, Any]:
    import pyvips

    version = ".".join(str(pyvips.version(part)) for part in range(3))
    depth = {"uchar": "8 bits", "ushort": "16 bits"}.get(image.format, "floating point")
    decoding: dict[str, Any] = {"decoder": f"libvips {version}", "format": image_format, "depth": depth}
    if image.bands > bands:
        decoding["alpha"] = "dropped"
    if bands == 1:
        decoding["grey"] = "three equal planes"
    pages = _of(image, "n-pages", 1)
    if file.pages:
        decoding["pages"] = file.pages
    elif pages > 1:
        decoding["pages"] = f"the first of {pages}"
    decoding["orientation"] = _orientation(file, image)
    return decoding


def _profile(image: Any, bands: int, decoding: dict[str, Any]) -> Profile | None:
    """Return the embedded profile, recorded, where there is one that fits the picture."""
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


def _turned(rows: Rows, orientation: int) -> NDArray[Any]:
    """Return the picture upright and whole: decoded strip by strip into place, so that there is one copy of it."""
    height, width, bands = rows.shape
    upright_shape = (width, height, bands) if orientation in (5, 6, 7, 8) else (height, width, bands)
    picture = np.empty(upright_shape, rows.dtype)
    lying = upright(picture, _INVERSE.get(orientation, orientation))  # a view: the picture as the file has it
    for top in range(0, height, step := strip_rows(width)):
        lying[top : top + step] = rows[top : min(top + step, height)]
    return picture


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
