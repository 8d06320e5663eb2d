"""Exports of a study: asked for, written by the worker, downloaded; and its receipts."""

from django import forms
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from editing.trajectories.schemas import STATUSES
from webapp.datasets.models import PreparedExport
from webapp.datasets.receipts import receipts_of_study
from webapp.datasets.tasks import prepare_export
from webapp.desk.access import for_members, render_desk
from webapp.desk.versions import versions_of
from webapp.http.pace import paced
from webapp.http.ranges import file_response
from webapp.studies.copying import account_of
from webapp.studies.log import log
from webapp.studies.members import Role
from webapp.studies.models import Study


class ExportForm(forms.Form):
    """What is in an export."""

    statuses = forms.MultipleChoiceField(
        label="Episodes that are",
        choices=[(status, status) for status in STATUSES],
        initial=["submitted"],
        widget=forms.CheckboxSelectMultiple,
    )
    tutorials = forms.BooleanField(label="With the tutorials, which are flagged", required=False)


@for_members(Role.VIEWER)
def exports_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the exports that were asked for."""
    return _page(request, study, ExportForm())


@for_members(Role.VIEWER)
def live_exports(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the list alone, which is asked for again while something is coming."""
    return render_desk(request, "export_list", study, exports=_exports(study))


@require_POST
@for_members(Role.VIEWER)
@paced("export")
def ask_for_export(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Put an export into the worker's queue, in the same transaction as its row."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _page(request, study, form, 400)
    chosen = form.cleaned_data
    with transaction.atomic():
        row = PreparedExport.objects.create(study=study, asked_by=account_of(request.user), **chosen)
        prepare_export.configure(lock=f"export of {study.pk}").defer(export=row.pk)
    log(study, request.user, f"asked for an export: {', '.join(chosen['statuses'])}")
    return redirect("desk-exports", study.slug)


@for_members(Role.VIEWER)
@paced("archive")
def export_file(request: HttpRequest, study: Study, key: int) -> HttpResponseBase:
    """Send an export's file."""
    row = get_object_or_404(PreparedExport, pk=key, study=study)
    if not row.is_there:
        raise Http404
    name = f"{study.slug}-{row.asked:%Y-%m-%d}.zip"
    log(study, request.user, f"downloaded the export of {row.asked:%Y-%m-%d %H:%M}")
    response: FileResponse = file_response(
        request, row.file.open(), f'"export-{row.pk}"', as_attachment=True, filename=name,
        content_type="application/zip",
    )  # fmt: skip
    return response


@for_members(Role.VIEWER)
def receipts_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the receipt of each participation, with what does not add up; all events are read for it."""
    receipts = receipts_of_study(study)
    wrong = sum(bool(receipt.problems) for receipt in receipts)
    return render_desk(request, "receipts", study, tab="exports", receipts=receipts, wrong=wrong)


def _exports(study: Study) -> list[PreparedExport]:
    return list(PreparedExport.objects.filter(study=study).select_related("asked_by", "comparison"))


def _page(request: HttpRequest, study: Study, form: ExportForm, status: int = 200) -> HttpResponseBase:
    exports, versions = _exports(study), versions_of(study)
    return render_desk(request, "exports", study, status, tab="exports", form=form, exports=exports, versions=versions)
