"""Camera RAW files, by LibRaw, in a process of its own.

LibRaw writes its complaints to the standard error of whoever calls it, and a file made to harm it would take the caller
down. So this file is also a program: it reads a RAW file from its standard input, and writes one line of JSON and the
pixels to its standard output. It imports nothing of this project, to start fast.
"""

import base64
import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

SECONDS = 600  # a decoder that takes longer than this is stuck


class RawError(ValueError):
    """LibRaw cannot read it; the message is the reason."""


BROKE_DOWN = "LibRaw broke down while reading it; the file is probably damaged"
NOT_ENOUGH_MEMORY = "there is not enough memory for it"
# What the decoders inside LibRaw print where data are missing or wrong, while LibRaw goes on with what there is.
_DAMAGE = (b"unexpected end of file", b"data corrupted", b"premature end of jpeg", b"corrupt jpeg data")
# A level at which a channel saturates is shared by this part of its pixels at least, and lies in the upper quarter.
SATURATED_SHARE = 0.001
LOWEST_SATURATION = 0.75  # from black to white


def decode(file: BinaryIO, maximum_pixels: int) -> tuple[NDArray[np.uint16], dict[str, Any], bytes]:
    """Decode the RAW photo in `file`, open at its start: linear sRGB, (H, W, 3) uint16, upright, white at 65535.

    White balance as the camera recorded it (daylight where it recorded none), no automatic brightness, highlights
    clipped at the white level, or where the sensor saturates below it. What the file states as its crop is cut out.
    With it, what was done, and EXIF data: those of the JPEG in it, or what LibRaw found out itself; empty where it
    holds no JPEG. Raises RawError.
    """
    command = [sys.executable, "-P", str(Path(__file__).resolve())]
    try:
        done = subprocess.run([*command, str(maximum_pixels)], stdin=file, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise RawError(f"LibRaw did not finish in {SECONDS} s") from None
    line = done.stdout[: done.stdout.find(b"\n") + 1]
    if done.returncode != 0 or not line:
        raise RawError(BROKE_DOWN)
    answer = json.loads(line)
    if "error" in answer:
        raise RawError(answer["error"])
    if any(words in done.stderr.lower() for words in _DAMAGE):
        raise RawError("its data are damaged, or it is cut short")
    exif = base64.b64decode(answer["exif"])
    values = np.frombuffer(done.stdout, np.uint16, offset=len(line)).reshape(answer["shape"])
    return values, answer["decoding"], exif


def _demosaic(data: BinaryIO, maximum_pixels: int) -> tuple[NDArray[np.uint16], dict[str, Any], bytes]:
    from importlib.metadata import version  # it takes long, and other photos do without

    import rawpy

    with rawpy.RawPy() as raw:
        raw.open_buffer(data)
        sizes = raw.sizes
        width, height = sizes.iwidth, sizes.iheight
        if width * height > maximum_pixels:
            size = f"{width} x {height} is {width * height / 1e6:.1f} million pixels"
            raise RawError(f"{size}, more than the limit of {maximum_pixels / 1e6:g} million: make it smaller")
        exif = _exif(raw)  # before the pixels: LibRaw may crash after them
        raw.unpack()
        multipliers = [float(value) for value in raw.camera_whitebalance]
        # Asked for a balance that the file does not record, LibRaw would make one up from the picture.
        recorded = multipliers[0] > 0 and multipliers[2] > 0
        decoding = {
            "decoder": f"LibRaw {'.'.join(map(str, rawpy.libraw_version))} (rawpy {version('rawpy')})",
            "white_balance": "as the camera recorded it" if recorded else "daylight, since the file records none",
            "white_balance_multipliers": multipliers if recorded else [float(v) for v in raw.daylight_whitebalance],
            "black_level": [int(value) for value in raw.black_level_per_channel],
            "white_level": int(raw.white_level),
            "brightness": "as it is",
            "highlights": "clipped at the white level",
            "demosaic": "AHD",
            "transfer": "linear",
            "primaries": "sRGB, by LibRaw's matrix for the camera",
            "turned": {0: "not", 3: "180", 5: "90 counterclockwise", 6: "90 clockwise"}.get(
                sizes.flip, str(sizes.flip)
            ),
        }
        if levels := _mark_saturated(raw):
            decoding["highlights"] = f"clipped at the white level, and where the sensor saturates ({levels})"
        pixels: NDArray[Any] = raw.postprocess(
            demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD,
            use_camera_wb=recorded,
            output_color=rawpy.ColorSpace.sRGB,
            output_bps=16,
            gamma=(1, 1),
            no_auto_bright=True,
            adjust_maximum_thr=0.0,  # else the white level would follow the brightest pixel
            highlight_mode=rawpy.HighlightMode.Clip,
            user_flip=0,  # turned below, since the crop is stated for the picture as the sensor lies
        )
    if (crop := _crop(sizes)) is not None and pixels.shape[:2] == (sizes.height, sizes.width):
        rows, columns = crop
        pixels = pixels[rows, columns]
        height, width = pixels.shape[:2]
        decoding["crop"] = f"{width} x {height} at {columns.start}, {rows.start}, as the file states"
    pixels = _turned(pixels, sizes.flip)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3))), decoding, exif


