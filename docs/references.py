"""The generated references in ``docs/``: commands, tables, settings, a study, the HTTP API, rows of a person.

``python -m docs.references`` writes them.
They are generated from the program, and committed; a test fails when they are stale. The reference of the Python API is
none of them: mkdocstrings takes it from the docstrings as the site is built.
"""

import inspect
import json
import os
import re
import runpy
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from docs.http_reference import http_reference
from learning.command_line import COMMANDS, main
from webapp.environment import Environment, Variable

ROOT = Path(__file__).parents[1]
# The width of a line in docs/.
WIDTH = 120

COMMANDS_INTRODUCTION = """\
# Commands

`safelight COMMAND --help` prints the same. The commands of the site itself: `python manage.py` lists them.
This page is generated from the program by `make references`; edit `learning/commands/` instead.
"""
SETTINGS_INTRODUCTION = """\
# Settings of the site

The site is set up by environment variables. [deploy.md](deploy.md) says where they stand on a server;
`deploy/environment.example` is a file of them to begin with. What is read by `deploy/compose.yaml` alone is
explained there.
This page is generated from the program by `make references`; edit `webapp/settings.py` and `deploy/gunicorn.conf.py`
instead.
"""
STUDY_INTRODUCTION = """\
# The configuration of a study

Every study has one, which its settings on the desk show. `python manage.py study export SLUG` writes it as JSON,
`study import SLUG FILE` reads it, and `study copy SLUG NEW` begins a draft with the configuration and the photos of
another; the desk does the same. Each change is kept, with who made it and when, and a participation records the
configuration that it began under. Once a study has been opened, what its data depend on is fixed: copy the study to
change it.
This page is generated from the program by `make references`; edit `webapp/studies/configuration.py` instead.
"""
PERSONAL_DATA_INTRODUCTION = """\
# Rows that lead to a person

What becomes of them as somebody [withdraws](privacy.md#withdrawal), and once a study's
[retention date](privacy.md#the-retention-date) has come. A row is named as in the database: app, model and the field by
which it leads on to a participant, a participation or an episode. A test finds every such field, so that none is
missing here.
This page is generated from the program by `make references`; edit `webapp/studies/withdrawing.py` and `retention.py`
instead.
"""
SCHEMA_INTRODUCTION = """\
# The tables of an export

An export is a folder of Parquet files, one for each table, beside the previews of the photos
([researchers.md](researchers.md#trajectories)). The same descriptions stand in the files themselves: in the metadata of
each Arrow field, and as JSON under the key `safelight.columns` for readers without Arrow. The first four tables are in
every export, the others where there is something to say. `events` is what was recorded; `steps` and `agents` are
derived from it and from `episodes`. People, robots, agents, baselines and experts share one schema.
This page is generated from the program by `make references`; edit `editing/trajectories/schemas.py` instead.
"""
VALUES: dict[type[Any], str] = {
    str: "text",
    bool: "`true` or `false`",
    int: "a whole number",
    float: "a number",
    list: "comma-separated",
    Path: "a folder",
}


def commands_reference() -> str:
    """Return the reference of the command line as Markdown, a section for each command."""
    contents = [f"- [safelight {name}](#safelight-{name}): {text}" for name, (_, text) in COMMANDS.items()]
    context = click.Context(main)
    sections = []
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None  # noqa: S101 (it is one of those listed)
        sections.append(_command_section(f"safelight {name}", command))
    return "\n".join([COMMANDS_INTRODUCTION, *contents, "", "\n\n".join(sections)]) + "\n"


def _command_section(name: str, command: click.Command) -> str:
    """Return a command's usage, help, options and examples."""
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    options = [_option(option, context) for option in command.params if isinstance(option, click.Option)]
    parts = [
        f"## {name}",
        f"`{usage}`",
        _escaped(inspect.cleandoc(command.help or "")),
        "\n".join(filter(None, options)),
        *(_subcommand(name, child) for child in getattr(command, "commands", {}).values()),
        _examples(command),
    ]
    return "\n\n".join(filter(None, parts))


def _subcommand(name: str, command: click.Command) -> str:
    """Return a command of a group: usage, help, options and examples."""
    context = click.Context(command, info_name=f"{name} {command.name}")
    usage = " ".join([f"{name} {command.name}", *command.collect_usage_pieces(context)])
    options = [_option(option, context) for option in command.params if isinstance(option, click.Option)]
    parts = [f"`{usage}`", _escaped(inspect.cleandoc(command.help or "")), "\n".join(options), _examples(command)]
    return "\n\n".join(filter(None, parts))


