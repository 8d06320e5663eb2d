"""Camera RAW files, by LibRaw, in a process of its own.

LibRaw writes its complaints to the standard error of whoever calls it, and a file made to harm it would take the caller
down. So this file is also a program: it reads a RAW file from its standard input, and writes one line of JSON and the
pixels to its standard output. It imports nothing of this project, to start fast.
"""

import base64
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

SECONDS = 600  # a decoder that takes longer than this is stuck


class RawError(ValueError):
    """LibRaw cannot read it; the message is the reason."""


def decode(file: BinaryIO, maximum_pixels: int) -> tuple[NDArray[np.uint16], dict[str, Any], bytes]:
    """The RAW photo in `file`, open at its start: linear sRGB, (H, W, 3) uint16, upright, 65535 at the white level.

    White balance as the camera recorded it (daylight where it recorded none), no automatic brightness, highlights
    clipped at the white level. With it, what was done, and EXIF data: those of the JPEG in it, or what LibRaw found out
    itself; empty where it holds no JPEG. Raises RawError.
    """
    command = [sys.executable, "-P", str(Path(__file__).resolve())]
    try:
        done = subprocess.run([*command, str(maximum_pixels)], stdin=file, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise RawError(f"LibRaw did not finish in {SECONDS} s") from None
    line = done.stdout[: done.stdout.find(b"\n") + 1]
    if done.returncode != 0 or not line:
        raise RawError("LibRaw broke down while reading it; the file is probably damaged")
    answer = json.loads(line)
    if "error" in answer:
        raise RawError(answer["error"])
    exif = base64.b64decode(answer["exif"])
    values = np.frombuffer(done.stdout, np.uint16, offset=len(line)).reshape(answer["shape"])
    return values, answer["decoding"], exif


def _demosaic(data: BinaryIO, maximum_pixels: int) -> tuple[NDArray[np.uint16], dict[str, Any], bytes]:
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
        pixels = raw.postprocess(
            demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD,
            use_camera_wb=recorded,
            output_color=rawpy.ColorSpace.sRGB,
            output_bps=16,
            gamma=(1, 1),
            no_auto_bright=True,
            adjust_maximum_thr=0.0,  # else the white level would follow the brightest pixel
            highlight_mode=rawpy.HighlightMode.Clip,
        )
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3))), decoding, exif


def _exif(raw: Any) -> bytes:
    """The EXIF data with which the embedded JPEG begins; where the camera wrote none, LibRaw puts in what it knows."""
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
    reasons = {
        "LibRawFileUnsupportedError": "LibRaw does not know it as a camera RAW: another kind of file, or one cut short",
        "LibRawDataError": "its data are damaged",
        "LibRawIOError": "it ends too early: the file is cut short",
        "LibRawTooBigError": "it is too large for LibRaw",
        "LibRawUnsufficientMemoryError": "there is not enough memory for it",
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
