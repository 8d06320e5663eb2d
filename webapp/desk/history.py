"""The log of a study, and that of the site: what researchers did, the newest first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, Value
from django.http import HttpRequest, HttpResponseBase

from webapp.desk.access import for_members, for_researchers, render_desk
from webapp.studies.log import StudyAction
from webapp.studies.members import Role, is_administrator
from webapp.studies.models import Study, StudyChange

ENTRIES_ON_A_PAGE = 100
_LONGEST_VALUE = 300


@dataclass(frozen=True)
class Difference:
    """A setting that was changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """Something that somebody did; of a change of the configuration, the settings that it changed."""

    moment: datetime
    account: str
    action: str
    differences: list[Difference]
    study: Study | None = None


# What is kept of whatever researchers do, the column of when, and what is told with it.
_KEPT: dict[str, tuple[type[Model], str, tuple[str, ...]]] = {
    "action": (StudyAction, "made", ("study",)),
    "change": (StudyChange, "changed", ("study", "changed_by")),
    "admin": (LogEntry, "action_time", ("user", "content_type")),
}


@for_members(Role.VIEWER)
def log_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the log."""
    entries = sorted([*_changes(study), *_actions(study)], key=lambda entry: entry.moment, reverse=True)
    page = Paginator(entries, ENTRIES_ON_A_PAGE).get_page(request.GET.get("page"))
    return render_desk(request, "log", study, tab="log", page=page)


@for_researchers
def site_log_page(request: HttpRequest) -> HttpResponseBase:
    """Render what was done on the site and in all studies, for its administrators."""
    if not is_administrator(request):
        raise PermissionDenied
    # Of each row only when, and which: those of one page are read then.
    first, *others = (
        model._default_manager.order_by().values_list(moment, "pk", Value(name))
        for name, (model, moment, _) in _KEPT.items()
    )
    rows = first.union(*others, all=True).order_by("-made", "-pk")
    page: Any = Paginator(rows, ENTRIES_ON_A_PAGE).get_page(request.GET.get("page"))
    keys = list(page.object_list)
    found = {
        name: model._default_manager.select_related(*related).in_bulk([key for _, key, kind in keys if kind == name])
        for name, (model, _, related) in _KEPT.items()
    }
    page.object_list = [_site_entry(found[kind][key]) for _, key, kind in keys]
    return render_desk(request, "site_log", page=page)


def _site_entry(row: Any) -> Entry:
    if isinstance(row, StudyAction):
        return Entry(row.made, row.account, row.action, [], row.study)
    if isinstance(row, StudyChange):
        return Entry(row.changed, _name(row), "changed the configuration", [], row.study)
    return Entry(row.action_time, row.user.username, f"in the admin: {row.content_type}: {row}", [])


def _actions(study: Study) -> Iterator[Entry]:
    for row in StudyAction.objects.filter(study=study):
        yield Entry(row.made, row.account, row.action, [])


def _changes(study: Study) -> Iterator[Entry]:
    rows = list(StudyChange.objects.filter(study=study).select_related("changed_by").order_by("pk"))
    if rows:
        yield Entry(rows[0].changed, _name(rows[0]), "began the study", [])
    for before, after in pairwise(rows):
        differences = _differences(before.values, after.values)
        yield Entry(after.changed, _name(after), "changed the configuration", differences)


def _name(row: StudyChange) -> str:
    return row.changed_by.username if row.changed_by else ""


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    # A setting that the site did not have before was not changed by anybody.
    names = [name for name in after if name in before and before[name] != after[name]]
    return [Difference(name.replace("_", " "), _text(before[name]), _text(after[name])) for name in names]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict) and value:
        text = json.dumps(value, ensure_ascii=False)
    else:
        text = "nothing" if value in (None, "", [], {}) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]} …"
