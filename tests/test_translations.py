"""The catalogues: they hold every text of the sources, and what stands in them cannot break a page.

docs/translations.md has `make translations`, which brings them up to date.
"""

import ast
import gettext
import json
import re
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po
from django.template.base import Lexer, TokenType

from webapp import translations
from webapp.translations import DOMAINS, LOCALE, catalogues, extract_template, extracted, problems, read, untranslated

LANGUAGES = sorted({path.parts[-3] for path in catalogues()})
FOLDER = translations.ROOT / "webapp" / "templates"
TEMPLATES = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html")}
# For researchers; and the page of the API, which names fields and paths.
ADMIN = {"admin/study.html", "admin/study_erase.html", "admin/study_import.html"}
DESK = {name for name in TEMPLATES if name.startswith("desk/")}
ACCOUNTS = {name for name in TEMPLATES if name.startswith(("account/", "mfa/"))} - {"account/login.html"}
ENGLISH = {*DESK, *ACCOUNTS, "read_options.html", "contact_sheet.html", "drf_spectacular/swagger_ui.html", *ADMIN}
# Names, and the classes that a page's block of its width gives.
NAMES = {"Safelight", "API", "JSON", "CSV", "wide", "home"}


def texts(catalog: Catalog) -> set[tuple[str, str | None]]:
    return {(str(message.id), message.context) for message in catalog if message.id}


def parsed(body: str, language: str = "de") -> Catalog:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return read_po(BytesIO((head + body).encode()), locale=language)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_the_texts_of_the_sources_and_no_others(language: str, domain: str) -> None:
    stored = texts(read(LOCALE / language / "LC_MESSAGES" / f"{domain}.po"))
    assert stored == texts(extracted(domain)), "`make translations` brings it up to date"


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_translation_keeps_its_placeholders_and_plurals(path: Path) -> None:
    assert problems(read(path)) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_german_is_complete(domain: str) -> None:
    assert untranslated(read(LOCALE / "de" / "LC_MESSAGES" / f"{domain}.po")) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('msgid "%(count)s of %(total)s"\nmsgstr "%(count)s von %(totl)s"', "placeholder"),
        ('msgid "Step %(index)s is free"\nmsgstr "Der Schritt ist frei"', "placeholder"),
        (
            'msgid "%(count)s step"\nmsgid_plural "%(count)s steps"\nmsgstr[0] "ein Schritt"\nmsgstr[1] "Schritte"',
            "place",
        ),
        (
            'msgid "%(count)s step"\nmsgid_plural "%(count)s steps"\nmsgstr[0] "%(count)s Schritt"\nmsgstr[1] ""',
            "plural",
        ),
    ],
)
def test_what_would_break_a_page_is_found(body: str, problem: str) -> None:
    assert problem in " ".join(problems(parsed(body)))


def test_one_may_be_said_without_its_number() -> None:
    body = 'msgid "%(count)s step"\nmsgid_plural "%(count)s steps"\n'
    body += 'msgstr[0] "ein Schritt"\nmsgstr[1] "%(count)s Schritte"'
    assert problems(parsed(body)) == []


def test_what_is_wrong_is_not_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "%(a)s"\nmsgstr "%(b)s"\n')
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    with pytest.raises(SystemExit, match=r"django\.po cannot be compiled"):
        translations.compile_all()
    assert not path.with_suffix(".mo").exists()


def test_a_new_text_joins_a_catalogue_and_what_was_translated_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "de" / "LC_MESSAGES" / "djangojs.po"
    sources = Catalog()
    sources.add("Close")
    monkeypatch.setattr(translations, "extracted", lambda _: sources)
    translations.update(path)
    assert untranslated(read(path)) == ["Close"]
    path.write_text(path.read_text().replace('msgid "Close"\nmsgstr ""', 'msgid "Close"\nmsgstr "Schließen"'))
    sources.add("A wholly new sentence")
    translations.update(path)
    assert untranslated(read(path)) == ["A wholly new sentence"]
    written = path.read_bytes()
    translations.update(path)
    assert path.read_bytes() == written


