"""Comparisons of a study's agents with its people, by an export or a version: asked for, read."""

from typing import Any

from csp.constants import HEADER
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from webapp.datasets.models import Comparison, DatasetVersion, PreparedExport
from webapp.datasets.queueing import ask_to_carry_out, ask_to_carry_out_again
from webapp.desk.access import for_members
from webapp.http.pace import paced
from webapp.studies.log import log
from webapp.studies.members import Role
from webapp.studies.models import Study

# The report brings its styles and pictures with it, and needs nothing else; what it shows of a study can do nothing.
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@require_POST
@for_members(Role.VIEWER)
@paced("export")
def ask_for_comparison(request: HttpRequest, study: Study, key: int) -> HttpResponseBase:
    """Put a comparison by an export into the worker's queue; one that failed is tried again."""
    export = get_object_or_404(PreparedExport, pk=key, study=study)
    if not export.is_there:
        raise Http404
    if _ask(export=export):
        log(study, request.user, f"asked for a comparison by the export of {export.asked:%Y-%m-%d %H:%M}")
    return redirect("desk-exports", study.slug)


@require_POST
@for_members(Role.VIEWER)
@paced("export")
def ask_for_version_comparison(request: HttpRequest, study: Study, number: int) -> HttpResponseBase:
    """Put a comparison by a version into the worker's queue; one that failed is tried again."""
    version = get_object_or_404(DatasetVersion, number=number, study=study)
    if not version.is_there:
        raise Http404
    if _ask(version=version):
        log(study, request.user, f"asked for a comparison by version {number} of the data")
    return redirect("desk-version", study.slug, number)


@transaction.atomic
def _ask(**source: Any) -> bool:
    """Put a comparison by an export or a version into the queue; False where it is there, or coming."""
    row, is_new = Comparison.objects.select_for_update(of=("self",)).get_or_create(**source)
    if is_new:
        ask_to_carry_out(row)
    elif row.is_coming or row.is_there:
        return False
    else:
        ask_to_carry_out_again(row)
    return True


@for_members(Role.VIEWER)
def comparison_report(request: HttpRequest, study: Study, key: int) -> HttpResponseBase:
    """Send the report of a comparison by an export, a page that stands alone."""
    return _report(get_object_or_404(Comparison, export=key, export__study=study))


@for_members(Role.VIEWER)
def version_comparison_report(request: HttpRequest, study: Study, number: int) -> HttpResponseBase:
    """Send the report of a comparison by a version."""
    return _report(get_object_or_404(Comparison, version__number=number, version__study=study))


def _report(row: Comparison) -> HttpResponseBase:
    if not row.is_there:
        raise Http404
    return FileResponse(row.file.open(), content_type="text/html; charset=utf-8", headers={HEADER: _REPORT_POLICY})
