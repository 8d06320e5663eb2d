"""The API of photos, for researchers: adding one, file by file, and removing one."""

import shutil
import tempfile
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.photo import PRIMARIES, TRANSFERS, PhotoError
from webapp.photos.decoding import Decoded, decode
from webapp.photos.models import Photo, previews_folder
from webapp.photos.storing import NotStored, kept_as_it_was, remove, store
from webapp.refusals import ErrorSerializer, Refusal
from webapp.studies.adding import add_photo
from webapp.studies.joining import find_study
from webapp.studies.models import DEFAULT


class UploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="RAW, TIFF, PNG, JPEG, WebP or .npy.", max_length=255, allow_empty_file=True)
    study = serializers.SlugField(default=DEFAULT)
    transfer = serializers.ChoiceField(choices=TRANSFERS, default="auto")
    primaries = serializers.ChoiceField(choices=PRIMARIES, default="auto")
    licence = serializers.CharField(max_length=200, allow_blank=True, default="")
    attribution = serializers.CharField(max_length=500, allow_blank=True, default="")


class AddedPhotoSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["added", "known", "restored"])
    note = serializers.CharField(help_text="What to know of a photo that was here already; empty else.")
    width = serializers.IntegerField(help_text="Of the source, in pixels.")
    height = serializers.IntegerField()
    thumbnail_url = serializers.CharField()


class PhotoListView(APIView):
    """Where photos are added."""

    permission_classes = (IsAdminUser,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={200: AddedPhotoSerializer, 201: AddedPhotoSerializer, "4XX": ErrorSerializer},
        operation_id="add_photo",
    )
    def post(self, request: Request) -> Response:
        """Add one photo to a study. The same file again is known by its content and changes nothing."""
        upload = UploadSerializer(data=request.data)
        upload.is_valid(raise_exception=True)
        asked = upload.validated_data
        study = find_study(asked["study"])
        try:
            decoded = _decode(asked["file"], asked["transfer"], asked["primaries"])
            photo, outcome = store(decoded, licence=asked["licence"], attribution=asked["attribution"])
        except PhotoError as error:
            raise Refusal("unreadable", str(error), HTTPStatus.BAD_REQUEST) from None
        except NotStored as error:
            raise Refusal("conflict", str(error)) from None
        add_photo(study, photo)
        answer = {
            "id": photo.pk,
            "name": photo.name,
            "outcome": outcome,
            "note": kept_as_it_was(photo, asked["transfer"], asked["primaries"]) if outcome == "known" else "",
            "width": photo.width,
            "height": photo.height,
            "thumbnail_url": reverse("thumbnail", args=[photo.pk, "game"]),
        }
        return Response(answer, HTTPStatus.CREATED if outcome == "added" else HTTPStatus.OK)


class PhotoView(APIView):
    """One photo."""

    permission_classes = (IsAdminUser,)

    @extend_schema(responses={204: None, "4XX": ErrorSerializer}, operation_id="remove_photo")
    def delete(self, request: Request, sha256: str) -> Response:
        """Take a photo out of play everywhere. Submitted play on it stays; without any, its preview is deleted."""
        remove(get_object_or_404(Photo, pk=sha256, removed_at=None))
        return Response(status=HTTPStatus.NO_CONTENT)


def _decode(file: TemporaryUploadedFile, transfer: str, primaries: str) -> Decoded:
    """Decode an uploaded file, which the name that it had on the researcher's machine tells the kind of."""
    name = Path(file.name or "photo")
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        # The name that an error is to name, if need be cut to what file systems take.
        stem = name.stem.encode()[:200].decode(errors="ignore")
        path = Path(folder) / f"{stem}{name.suffix[:10]}"
        shutil.move(file.temporary_file_path(), path)
        return replace(decode(path, previews_folder(), transfer, primaries), name=name.name)
