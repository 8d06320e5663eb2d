"""Comparisons of a study's agents with its people, by an export: asked for, worked out by the worker, read."""

from csp.constants import HEADER
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from webapp.datasets.models import Comparison, PreparedExport
from webapp.datasets.tasks import compare_export
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
    """Put a comparison into the worker's queue; one that failed is tried again."""
    export = get_object_or_404(PreparedExport, pk=key, study=study)
    if not export.is_there:
        raise Http404
    with transaction.atomic():
        row, is_new = Comparison.objects.select_for_update().get_or_create(export=export)
        if is_new or row.state == Comparison.State.FAILED:
            Comparison.objects.filter(pk=row.pk).update(state=Comparison.State.QUEUED, reason="")
            compare_export.configure(lock=f"comparison of {study.pk}").defer(comparison=row.pk)
            log(study, request.user, f"asked for a comparison by the export of {export.asked:%Y-%m-%d %H:%M}")
    return redirect("desk-exports", study.slug)


@for_members(Role.VIEWER)
def comparison_report(request: HttpRequest, study: Study, key: int) -> HttpResponseBase:
    """Send a comparison's report, a page that stands alone."""
    row = get_object_or_404(Comparison.objects.select_related("export"), export=key, export__study=study)
    if not row.is_there:
        raise Http404
    return FileResponse(row.path.open("rb"), content_type="text/html; charset=utf-8", headers={HEADER: _REPORT_POLICY})
