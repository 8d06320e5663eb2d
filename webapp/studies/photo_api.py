"""The API of photos, for researchers: adding one to a study, file by file, and removing one."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.photos.photo_error import PhotoError
from editing.photos.read_options import PRIMARIES, TRANSFERS, ReadOptions
from webapp.http.refusals import ErrorSerializer, Refusal
from webapp.http.visitors import SessionWithCsrf
from webapp.photos.decoding import NotSaved, strip_file_name
from webapp.photos.isolated_decoding import Busy, decode_isolated
from webapp.photos.storing import Credit, NotStored, options_text
from webapp.studies.copying import account_of
from webapp.studies.joining import find_study
from webapp.studies.log import log
from webapp.studies.members import Role, check_role, may_change_photo
from webapp.studies.models import DEFAULT, Study
from webapp.studies.photos import (
    IN_ANOTHER_STUDY,
    AddedPhoto,
    add_photo,
    check_replaceable,
    decode_again,
    replace_photo,
    take_out,
)
from webapp.studies.tokens import TokenAuthentication

_logger = logging.getLogger(__name__)


class ReadOptionsSerializer(serializers.Serializer[Any]):
    transfer = serializers.ChoiceField(choices=TRANSFERS, default="auto")
    primaries = serializers.ChoiceField(choices=PRIMARIES, default="auto")


class ReplacementSerializer(ReadOptionsSerializer):
    file = serializers.FileField(help_text="RAW, TIFF, PNG, JPEG, WebP or .npy.", max_length=255, allow_empty_file=True)


class UploadSerializer(ReplacementSerializer):
    study = serializers.SlugField(default=DEFAULT)
    again = serializers.BooleanField(
        default=False, help_text="Whether a photo that is here, and that nobody has played, is decoded again."
    )
    licence = serializers.CharField(max_length=200, allow_blank=True, default="")
    attribution = serializers.CharField(max_length=500, allow_blank=True, default="")


class AddedPhotoSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(
        choices=["added", "linked", "known", "restored", "replaced"],
        help_text="linked: it was here, and is new in this study. replaced: it was here, and was decoded again.",
    )
    note = serializers.CharField(
        help_text="What makes one doubt that it was read as it is meant, or what of a photo that was here already "
        "stayed as it was; empty else."
    )
    width = serializers.IntegerField(help_text="Of the source, in pixels.")
    height = serializers.IntegerField()
    thumbnail_url = serializers.CharField()


class PhotoListView(APIView):
    """Where photos are added."""

    throttle_scope = "upload"
    authentication_classes = (TokenAuthentication, SessionWithCsrf)
    permission_classes = (IsAdminUser,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={
            200: AddedPhotoSerializer,
            201: AddedPhotoSerializer,
            "4XX": ErrorSerializer,
            503: OpenApiResponse(ErrorSerializer, "Others are being read: send it again after `Retry-After` seconds."),
            507: OpenApiResponse(ErrorSerializer, "The disk of the server is full."),
        },
        operation_id="add_photo",
    )
    def post(self, request: Request) -> Response:
        """Add one photo to a study. The same file again is known by its content and changes nothing."""
        upload = UploadSerializer(data=request.data)
        upload.is_valid(raise_exception=True)
        asked = upload.validated_data
        study = find_study(asked["study"])
        check_role(request, study, Role.EDITOR)
        if study.state == Study.State.CLOSED:
            raise Refusal("study_closed", "This study is closed: it takes no photos.")
        with _named_file(asked["file"]) as path, _refusals(path):
            added = add_photo(
                study,
                path,
                ReadOptions(asked["transfer"], asked["primaries"]),
                Credit(asked["licence"], asked["attribution"]),
                name=Path(asked["file"].name).name,
                again=asked["again"],
                may_change=partial(may_change_photo, request),
                decoder=decode_isolated,
            )
        if added.outcome != "known":
            log(study, request.user, f"uploaded {added.photo.name}: {added.outcome}")
        return Response(_answer(added), HTTPStatus.CREATED if added.outcome == "added" else HTTPStatus.OK)


class StudyPhotoView(APIView):
    """One photo of a study."""

    authentication_classes = (TokenAuthentication, SessionWithCsrf)
    permission_classes = (IsAdminUser,)

    @extend_schema(
        request=ReadOptionsSerializer,
        responses={200: AddedPhotoSerializer, "4XX": ErrorSerializer},
        operation_id="decode_photo_again",
    )
    def post(self, request: Request, slug: str, sha256: str) -> Response:
        """Decode a photo again, from its own file, with other options; in all studies that have it.

        One that people have played is never changed.
        """
        serializer = ReadOptionsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        study = find_study(slug)
        check_role(request, study, Role.EDITOR)
        photo = get_object_or_404(study.playable, pk=sha256)
        if not may_change_photo(request, photo):
            raise Refusal("conflict", IN_ANOTHER_STUDY)
        with _refusals(Path(photo.original.name)):
            added = decode_again(photo, ReadOptions(**serializer.validated_data), decode_isolated)
        log(study, request.user, f"decoded {photo.name} again, with {options_text(added.photo)}")
        return Response(_answer(added))

    @extend_schema(responses={204: None, "4XX": ErrorSerializer}, operation_id="remove_photo")
    def delete(self, request: Request, slug: str, sha256: str) -> Response:
        """Take a photo out of a study; open play of the study on it is excluded.

        When no study has it any more, the photo is removed: submitted play on it stays; without any, its preview is
        deleted.
        """
        study = find_study(slug)
        check_role(request, study, Role.EDITOR)
        photo = get_object_or_404(study.playable, pk=sha256)
        take_out(study, photo)
        log(study, request.user, f"removed 1 photo: {photo.name}")
        return Response(status=HTTPStatus.NO_CONTENT)


class ReplacementView(APIView):
    """Another file in the place of a photo."""

    throttle_scope = "upload"
    authentication_classes = (TokenAuthentication, SessionWithCsrf)
    permission_classes = (IsAdminUser,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": ReplacementSerializer},
        responses={201: AddedPhotoSerializer, "4XX": ErrorSerializer},
        operation_id="replace_photo",
    )
    def post(self, request: Request, slug: str, sha256: str) -> Response:
        """Add a photo in the place of one that came from the wrong file: in its order, and as an attention item.

        One that somebody has been given, or has played, is not replaced.
        """
        upload = ReplacementSerializer(data=request.data)
        upload.is_valid(raise_exception=True)
        asked = upload.validated_data
        study = find_study(slug)
        check_role(request, study, Role.EDITOR)
        photo = get_object_or_404(study.playable, pk=sha256)
        credit = Credit(photo.licence, photo.attribution)
        with _named_file(asked["file"]) as path, _refusals(path):
            check_replaceable(study, photo)  # before the work
            options = ReadOptions(asked["transfer"], asked["primaries"])
            name = Path(asked["file"].name).name
            added = add_photo(study, path, options, credit, name=name, decoder=decode_isolated)
            if added.outcome in ("known", "replaced"):
                raise NotStored("this file is in the study already: remove the wrong photo")
            study.changed_by = account_of(request.user)
            replace_photo(study, photo, added.photo)
        log(study, request.user, f"replaced {photo.name} by {added.photo.name}")
        return Response(_answer(added), HTTPStatus.CREATED)


@contextmanager
def _named_file(file: TemporaryUploadedFile) -> Iterator[Path]:
    """Keep an uploaded file under the name that it had on the researcher's machine, which tells its kind."""
    name = Path(file.name or "photo")
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        # The name that an error is to name, if need be cut to what file systems take.
        stem = name.stem.encode()[:200].decode(errors="ignore")
        path = Path(folder) / f"{stem}{name.suffix[:10]}"
        shutil.move(file.temporary_file_path(), path)
        yield path


def _answer(added: AddedPhoto) -> dict[str, Any]:
    photo = added.photo
    return {
        "id": photo.pk,
        "name": photo.name,
        "outcome": added.outcome,
        "note": added.note,
        "width": photo.width,
        "height": photo.height,
        "thumbnail_url": reverse("thumbnail", args=[photo.pk, "game"]),
    }


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Refuse, with the reason, a file that cannot be read or stored."""
    try:
        yield
    except PhotoError as error:
        raise Refusal("unreadable", strip_file_name(error, path), HTTPStatus.BAD_REQUEST) from None
    except NotStored as error:
        raise Refusal("conflict", str(error)) from None
    except Busy:
        message = "The server is reading other photos. Send this one again in a moment."
        raise Refusal("busy", message, HTTPStatus.SERVICE_UNAVAILABLE, wait=settings.DECODING_RETRY) from None
    except NotSaved as error:
        _logger.error("%s", error)
        message = "The server cannot save photos at the moment; its log says why."
        raise Refusal("not_saved", message, HTTPStatus.INSUFFICIENT_STORAGE) from None
