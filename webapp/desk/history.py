"""The log of a study: changes of its configuration, and what researchers did besides, the newest first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase

from webapp.desk.access import for_members, render_desk
from webapp.studies.log import StudyAction
from webapp.studies.members import Role
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


@for_members(Role.VIEWER)
def log_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the log."""
    entries = sorted([*_changes(study), *_actions(study)], key=lambda entry: entry.moment, reverse=True)
    page = Paginator(entries, ENTRIES_ON_A_PAGE).get_page(request.GET.get("page"))
    return render_desk(request, "log", study, tab="log", page=page)


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
