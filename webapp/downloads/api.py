"""The API of downloads: asking for a finished picture at full size, hearing how far it is, and fetching it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import FileResponse, Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.downloads.models import FILES, Download
from webapp.downloads.pictures import check_offered, why_not
from webapp.downloads.sharing import check_quota
from webapp.downloads.tasks import enqueue
from webapp.games.models import Episode
from webapp.http.ranges import file_response
from webapp.http.refusals import ErrorSerializer, Refusal
from webapp.participants.sessions import participant_of
from webapp.studies.api import PART, WhateverIsAccepted
from webapp.studies.members import Role, may


class WantedSerializer(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=Download.Format.choices, default=Download.Format.JPEG.value)


class DownloadSerializer(serializers.ModelSerializer[Download]):
    reason = serializers.SerializerMethodField(help_text="Why it failed, for the player.")
    url = serializers.SerializerMethodField(help_text="Of the file, once it is ready.")

    class Meta:
        model = Download
        fields = ("format", "state", "reason", "url")

    def get_reason(self, download: Download) -> str:
        # The worker knows no visitor's language: it writes in English.
        return gettext(download.reason) if download.reason else ""

    def get_url(self, download: Download) -> str | None:
        return reverse("download", args=[download.episode_id, download.format]) if download.is_there else None


class DownloadsSerializer(serializers.Serializer[Any]):
    offered = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why nothing is offered; empty else.")
    downloads = DownloadSerializer(many=True, help_text="Those that were asked for.")


class DownloadsView(APIView):
    """The downloads of an episode: for the participant who played it, and for members of its study."""

    throttle_scope = "download"

    @extend_schema(responses={200: DownloadsSerializer, "4XX": ErrorSerializer}, operation_id="read_downloads")
    def get(self, request: Request, episode_id: UUID) -> Response:
        """How far the downloads are that were asked for, or why none is offered."""
        episode = _visible_episode(request, episode_id)
        reason = why_not(episode)
        rows = [] if reason else what_is_there(episode)
        downloads = DownloadSerializer(rows, many=True).data
        return Response({"offered": not reason, "reason": reason, "downloads": downloads})

    @extend_schema(
        request=WantedSerializer,
        responses={200: DownloadSerializer, 202: DownloadSerializer, "4XX": ErrorSerializer},
        operation_id="ask_for_download",
    )
    def post(self, request: Request, episode_id: UUID) -> Response:
        """Ask for the picture in a format. Asking again changes nothing, but for one that failed: it is tried again."""
        serializer = WantedSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        episode = _visible_episode(request, episode_id)
        check_offered(episode)
        has_quota = not may(request, episode.study, Role.VIEWER)
        row = _asked_for(episode, serializer.validated_data["format"], has_quota=has_quota)
        return Response(DownloadSerializer(row).data, HTTPStatus.ACCEPTED if row.is_coming else HTTPStatus.OK)


class DownloadView(APIView):
    """A developed picture's file."""

    throttle_scope = "download"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses={
            (200, "image/*"): OpenApiResponse(OpenApiTypes.BINARY),
            (206, "image/*"): OpenApiResponse(OpenApiTypes.BINARY, PART),
            "4XX": ErrorSerializer,
        },
        operation_id="download",
    )
    def get(self, request: Request, episode_id: UUID, file_format: str) -> FileResponse:
        episode = _visible_episode(request, episode_id)
        check_offered(episode)
        row: Download = get_object_or_404(episode.downloads.filter(state=Download.State.READY), format=file_format)
        try:
            found = (row.file.state(), row.file.open()) if row.is_there else None
        except FileNotFoundError:
            found = None
        if found is None:
            raise Refusal("expired", gettext("This download has expired: ask for it again."), HTTPStatus.GONE)
        (size, modified), file = found
        return file_response(
            request._request,
            file,
            f'"{modified:x}-{size:x}"',
            as_attachment=True,
            filename=row.file_name(for_researcher=may(request, episode.study, Role.VIEWER)),
            content_type=FILES[row.format][1],
            headers={"Cache-Control": "private, no-cache"},
        )


def what_is_there(episode: Episode) -> list[Download]:
    """Return the downloads that were asked for, less those whose file was lost."""
    return [row for row in episode.downloads.all() if row.is_there or row.state != Download.State.READY]


def _visible_episode(request: Request, episode_id: UUID) -> Episode:
    """Return the episode, for its player and for members of its study."""
    episode: Episode = get_object_or_404(Episode.objects.select_related("study", "photo"), pk=episode_id)
    if episode.participant != participant_of(request) and not may(request, episode.study, Role.VIEWER):
        raise Http404
    return episode


@transaction.atomic
def _asked_for(episode: Episode, file_format: str, *, has_quota: bool) -> Download:
    """Return the download in that format: under way, or there."""
    defaults = {"state": Download.State.FAILED, "asked": timezone.now()}
    rows = Download.objects.select_for_update()
    row, _ = rows.get_or_create(episode=episode, format=file_format, defaults=defaults)
    if not (row.is_coming or row.is_there):
        if has_quota:
            check_quota(row)
        enqueue(row)
    return row