def _examples(command: click.Command) -> str:
    """Return a command's examples as a block; nothing where it has none."""
    examples = [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  ")]
    return "\n".join(["```sh", *examples, "```"]) if examples else ""


def _option(option: click.Option, context: click.Context) -> str:
    """Return an option as an item of a list: what ``--help`` prints of it, and the environment variable that sets it.

    Nothing for a hidden option.
    """
    record = option.get_help_record(context)
    if record is None:
        return ""
    names, text = record
    variable = f" `${option.envvar}` sets it too." if isinstance(option.envvar, str) else ""
    item = f"- `{names}`: {_escaped(' '.join(text.split()))}{variable}"
    return textwrap.fill(item, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _escaped(text: str) -> str:
    """Plain text as Markdown; what stands in backticks is code there too."""
    return re.sub(r"(`[^`]*`)|([*_[]|<(?=\w))", lambda match: match[1] or f"\\{match[2]}", text)


def settings_reference() -> str:
    """Return the reference of the site's environment variables as Markdown."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    from webapp import settings

    gunicorn: Environment = runpy.run_path(str(ROOT / "deploy" / "gunicorn.conf.py"))["environment"]
    parts = [
        SETTINGS_INTRODUCTION,
        "## The site and its worker\n",
        *_variables(settings.environment.variables),
        "\n## gunicorn, which serves it\n",
        *_variables(gunicorn.variables),
    ]
    return "\n".join(parts) + "\n"


def _variables(variables: Iterable[Variable]) -> list[str]:
    rows = [
        f"| `{variable.name}` | {VALUES[variable.type]} | {_default(variable)} | {variable.help} |"
        for variable in variables
    ]
    return ["| variable | value | unset | meaning |", "|---|---|---|---|", *rows]


def _default(variable: Variable) -> str:
    """Return what holds where a variable is not set."""
    default = variable.default
    if variable.unset or default == "":
        return variable.unset
    return f"`{json.dumps(default) if isinstance(default, bool) else format(default)}`"


def study_reference() -> str:
    """Return the reference of a study's configuration as Markdown."""
    _set_up_django()
    from webapp.studies.configuration import Configuration, setting

    rows = ["| setting | unset | fixed | by condition | meaning |", "|---|---|---|---|---|"]
    for name in Configuration.setting_names():
        field = setting(name)
        default = field.get_default()
        unset = "the text that comes with the site" if name == "consent_text" else f"`{json.dumps(default)}`"
        choices = "; ".join(f"`{value}`: {label}" for value, label in field.flatchoices)
        meaning = field.help_text + (f" ({choices})" if choices else "")
        fixed = "yes" if name in Configuration.FROZEN else ""
        varies = "yes" if name in Configuration.BY_CONDITION else ""
        rows.append(f"| `{name}` | {unset} | {fixed} | {varies} | {meaning.replace('|', ' ')} |")
    return "\n".join([STUDY_INTRODUCTION, *rows]) + "\n"


def _set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def api_reference() -> str:
    """Return the reference of the HTTP API as Markdown."""
    _set_up_django()
    from django.conf import settings
    from django.utils.translation import override
    from drf_spectacular.generators import SchemaGenerator

    with override(settings.LANGUAGE_CODE):
        return http_reference(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def personal_data_reference() -> str:
    """Return what becomes of each row that leads to a person as Markdown: on withdrawal, and at the retention date."""
    _set_up_django()
    from webapp.studies import retention, withdrawing

    rows = ["| row, by what leads from it | on withdrawal | at the retention date |", "|---|---|---|"]
    rows += [f"| `{key}` | {policy} | {retention.POLICIES[key]} |" for key, policy in withdrawing.POLICIES.items()]
    return "\n".join([PERSONAL_DATA_INTRODUCTION, *rows]) + "\n"


def schema_reference() -> str:
    """Return the reference of the tables and their columns as Markdown."""
    from editing.trajectories.columns import column_description
    from editing.trajectories.schemas import ALL_SCHEMAS, ORDER

    parts = [SCHEMA_INTRODUCTION]
    for name, schema in ALL_SCHEMAS.items():
        order = ", ".join(f"`{column}`" for column in ORDER[name])
        parts.append(f"## {name}.parquet\n\n{schema.metadata[b'description'].decode()} In order of {order}.\n")
        parts.append("| column | type | unit | range | empty means | meaning |\n|---|---|---|---|---|---|")
        for field in schema:
            about = column_description(field)
            values = ", ".join(f"`{value}`" for value in about.get("values", ()))
            cells = (f"`{field.name}`", about["type"], about.get("unit", ""), values or _range(about))
            parts.append(f"| {' | '.join(cells)} | {about.get('null', 'never')} | {_escaped(about['description'])} |")
        parts.append("")
    return "\n".join(parts)


def _range(about: dict[str, Any]) -> str:
    low, high = (f"{about[key]:.6g}" if key in about else "" for key in ("low", "high"))
    return f"{low} to {high}" if low and high else f"from {low}" if low else ""


REFERENCES = {
    ROOT / "docs" / "commands.md": commands_reference,
    ROOT / "docs" / "http.md": api_reference,
    ROOT / "docs" / "personal-data.md": personal_data_reference,
    ROOT / "docs" / "schema.md": schema_reference,
    ROOT / "docs" / "settings.md": settings_reference,
    ROOT / "docs" / "study-configuration.md": study_reference,
}

if __name__ == "__main__":
    for path, reference in REFERENCES.items():
        path.write_text(reference(), encoding="utf-8")
        sys.stdout.write(f"wrote {path}\n")