def test_templates_are_read_as_django_reads_them() -> None:
    source = b"""{% translate "It's \xe2\x80\x9cone\xe2\x80\x9d" %} (
      {% blocktranslate count n=3 %}{{ n }} step{% plural %}{{ n }} steps{% endblocktranslate %}
    {% blocktranslate trimmed %}
      two
      lines
    {% endblocktranslate %}{{ name|default:_("nobody") }}"""
    found = [
        message
        for _, _, message, _ in extract_template(
            BytesIO(source), {"gettext": None, "ngettext": None, "_": None}, (), {}
        )
    ]
    assert found[0] == "It's “one”"
    assert found[1][:2] == ("%(n)s step", "%(n)s steps")
    assert found[2:] == ["two lines", "nobody"]


def test_no_call_of_gettext_in_the_browsers_texts_is_overlooked(root: Path) -> None:
    # A call within the arguments of another, or within a template literal, is not seen when texts are extracted.
    files = sorted((root / "frontend" / "src").rglob("texts.ts"))
    called = {
        json.loads(text)
        for path in files
        for text in re.findall(r'\b(?:gettext|ngettext)\(\s*("(?:[^"\\]|\\.)*")', path.read_text(encoding="utf-8"))
    }
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in extracted("djangojs")}
    assert called
    assert called <= known
    for path in files:
        assert not re.search(r"\b[np]?gettext\(\s*(?![\s\"])", path.read_text(encoding="utf-8")), f"{path}: no literal"


def test_the_browser_says_the_words_of_the_contract_in_the_pages_language() -> None:
    known = {message.id for message in extracted("djangojs")}
    assert {"Exposure", "Makes the whole picture brighter or darker, as more or less light would.", "cooler"} <= known


@pytest.mark.parametrize("name", sorted(TEMPLATES - ENGLISH))
def test_no_template_says_anything_past_gettext(name: str) -> None:
    path = FOLDER / name
    said, within = [], False
    for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
        if token.token_type == TokenType.BLOCK and token.contents.split()[0] in ("blocktranslate", "endblocktranslate"):
            within = not within
        elif token.token_type == TokenType.TEXT and not within:
            said.append(token.contents)
    markup = "\N{SYMBOL FOR NULL}".join(said)
    shown = re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', markup)
    shown.append(re.sub(r"<[^>]*>|&\w+;", " ", markup))
    assert set(re.findall(r"[^\W\d_]{2,}", " ".join(shown))) <= NAMES


def test_the_site_answers_without_a_compiled_catalogue_in_english(tmp_path: Path) -> None:
    from webapp.configuration import compiled_languages

    wanted = [("en", "English"), ("de", "German"), ("zh-hans", "Chinese")]
    assert compiled_languages(tmp_path, wanted, source="en") == [("en", "English")]
    for folder in ("de", "zh_Hans"):
        (tmp_path / folder / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / folder / "LC_MESSAGES" / "django.mo").touch()
    assert compiled_languages(tmp_path, wanted, source="en") == wanted


def test_catalogues_are_compiled_without_gnu_gettext(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(LOCALE, tmp_path / "locale", ignore=shutil.ignore_patterns("*.mo"))
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "locale")
    monkeypatch.setenv("PATH", "")
    translations.compile_all()
    german = gettext.translation("djangojs", tmp_path / "locale", ["de"])
    assert german.gettext("Exposure") == "Belichtung"
    assert german.ngettext("%(count)s step left", "%(count)s steps left", 2) == "noch %(count)s Schritte"


def test_no_refusal_says_anything_past_gettext(root: Path) -> None:
    # What is said of photos that are added is for researchers.
    sources = {path: path.read_text(encoding="utf-8") for path in (root / "webapp").rglob("*.py")}
    refusing = [path for path, source in sources.items() if re.search(r"import .*\bRefusal\b", source)]
    assert len(refusing) > 10
    for path in refusing:
        for node in ast.walk(ast.parse(sources[path])) if path.name != "photo_api.py" else ():
            said: ast.expr | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                said = node.args[1]
            elif (
                isinstance(node, ast.Assign) and isinstance(name := node.targets[0], ast.Name) and name.id == "message"
            ):
                said = node.value
            assert not isinstance(said, ast.Constant | ast.JoinedStr), f"{path}, line {node.lineno}"
