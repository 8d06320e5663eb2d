"""The catalogues of translations: taking the texts out of the sources, and compiling what was translated.

``python -m webapp.translations`` brings every catalogue up to date with the sources and says what is untranslated;
``python -m webapp.translations compile`` writes what the site reads. Neither needs GNU gettext.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from editing.files import atomic_file
from editing.game.filters import FILTERS

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "webapp" / "locale"
DOMAINS = ("django", "djangojs")

_KEYWORDS = DEFAULT_KEYWORDS | {"gettext_lazy": None, "gettext_noop": None, "ngettext_lazy": (1, 2)}
_COMMENT_TAGS = ("Translators:",)
_HEADER = "# Texts of Safelight. `make translations` keeps them up to date with the sources."
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def extract_template(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Yield the texts of a Django template: Django itself writes its tags as calls of gettext, among rubbish."""
    calls = templatize(file.read().decode())
    # Within parentheses no line is indented wrongly.
    return extract_python(BytesIO(f"(\n{calls}\n)".encode()), keywords, comment_tags, options)


def extracted(domain: str) -> Catalog:
    """Return all texts of a domain in the sources: the server's in ``django``, the browser's in ``djangojs``."""
    catalog = Catalog()
    sources = _server_sources() if domain == "django" else _browser_sources()
    for path, method in sources:
        source = path.relative_to(ROOT).as_posix()
        with path.open("rb") as file:
            for number, message, comments, context in extract(method, file, _KEYWORDS, _COMMENT_TAGS, {"jsx": False}):
                catalog.add(message, locations=[(source, number)], auto_comments=comments, context=context)
    if domain == "djangojs":
        for text in _contract_texts():
            catalog.add(text, locations=[("editing/game/filters.py", 1)])
    return catalog


def read(path: Path) -> Catalog:
    """Return the catalogue in a ``.po`` file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain=path.stem)


def catalogues() -> list[Path]:
    """Return the ``.po`` files of all languages."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))


def problems(catalog: Catalog) -> list[str]:
    """Return what must not reach the site of a catalogue: placeholders lost or unknown, plurals without a form."""
    broken = ((message, error) for message, errors in catalog.check() for error in errors)
    lines = [f"{message.id!r}: {error}" for message, error in broken if _is_begun(message)]
    for message in catalog:
        if message.id and _is_begun(message) and not message.fuzzy:
            lines += _wrong_placeholders(message)
            if not all(_forms(message.string)):
                lines.append(f"{message.id!r}: a plural has no form")
    return lines


def untranslated(catalog: Catalog) -> list[str]:
    """Return the texts that are shown in English still, or whose translation may be out of date."""
    open_ones = (message for message in catalog if message.id and (message.fuzzy or not _is_begun(message)))
    return [_forms(message.id)[0] for message in open_ones]


def update(path: Path) -> Catalog:
    """Bring a ``.po`` file up to date with the sources; a file that is missing is begun."""
    catalog = read(path) if path.exists() else _begun(path.parts[-3], path.stem)
    catalog.header_comment = _HEADER
    catalog.update(extracted(path.stem), update_creation_date=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=0, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    return catalog


def compile_all() -> None:
    """Write each ``.po`` file as the ``.mo`` beside it, which is what the site reads."""
    for path in catalogues():
        catalog = read(path)
        if wrong := problems(catalog):
            sys.exit("\n".join([f"{path} cannot be compiled:", *wrong]))
        with atomic_file(path.with_suffix(".mo")) as file:
            write_mo(file, catalog)


def _server_sources() -> Iterator[tuple[Path, str | Callable[..., Any]]]:
    for path in sorted((ROOT / "webapp").rglob("*.py")):
        yield path, "python"
    for path in sorted((ROOT / "webapp" / "templates").rglob("*.html")):
        yield path, extract_template


def _browser_sources() -> Iterator[tuple[Path, str]]:
    # A rule of the linter keeps texts in the files of this name.
    for path in sorted((ROOT / "frontend" / "src").rglob("texts.ts")):
        yield path, "javascript"


def _contract_texts() -> Iterator[str]:
    """Yield what players read of the filters. The page names the points of curves, not their slopes."""
    for filter_ in FILTERS.values():
        yield from (filter_.label, filter_.purpose, *(reading.label for reading in filter_.readings))
        for parameter in () if filter_.curves else filter_.parameters:
            words = (parameter.label, parameter.help, parameter.unit, *(parameter.directions or ()))
            yield from (text for text in words if any(map(str.isalpha, text)))


def _begun(language: str, domain: str) -> Catalog:
    return Catalog(
        language,
        domain,
        project="Safelight",
        version="site",
        msgid_bugs_address="the project's issues",
        last_translator="the project",
        language_team=language,
        fuzzy=False,
    )


def _forms(text: Any) -> list[str]:
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def _is_begun(message: Message) -> bool:
    return any(_forms(message.string))


def _wrong_placeholders(message: Message) -> Iterable[str]:
    placeholders = set(_PLACEHOLDER.findall(" ".join(_forms(message.id))))
    *others, last = _forms(message.string)
    # "One photo" may be said without the number; the form for many tells everything.
    for form, least in [*((other, placeholders - {"count"}) for other in others), (last, placeholders)]:
        names = set(_PLACEHOLDER.findall(form))
        if form and not least <= names <= placeholders:
            yield f"{message.id!r}: its placeholders are {sorted(placeholders)}, not {sorted(names)}"


def main() -> None:
    """Run one of the two commands."""
    if sys.argv[1:] == ["compile"]:
        compile_all()
        return
    languages = sys.argv[1:] or sorted({path.parts[-3] for path in catalogues()})
    for path in (LOCALE / language / "LC_MESSAGES" / f"{domain}.po" for language in languages for domain in DOMAINS):
        catalog = update(path)
        missing, wrong = untranslated(catalog), problems(catalog)
        print(f"{path.relative_to(ROOT)}: {len(catalog)} texts, {len(missing)} untranslated")
        for line in [*missing, *wrong]:
            print(f"  {line}")


if __name__ == "__main__":
    main()