def _mark_saturated(raw: Any) -> str:
    """Raise what a channel saturates at to the white level, so that it is clipped as white is; the levels, in words.

    A sensor that saturates below the white level leaves many pixels of a channel at one level near its brightest. Where
    no level is shared by SATURATED_SHARE of the pixels, and by far more of them than the levels below it, nothing
    changes.
    """
    values = raw.raw_image_visible
    if values is None or values.ndim != 2:
        return ""
    colours, white = raw.raw_colors_visible, int(raw.white_level)
    saturated = {}
    for channel, black in enumerate(raw.black_level_per_channel):
        counts = np.bincount(values[colours == channel])
        if (level := _saturation(counts, int(black), white)) is not None:
            saturated[channel] = level
    for channel, level in saturated.items():
        values[(colours == channel) & (values >= level)] = white
    names = raw.color_desc.decode("ascii", "replace")
    return ", ".join(f"{names[channel : channel + 1]} at {level}" for channel, level in saturated.items())


def _saturation(counts: NDArray[np.intp], black: int, white: int) -> int | None:
    """Return the level below the white level at which a channel saturates, from its histogram.

    None where there is none.
    """
    shared = np.flatnonzero(counts >= max(SATURATED_SHARE * counts.sum(), 2))
    if not len(shared):
        return None
    level = int(shared[-1])
    if not black + LOWEST_SATURATION * (white - black) < level < white or counts[level + 1 :].sum() >= counts[level]:
        return None
    below = counts[max(level - (white - black) // 20, 0) : level]
    present = below[below > 0]
    return level if not len(present) or counts[level] >= 4 * np.median(present) else None


def _crop(sizes: Any) -> tuple[slice, slice] | None:
    """Rows and columns of what the file states as its crop, in the picture as the sensor lies; None where it has none.

    LibRaw counts the crop from the corner of the whole sensor, and the picture from that of the visible part.
    """
    if not sizes.crop_width or not sizes.crop_height:
        return None
    left, top = sizes.crop_left_margin - sizes.left_margin, sizes.crop_top_margin - sizes.top_margin
    right, bottom = min(left + sizes.crop_width, sizes.width), min(top + sizes.crop_height, sizes.height)
    left, top = max(left, 0), max(top, 0)
    if left >= right or top >= bottom or (right - left, bottom - top) == (sizes.width, sizes.height):
        return None
    return slice(top, bottom), slice(left, right)


def _turned(pixels: NDArray[Any], flip: int) -> NDArray[Any]:
    """Return the picture upright; flip: LibRaw's, whose bits say 1: mirrored, 2: upside down, 4: then transposed."""
    if flip & 2:
        pixels = pixels[::-1]
    if flip & 1:
        pixels = pixels[:, ::-1]
    return pixels.swapaxes(0, 1) if flip & 4 else pixels


def _exif(raw: Any) -> bytes:
    """Return the EXIF data with which the embedded JPEG begins.

    Where the camera wrote none, LibRaw puts in what it knows.
    """
    import rawpy

    try:
        thumbnail = raw.extract_thumb()
    except rawpy.LibRawError:
        return b""
    if thumbnail.format != rawpy.ThumbFormat.JPEG or thumbnail.data[2:4] != b"\xff\xe1":
        return b""
    length = int.from_bytes(thumbnail.data[4:6], "big")
    return bytes(thumbnail.data[6 : 4 + length])


def _explain(error: Exception) -> str:
    if any(words in str(error) for words in (os.strerror(errno.ENOMEM), "mempool overflowed")):
        return NOT_ENOUGH_MEMORY
    reasons = {
        "LibRawFileUnsupportedError": "LibRaw does not know it as a camera RAW: another kind of file, or one cut short",
        "LibRawDataError": "its data are damaged",
        "LibRawIOError": "it ends too early: the file is cut short",
        "LibRawTooBigError": "it is too large for LibRaw",
        "LibRawUnsufficientMemoryError": NOT_ENOUGH_MEMORY,
        "MemoryError": NOT_ENOUGH_MEMORY,
    }
    return reasons.get(type(error).__name__, f"LibRaw cannot read it ({error})")


def _main() -> None:
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not end up among the pixels
    try:
        pixels, decoding, exif = _demosaic(sys.stdin.buffer, int(sys.argv[1]))
    except RawError as error:
        output.write(json.dumps({"error": str(error)}).encode() + b"\n")
    except Exception as error:  # whatever it is, the caller needs it as a sentence
        output.write(json.dumps({"error": _explain(error)}).encode() + b"\n")
    else:
        answer = {"shape": pixels.shape, "decoding": decoding, "exif": base64.b64encode(exif).decode("ascii")}
        output.write(json.dumps(answer).encode() + b"\n")
        output.write(pixels.data)
    output.close()


if __name__ == "__main__":
    _main()
