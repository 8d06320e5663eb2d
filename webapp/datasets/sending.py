"""Versions over the API: listed, asked for, and sent as one stream, which goes on where it broke off."""

import base64
import struct
import zipfile
from collections.abc import Mapping
from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.trajectories.schemas import PLAYER_KINDS
from webapp.datasets.building import ARCHIVE, new_version
from webapp.datasets.choosing import LEFT_OUT, STATUSES, Choice
from webapp.datasets.models import DatasetVersion
from webapp.datasets.queueing import ask_to_build
from webapp.http.pace import check_pace
from webapp.http.ranges import Section, file_response
from webapp.http.refusals import ErrorSerializer, Refusal
from webapp.http.visitors import SessionWithCsrf
from webapp.storage.site_file import SiteFile
from webapp.studies.api import WhateverIsAccepted
from webapp.studies.copying import account_of
from webapp.studies.joining import find_study
from webapp.studies.log import log
from webapp.studies.members import Role, check_role
from webapp.studies.models import Study
from webapp.studies.tokens import TokenAuthentication

GONE = status.HTTP_410_GONE
_LENGTHS_AT = 26  # bytes into the header of a file in a ZIP


def archive_response(request: HttpRequest | Request, version: DatasetVersion) -> HttpResponseBase:
    """Answer with a version's files in one, or with the part of them that is asked for.

    Raises:
        Http404: it is not there, or not yet.
    """
    if not version.is_there:
        raise Http404
    django_request = request._request if isinstance(request, Request) else request
    response: HttpResponseBase = file_response(
        django_request, version.file.open(), f'"{version.files[ARCHIVE]["sha256"]}"', as_attachment=True,
        filename=f"{version}.zip", content_type="application/zip",
    )  # fmt: skip
    return response


def single_response(request: HttpRequest | Request, version: DatasetVersion, name: str) -> HttpResponseBase:
    """Answer with one of a version's files, or with the part of it that is asked for, and its checksum (RFC 9530).

    Raises:
        Http404: it is not there, or not yet.
    """
    about = version.files.get(name)
    if about is None or name == ARCHIVE or not version.is_there:
        raise Http404
    django_request = request._request if isinstance(request, Request) else request
    response: HttpResponseBase = file_response(
        django_request, stored_file(version.file, f"{version}/{name}"), f'"{about["sha256"]}"', as_attachment=True,
        filename=name, content_type="application/octet-stream",
    )  # fmt: skip
    response.headers["Repr-Digest"] = repr_digest(about["sha256"])
    return response


def repr_digest(sha256: str) -> str:
    """Return a checksum as HTTP has it (RFC 9530), from its hexadecimal digits."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def stored_file(archive: SiteFile, name: str) -> Section:
    """Open a file of an archive in which nothing is compressed, where it lies in it."""
    file = archive.open()
    with zipfile.ZipFile(file) as packed:
        info = packed.getinfo(name)
    file.seek(info.header_offset + _LENGTHS_AT)
    lengths = struct.unpack("<HH", file.read(4))  # of the name and of what is extra
    start = info.header_offset + _LENGTHS_AT + 4 + sum(lengths)
    return Section(file, start, info.file_size)


def gone_text(version: DatasetVersion) -> str:
    """Return a sentence on a version whose files were deleted, and what follows it."""
    later = version.successor
    follows = f" Version {later.number} follows it." if later else ""
    return f"The files of version {version.number} were deleted, since somebody in it has withdrawn.{follows}"


class ChoiceSerializer(serializers.Serializer[Any]):
    kinds = serializers.MultipleChoiceField(choices=PLAYER_KINDS, required=False)
    statuses = serializers.MultipleChoiceField(choices=STATUSES, required=False)
    leave_out = serializers.MultipleChoiceField(choices=LEFT_OUT, required=False, allow_empty=True)
    failed_attention = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    consent_version = serializers.IntegerField(min_value=0, required=False)
    refused = serializers.BooleanField(required=False)
    free_text = serializers.BooleanField(required=False)
    exact_device = serializers.BooleanField(required=False)
    smallest_cell = serializers.IntegerField(min_value=1, required=False)
    smallest_cell_reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="Why it is smaller than 5."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            choice_of(attrs).check()
        except ValueError as error:
            raise serializers.ValidationError({"smallest_cell_reason": str(error)}) from None
        return attrs


def choice_of(given: Mapping[str, Any]) -> Choice:
    """Return what was chosen, from the values of a serializer."""
    return Choice.from_json({name: sorted(value) if isinstance(value, set) else value for name, value in given.items()})


class NewVersionSerializer(serializers.Serializer[Any]):
    choice = ChoiceSerializer(required=False)
    unlinkable = serializers.BooleanField(
        default=False, help_text="Whether people have other pseudonyms than in any other version."
    )


class VersionSerializer(serializers.Serializer[DatasetVersion]):
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=DatasetVersion.State.choices)
    reason = serializers.CharField(help_text="Why it failed, or has no files any more; empty else.")
    progress = serializers.IntegerField(help_text="Per cent that is written.")
    stored = serializers.DateTimeField(help_text="The date that its files bear.")
    choice = serializers.DictField()
    files = serializers.DictField(help_text="Bytes and SHA-256 of each file, and of `archive`, which is all in one.")
    rows = serializers.SerializerMethodField(help_text="By table.")
    successor = serializers.SerializerMethodField(help_text="The number of the version that takes its place.")

    def get_rows(self, version: DatasetVersion) -> dict[str, int]:
        rows: dict[str, int] = version.manifest.get("rows", {})
        return rows

    def get_successor(self, version: DatasetVersion) -> int | None:
        return version.successor.number if version.successor else None


class VersionsView(APIView):
    """What is asked of a study's versions, by members or by a token."""

    authentication_classes = (TokenAuthentication, SessionWithCsrf)
    permission_classes = (IsAdminUser,)

    def study(self, request: Request, slug: str) -> Study:
        """Return the study, for its members."""
        study = find_study(slug)
        check_role(request, study, Role.VIEWER)
        return study

    def version(self, request: Request, slug: str, number: int) -> DatasetVersion:
        """Return one of its versions, for its members."""
        version = DatasetVersion.objects.filter(study=self.study(request, slug), number=number).first()
        if version is None:
            raise Http404(f"There is no version {number}.")
        return version

    def present_version(self, request: Request, slug: str, number: int) -> DatasetVersion:
        """Return one of its versions whose files were not deleted as somebody withdrew; of such a one say so."""
        version = self.version(request, slug, number)
        if version.state == DatasetVersion.State.WITHDRAWN:
            _refuse_as_gone(version)
        return version


