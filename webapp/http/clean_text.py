"""What the text of every request must be before anything reads it: UTF-8, without NUL, which no table can hold."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext

_LONGEST_NAME = 60


class UncleanText(BadRequest):
    """A field of a request holds what is no text; says which."""


class CleanText:
    """Middleware that refuses a request with NUL in its path, query, cookies or form, and names the field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Whatever charset the request claims: some that Python knows are none of text, or give half characters.
        request.encoding = "utf-8"
        _check("path", [("", request.path_info)])
        _check("query", _pairs(request.GET))
        _check("cookie", request.COOKIES.items())
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> None:
        # The API reads its bodies itself: its parser and its serializers check them.
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            _check("form", _pairs(request.POST))

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        # The admin looks up fields of its tables by what a query names.
        if isinstance(error, FieldDoesNotExist) and request.path_info.startswith("/admin/"):
            raise BadRequest from error


def check_unicode(value: Any, field: str = "") -> None:
    """Refuse decoded JSON in which a text has half of a surrogate pair, which no encoding can write.

    Raises:
        UncleanText: names the field, such as ``events[0].kind``.
    """
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise UncleanText(_message(gettext("%(field)s has half of a Unicode surrogate pair."), field))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_unicode(item, f"{field}[{index}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            check_unicode(name, field)
            check_unicode(item, f"{field}.{name}" if field else name)


class AnyContentTypeRequest(WSGIRequest):
    """A request of which an unreadable Content-Type counts as none; Django's own fails before it can answer."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # the stubs do not know it
        except (ValueError, LookupError):
            self.content_type, self.content_params = "", {}


def _pairs(fields: QueryDict) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, values in fields.lists() for value in values)


def _check(where: str, fields: Iterable[tuple[str, str]]) -> None:
    for name, value in fields:
        if "\0" in name or "\0" in value:
            field = f"{where} {name}".replace("\0", "").strip()
            raise UncleanText(_message(gettext("%(field)s has a NUL character, which no text has."), field))


def _message(text: str, field: str) -> str:
    return text % {"field": field[:_LONGEST_NAME] or "JSON"}
