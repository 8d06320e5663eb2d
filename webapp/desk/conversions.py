"""Versions in the forms of other programs: asked for on the desk, their size said first; downloaded, deleted."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from webapp.datasets.converting import ask_for_form, delete_form, sizes_of
from webapp.datasets.models import ConvertedVersion, DatasetVersion
from webapp.datasets.sending_forms import form_response
from webapp.desk.access import for_members
from webapp.http.pace import paced
from webapp.studies.copying import account_of
from webapp.studies.log import log
from webapp.studies.members import Role
from webapp.studies.models import Study

Form = ConvertedVersion.Form
_ABOUT = {
    Form.CSV: "Every table for R and spreadsheets, and a codebook.",
    Form.MINARI: "Episodes for offline reinforcement learning, with their pictures.",
    Form.HUGGING_FACE: "The tables with a card, a datasheet and a record in Croissant.",
    Form.PSYCH_DS: "CSV as archives of psychology take it.",
}


class FormRequest(forms.Form):
    """Which form, and of Minari how many episodes at most."""

    form = forms.ChoiceField(choices=Form.choices)
    most = forms.IntegerField(required=False, min_value=1)


def forms_of(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return the forms that a version can be had in: about how large each is, and how far, if it was asked for."""
    rows = {row.form: row for row in version.conversions.select_related("version")}
    sizes = sizes_of(version)
    return [{"form": form, "about": _ABOUT[form], "size": sizes[form], "row": rows.get(form)} for form in Form]


@require_POST
@for_members(Role.EDITOR)
@paced("export")
def ask_for_version_form(request: HttpRequest, study: Study, number: int) -> HttpResponseBase:
    """Put a form of a version into the worker's queue; one that failed is tried again."""
    version = get_object_or_404(DatasetVersion, study=study, number=number)
    asked = FormRequest(request.POST)
    if asked.is_valid():
        form, most = asked.cleaned_data["form"], asked.cleaned_data["most"]
        if ask_for_form(version, form, most if form == Form.MINARI else None, account_of(request.user)):
            log(study, request.user, f"asked for version {number} of the data as {form}")
    return redirect("desk-version", study.slug, number)


@require_POST
@for_members(Role.EDITOR)
def delete_version_form(request: HttpRequest, study: Study, number: int, form: str) -> HttpResponseBase:
    """Delete a form of a version, so that it can be asked for anew."""
    row = _row(study, number, form)
    if row.state not in ConvertedVersion.COMING:
        delete_form(row)
        log(study, request.user, f"deleted version {number} of the data as {form}")
    return redirect("desk-version", study.slug, number)


@for_members(Role.VIEWER)
@paced("archive")
def version_form_file(request: HttpRequest, study: Study, number: int, form: str) -> HttpResponseBase:
    """Send a version in another form."""
    response = form_response(request, _row(study, number, form))
    log(study, request.user, f"downloaded version {number} of the data as {form}")
    return response


def _row(study: Study, number: int, form: str) -> ConvertedVersion:
    rows = ConvertedVersion.objects.select_related("version__study")
    return get_object_or_404(rows, version__study=study, version__number=number, form=form)
