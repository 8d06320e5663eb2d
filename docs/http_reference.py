"""The reference of the HTTP API as Markdown, from its OpenAPI schema: who may ask what, and of what the answers are."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

Json = Mapping[str, Any]

INTRODUCTION = """\
# The HTTP API

The game in the browser, the robots (`safelight robots`) and programs of researchers ask the site by these addresses. A
running site describes them itself, at `/api/docs/` to try them out and at `/api/schema/` as OpenAPI.
This page is generated from that description by `make references`; edit the views and serializers in `webapp/` instead.

Bodies are JSON in UTF-8, unless it says otherwise. What is refused has the status 4XX and an [Error](#error), with a
`code` that programs can rely on and a sentence for people in their language; the table names the statuses that mean
something beyond that. 429 says that requests came too fast, and 503 that the server is away or busy for a moment: both
may come from each address, and the header `Retry-After` then says in how many seconds to ask again. What was stored
once may be sent again, and is answered as before.
"""
PLAYERS = """\
## For players

A player is whoever joined a study in this session: the cookie `sessionid` says who that is. A POST also carries the
cookie `csrftoken`, which reading a study sets, in the header `X-CSRFToken`. Studies and the practice photo are for
anybody to read. Everything else is asked by somebody who has joined and agreed to the study's text; what is another
player's is answered as if it were not there (404). Members of a study see its photos and watch its episodes too; where
its replays are public, whoever has the link watches them.
"""
RESEARCHERS = """\
## For researchers

They send a token of the study as `Authorization: Bearer TOKEN` ([how it is made](researchers.md#the-desk)), or are
logged in, with the cookies that players have. Viewers of the study read; only its editors may send a POST or a DELETE.
"""
OBJECTS = """\
## Objects

What requests take and answers are made of, by name. A field that is optional may be left out of a request.
"""
_METHODS = ("get", "post", "put", "patch", "delete")
# Said once, above.
_EVERYWHERE = ("4XX", "503")
# What a program can count to bounds nobody.
_NO_BOUND = 2**31


class Operation(NamedTuple):
    """A method of an address, as the schema describes it."""

    method: str
    path: str
    about: Json

    @property
    def is_for_researchers(self) -> bool:
        """Whether a token may ask for it."""
        return any("token" in scheme for scheme in self.about.get("security", ()))


def http_reference(schema: Json) -> str:
    """Return the reference as Markdown: a table of the addresses for each audience, and one for each object."""
    objects: Json = schema["components"]["schemas"]
    operations = [
        Operation(method, path, about[method])
        for path, about in schema["paths"].items()
        for method in _METHODS
        if method in about
    ]
    players = [operation for operation in operations if not operation.is_for_researchers]
    researchers = [operation for operation in operations if operation.is_for_researchers]
    parts = [
        INTRODUCTION,
        PLAYERS,
        *_table_of(players, objects),
        RESEARCHERS,
        *_table_of(researchers, objects),
        OBJECTS,
        *(_object(name, about, objects) for name, about in objects.items() if "properties" in about),
    ]
    return "\n".join(parts)


def _table_of(operations: Iterable[Operation], objects: Json) -> list[str]:
    rows = ["| address | takes | answers |", "|---|---|---|"]
    for operation in operations:
        meaning = _sentences(operation.about.get("description", ""))
        cells = (
            f"{operation.method.upper()} `{operation.path}`<br>{meaning}",
            "<br>".join(_taken(operation.about, objects)),
            "<br>".join(_answered(operation.about, objects)),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return [*rows, ""]


def _taken(about: Json, objects: Json) -> Iterator[str]:
    """Yield what an operation takes besides what stands in its address."""
    for parameter in about.get("parameters", ()):
        if parameter["in"] == "query":
            text = f"`?{parameter['name']}=`, {_type(parameter['schema'], objects)}"
            yield f"{text}: {_sentences(parameter.get('description', ''))}"
    for media_type, body in about.get("requestBody", {}).get("content", {}).items():
        form = "" if media_type == "application/json" else f", as `{media_type}`"
        yield f"{_type(body['schema'], objects)}{form}"


def _answered(about: Json, objects: Json) -> Iterator[str]:
    """Yield what an operation answers, with the statuses that it is answered by."""
    statuses: dict[str, list[str]] = {}
    for status, answer in about["responses"].items():
        contents = [
            _type(body["schema"], objects) if media_type == "application/json" else f"`{media_type}`"
            for media_type, body in answer.get("content", {}).items()
        ]
        if status not in _EVERYWHERE:
            statuses.setdefault(", ".join(contents), []).append(status)
    yield from (f"{', '.join(listed)} {answered}".strip() for answered, listed in statuses.items())


def _object(name: str, about: Json, objects: Json) -> str:
    required = about.get("required", ())
    rows = [
        f"| `{field}` | {_type(of, objects)}{'' if field in required else ', optional'} | {_meaning(of)} |"
        for field, of in about["properties"].items()
    ]
    description = _sentences(about.get("description", ""))
    head = [f"### {name}", "", *([description, ""] if description else [])]
    return "\n".join([*head, "| field | type | meaning |", "|---|---|---|", *rows, ""])


def _type(of: Json, objects: Json) -> str:
    """Return the type of a value in words, an object by a link to its section."""
    null = " or null" if of.get("nullable") else ""
    if "$ref" in of:
        name = of["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if "properties" in objects[name] else _type(objects[name], objects)
    if choices := [*of.get("allOf", ()), *of.get("oneOf", ())]:
        return " or ".join(filter(None, (_type(choice, objects) for choice in choices))) + null
    if "enum" in of:
        return ", ".join(f"`{value}`" for value in of["enum"] if value is not None) + null
    if of.get("type") == "array":
        return f"list of {_type(of['items'], objects)}{null}"
    if of.get("type") == "object" and (values := of.get("additionalProperties")):
        return f"{_type(values, objects)}, by name{null}"
    return _PLAIN.get((of.get("type"), of.get("format")), _PLAIN.get((of.get("type"), None), "any value")) + null


_PLAIN: Mapping[tuple[str | None, str | None], str] = {
    ("boolean", None): "`true` or `false`",
    ("integer", None): "whole number",
    ("number", None): "number",
    ("object", None): "any object",
    ("string", None): "text",
    ("string", "binary"): "file",
    ("string", "date"): "date",
    ("string", "date-time"): "time, ISO 8601",
    ("string", "uuid"): "UUID",
}


def _meaning(of: Json) -> str:
    """Return what is said of a field: its description, its least and greatest value and its default."""
    low, high = of.get("minimum"), of.get("maximum", _NO_BOUND)
    bounds = "" if low is None else f"From {low}." if high >= _NO_BOUND else f"{low} to {high}."
    default = of.get("default", "")
    unset = "" if default == "" else f"Unset: `{json.dumps(default) if isinstance(default, bool) else default}`."
    return " ".join(filter(None, (_sentences(of.get("description", "")), bounds, unset)))


def _sentences(text: str) -> str:
    """Return a description for the cell of a table, in a line.

    Of choices that are named by their own values, which the schema lists behind it, nothing is said again.
    """
    text, *choices = re.split(r"^\* ", text, flags=re.MULTILINE)
    named = [choice.strip().replace("` - ", "`: ") for choice in choices if not _is_named_by_itself(choice)]
    text = " ".join(text.replace("``", "`").split())
    return (f"{text} ({'; '.join(named)})" if named else text).replace("|", "\\|")


def _is_named_by_itself(choice: str) -> bool:
    value, _, label = choice.strip().removeprefix("`").partition("` - ")
    return value.lower() == label.lower()