def download_responses(content_type: str) -> dict[Any, Any]:
    """Return what the schema says of an address that sends a file of a version."""
    return {
        (200, content_type): OpenApiTypes.BINARY,
        (206, content_type): OpenApiResponse(OpenApiTypes.BINARY, "The part that `Range` asks for."),
        410: OpenApiResponse(ErrorSerializer, "Its files were deleted as somebody withdrew; which one follows."),
        "4XX": ErrorSerializer,
    }


class VersionListView(VersionsView):
    """The numbered versions of a study's data."""

    @extend_schema(responses={200: VersionSerializer(many=True), "4XX": ErrorSerializer}, operation_id="list_versions")
    def get(self, request: Request, slug: str) -> Response:
        """List the versions of a study, the newest first."""
        versions = DatasetVersion.objects.filter(study=self.study(request, slug))
        return Response([VersionSerializer(version).data for version in versions])

    @extend_schema(
        request=NewVersionSerializer,
        responses={202: VersionSerializer, "4XX": ErrorSerializer},
        operation_id="make_version",
    )
    def post(self, request: Request, slug: str) -> Response:
        """Ask for the next version, which the worker builds."""
        study = self.study(request, slug)
        check_role(request, study, Role.EDITOR)
        check_pace(request, "export")
        asked = NewVersionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        choice = choice_of(asked.validated_data.get("choice", {}))
        version = new_version(
            study, choice, account_of(request.user), unlinkable=asked.validated_data["unlinkable"]
        )  # fmt: skip
        ask_to_build(version)
        log(study, request.user, f"asked for version {version.number} of the data")
        return Response(VersionSerializer(version).data, status.HTTP_202_ACCEPTED)


class VersionView(VersionsView):
    """One version."""

    @extend_schema(responses={200: VersionSerializer, "4XX": ErrorSerializer}, operation_id="read_version")
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Say how far a version is, or what its files are."""
        return Response(VersionSerializer(self.version(request, slug, number)).data)


class ArchiveView(VersionsView):
    """All files of a version in one."""

    throttle_scope = "archive"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses=download_responses("application/zip"),
        operation_id="download_version",
    )
    def get(self, request: Request, slug: str, number: int) -> HttpResponseBase:
        """Send all files of a version as one ZIP file, nothing compressed."""
        version = self.present_version(request, slug, number)
        response = archive_response(request, version)
        log(version.study, request.user, f"downloaded version {version.number} of the data")
        return response


class FileView(VersionsView):
    """One of the files of a version."""

    throttle_scope = "archive"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses=download_responses("application/octet-stream"),
        operation_id="download_version_file",
    )
    def get(self, request: Request, slug: str, number: int, file: str) -> HttpResponseBase:
        """Send a file of a version, with its SHA-256 in `Repr-Digest`."""
        version = self.present_version(request, slug, number)
        response = single_response(request, version, file)
        log(version.study, request.user, f"downloaded {file} of version {version.number} of the data")
        return response


def _refuse_as_gone(version: DatasetVersion) -> NoReturn:
    """Refuse to send a version whose files were deleted.

    Raises:
        Refusal: always.
    """
    raise Refusal("gone", gone_text(version), GONE)
