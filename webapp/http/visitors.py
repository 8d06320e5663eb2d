"""What every request passes: the visitor's address, CSRF, limits of size."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import IO, Any

import orjson
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.utils import json as strict_json

from webapp.http.clean_text import UncleanText, check_unicode
from webapp.http.refusals import Refusal


def address(request: HttpRequest) -> str:
    """Return the visitor's address: as the reverse proxy names it on a server, else the connection's other end."""
    return str(BaseThrottle().get_ident(Request(request)))


class SessionWithCsrf(SessionAuthentication):
    """Django's session; the CSRF token is asked of anonymous players too, whose session is worth protecting."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, None] | None:
        try:
            self.enforce_csrf(request)
        except PermissionDenied:
            message = gettext("Your session has ended or the page is old: reload the page.")
            raise Refusal("csrf_failed", message, HTTPStatus.FORBIDDEN) from None
        user = getattr(request._request, "user", None)
        return (user, None) if user is not None and user.is_active else None


class BoundedJSONParser(JSONParser):
    """JSON in UTF-8 of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes, without NaN, infinities or endless nesting."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        content = stream.read(limit + 1)
        if len(content) > limit:
            message = gettext("A request has at most %(limit)s bytes.") % {"limit": limit}
            raise Refusal("too_large", message, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            return _read_again(content)


def _read_again(content: bytes) -> Any:
    """Read JSON that orjson has refused, slowly, to say what is wrong with it.

    Raises:
        ParseError: names the field, where it is one.
    """
    try:
        value = json.loads(content.decode(), parse_constant=strict_json.strict_constant, parse_float=_finite)
        check_unicode(value)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"This is not JSON: {error}") from None
    except UncleanText as error:
        raise ParseError(str(error)) from None
    return value


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


class LimitedUpload(FileUploadHandler):
    """Stops a large form before it is read. Files are the researchers' business: others may send little."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 (called by this name)
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        user = getattr(self.request, "user", None)
        is_researcher = user is not None and user.is_staff
        limit = settings.MAXIMUM_PHOTO_BYTES if is_researcher else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if content_length > limit:
            megabytes = limit // 2**20
            raise RequestDataTooBig(
                gettext("This is larger than the limit of %(megabytes)s MB.") % {"megabytes": megabytes}
            )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class SavedUpload(TemporaryFileUploadHandler):
    """Saves an uploaded file as Django does; where there is no room for it, nothing of it stays, nor stays open."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write what has come.

        Raises:
            OSError: the disk is full, say.
        """
        with self._removed_on_error():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Return the file, all of whose content is written."""
        with self._removed_on_error():
            return super().file_complete(file_size)

    @contextmanager
    def _removed_on_error(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            with suppress(OSError):  # what was to be written still cannot be
                self.upload_interrupted()
            raise
