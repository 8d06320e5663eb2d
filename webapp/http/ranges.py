"""Answers with a part of a file, to who asks for one: a download that broke off goes on where it stopped (RFC 9110)."""

import io
import os
import re
from http import HTTPStatus
from typing import Any, BinaryIO

from django.http import FileResponse, HttpRequest

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Section(io.RawIOBase):
    """A section of a file, as a file: one that lies uncompressed in an archive, say."""

    def __init__(self, file: "BinaryIO | Section", start: int, size: int) -> None:
        """Take so many bytes of a file that can be sought in; it is closed with this one."""
        self._file, self._start, self._size = file, start, size
        self.seek(0)

    def readable(self) -> bool:
        """Tell that it is."""
        return True

    def seekable(self) -> bool:
        """Tell that it is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a byte, counted from the section's beginning; return which."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        return self._file.seek(self._start + base + offset) - self._start

    def tell(self) -> int:
        """Return the byte, counted from the section's beginning."""
        return self._file.tell() - self._start

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or what is left."""
        left = max(0, self._size - self.tell())
        return self._file.read(left if size < 0 else min(size, left))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def file_response(request: HttpRequest, file: BinaryIO | Section, etag: str, **options: Any) -> FileResponse:
    """Answer with a file, or with the one part of it that is asked for of this very file.

    Several parts at once, and what cannot be understood, are answered with the whole, as the standard allows.

    Args:
        file: open, to be read; it is closed in the end.
        etag: which file it is; another content has another.
        options: of Django's FileResponse.
    """
    size = file.seek(0, os.SEEK_END)
    part = _part(request, size, etag)
    first, last = part or (0, size - 1)
    if first > last and part is not None:
        file.close()
        response = FileResponse(iter(()), status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, **options)
        response["Content-Range"] = f"bytes */{size}"
    else:
        file.seek(first)
        status = HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT
        # The whole as it is: some servers send a file faster than what only reads like one.
        content = file if part is None else Section(file, first, last - first + 1)
        response = FileResponse(content, status=status, **options)
        response["Content-Length"] = str(last - first + 1)
        if part is not None:
            response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    return response


def _part(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Return the first and last byte that are asked for, in the wrong order where there are none; None: the whole."""
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or request.headers.get("If-Range", etag) != etag or not (asked[1] or asked[2]):
        return None
    if not asked[1]:  # the last so many bytes
        return max(0, size - int(asked[2])), size - 1 if int(asked[2]) else -1
    first, last = int(asked[1]), int(asked[2] or size - 1)
    if last < first and asked[2]:
        return None
    return first, min(last, size - 1)
