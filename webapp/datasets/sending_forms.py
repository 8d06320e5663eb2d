"""Versions in the forms of other programs, over the API: their sizes, asking for one, and sending it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.datasets.converting import ask_for_form, sizes_of
from webapp.datasets.models import ConvertedVersion, DatasetVersion
from webapp.datasets.sending import VersionsView, download_responses, repr_digest
from webapp.http.pace import check_pace
from webapp.http.ranges import file_response
from webapp.http.refusals import ErrorSerializer
from webapp.studies.api import WhateverIsAccepted
from webapp.studies.copying import account_of
from webapp.studies.log import log
from webapp.studies.members import Role, check_role

Form = ConvertedVersion.Form


def form_response(request: HttpRequest | Request, row: ConvertedVersion) -> HttpResponseBase:
    """Answer with a version in another form, or with the part of it that is asked for, and its checksum.

    Raises:
        Http404: it is not there, or not yet.
    """
    if not row.is_there:
        raise Http404
    django_request = request._request if isinstance(request, Request) else request
    response: HttpResponseBase = file_response(
        django_request, row.file.open(), f'"{row.sha256}"', as_attachment=True,
        filename=f"{row}.zip", content_type="application/zip",
    )  # fmt: skip
    response.headers["Repr-Digest"] = repr_digest(row.sha256)
    return response


class FormRequestSerializer(serializers.Serializer[Any]):
    form = serializers.ChoiceField(choices=Form.choices)
    most = serializers.IntegerField(
        min_value=1, required=False, allow_null=True, help_text="Of Minari: so many episodes at most, drawn at random."
    )


class FormSerializer(serializers.Serializer[Any]):
    form = serializers.ChoiceField(choices=Form.choices)
    about_bytes = serializers.IntegerField(help_text="How large all of it is, about, before it is packed.")
    state = serializers.ChoiceField(
        choices=ConvertedVersion.State.choices, allow_null=True, help_text="Null: nobody has asked for it."
    )
    reason = serializers.CharField(help_text="Why it failed; empty else.")
    most = serializers.IntegerField(allow_null=True)
    bytes = serializers.IntegerField(help_text="Of its file, once it is ready; 0 else.")
    sha256 = serializers.CharField(help_text="Of its file, once it is ready; empty else.")


def _told(version: DatasetVersion) -> list[dict[str, Any]]:
    rows = {row.form: row for row in version.conversions.all()}
    none = ConvertedVersion()
    return [
        {
            "form": form,
            "about_bytes": size,
            "state": rows[form].state if form in rows else None,
            "reason": rows.get(form, none).reason,
            "most": rows.get(form, none).most,
            "bytes": rows.get(form, none).size,
            "sha256": rows.get(form, none).sha256,
        }
        for form, size in sizes_of(version).items()
    ]


class FormListView(VersionsView):
    """The forms of other programs that a version can be had in."""

    @extend_schema(
        responses={200: FormSerializer(many=True), "4XX": ErrorSerializer}, operation_id="list_version_forms"
    )
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Say of each form that a version can be had in how large it is, and how far."""
        return Response(FormSerializer(_told(self.version(request, slug, number)), many=True).data)

    @extend_schema(
        request=FormRequestSerializer,
        responses={202: FormSerializer(many=True), "4XX": ErrorSerializer},
        operation_id="make_version_form",
    )
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Ask for a version in a form, which the worker writes; it is kept with the version, and goes with it."""
        version = self.present_version(request, slug, number)
        check_role(request, version.study, Role.EDITOR)
        asked = FormRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        check_pace(request, "export")
        form, most = asked.validated_data["form"], asked.validated_data.get("most")
        if ask_for_form(version, form, most if form == Form.MINARI else None, account_of(request.user)):
            log(version.study, request.user, f"asked for version {number} of the data as {form}")
        return Response(FormSerializer(_told(version), many=True).data, status.HTTP_202_ACCEPTED)


class FormView(VersionsView):
    """A version in another form."""

    throttle_scope = "archive"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses=download_responses("application/zip"),
        operation_id="download_version_form",
    )
    def get(self, request: Request, slug: str, number: int, form: str) -> HttpResponseBase:
        """Send a version in a form, as a ZIP file, with its SHA-256 in `Repr-Digest`."""
        version = self.present_version(request, slug, number)
        row = version.conversions.filter(form=form).first()
        if row is None:
            raise Http404
        response = form_response(request, row)
        log(version.study, request.user, f"downloaded version {number} of the data as {form}")
        return response
