"""The API of studies: reading one, joining it, and the previews of its photos."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, BinaryIO

from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.csrf import ensure_csrf_cookie
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.game import filters
from editing.game.filters import FILTERS
from editing.photos import preview_transport
from editing.photos.photo_error import PhotoError
from webapp.http.ranges import file_response
from webapp.http.refusals import ErrorSerializer, Refusal, photo_removed
from webapp.participants.models import Participant
from webapp.participants.sessions import participant_of, ticket_for
from webapp.photos.models import Photo
from webapp.photos.practice import practice_photo
from webapp.photos.transport import open_packed
from webapp.studies.joining import join, study_for
from webapp.studies.members import may_see_photo
from webapp.studies.models import Study


class ConsentTextSerializer(serializers.Serializer[Study]):
    version = serializers.IntegerField(source="consent_version", help_text="To be sent with the request to join.")
    text = serializers.CharField(source="texts.consent_text")
    boxes = serializers.ListField(
        child=serializers.CharField(),
        source="texts.consent_boxes",
        help_text="Sentences, all part of what is agreed to.",
    )


class StudySerializer(serializers.ModelSerializer[Study]):
    consent = serializers.SerializerMethodField(help_text="What to agree to before play; null where nothing is asked.")
    title = serializers.CharField(source="texts.title")
    open = serializers.BooleanField(help_text="Whether people can join and begin photos.")
    filters = serializers.SerializerMethodField(help_text="The slugs of those that may be used.")
    photos = serializers.IntegerField(source="playable.count", help_text="How many can be played.")
    contract_version = serializers.SerializerMethodField(help_text="The version of the filters.")

    class Meta:
        model = Study
        game = ("maximum_steps", "filters", "allow_untouched", "allow_downloads", "tutorial", "reveal")
        about = ("organiser", "controller", "contact", "minutes", "data_licence")
        fields = ("slug", "title", "open", *game, *about, "consent", "photos", "contract_version")
        read_only_fields = fields

    @extend_schema_field(ConsentTextSerializer(allow_null=True))
    def get_consent(self, study: Study) -> dict[str, Any] | None:
        return ConsentTextSerializer(study).data if study.consent_text else None

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=list(FILTERS))))
    def get_filters(self, study: Study) -> list[str]:
        return study.filters or list(FILTERS)

    def get_contract_version(self, study: Study) -> int:
        return filters.VERSION


class JoinSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[Participant.Kind.HUMAN.value, Participant.Kind.ROBOT.value])
    ticket = serializers.CharField(
        default="", allow_blank=True, max_length=200, help_text="Of an earlier joining whose session has ended."
    )
    consent = serializers.IntegerField(
        source="agreed_to",
        default=None,
        allow_null=True,
        help_text="The version of the study's text that the player agrees to.",
    )
    key = serializers.UUIDField(
        default=None,
        allow_null=True,
        help_text="Random, of this joining: a request that is sent twice makes one participant.",
    )


class ParticipantSerializer(serializers.Serializer[Any]):
    participant = serializers.CharField(
        source="pseudonym",
        help_text="Whom the session plays as, on this site; data have a pseudonym for each study.",
    )
    kind = serializers.ChoiceField(choices=Participant.Kind.values)
    study = serializers.SlugField()
    ticket = serializers.CharField(help_text="Brings the same participant back once the session has ended.")


class PhotoSerializer(serializers.ModelSerializer[Photo]):
    id = serializers.CharField(source="sha256", help_text="The SHA-256 of the source file.")
    preview_url = serializers.SerializerMethodField()
    large_preview_url = serializers.SerializerMethodField(
        help_text="Of a larger preview, for screens that have more pixels; null where there is none."
    )
    width = serializers.IntegerField(source="preview_width", help_text="Of the preview, in pixels.")
    height = serializers.IntegerField(source="preview_height")

    class Meta:
        model = Photo
        # Not its name, which may tell players what they should not see, or be somebody's.
        fields = ("id", "preview_url", "large_preview_url", "width", "height", "licence", "attribution")
        read_only_fields = fields

    def get_preview_url(self, photo: Photo) -> str:
        # Browsers keep what lies under an address for good; until it is played, a photo may be decoded again.
        return f"{reverse('preview', args=[photo.pk])}?{photo.preview_sha256[:16]}"

    def get_large_preview_url(self, photo: Photo) -> str | None:
        if not photo.large_preview_sha256:
            return None
        return f"{reverse('large_preview', args=[photo.pk])}?{photo.large_preview_sha256[:16]}"


class StudyView(APIView):
    """A study as anyone may know it; sets the cookie with the CSRF token that every POST needs."""

    @extend_schema(responses={200: StudySerializer, "4XX": ErrorSerializer}, operation_id="read_study")
    @method_decorator(ensure_csrf_cookie)
    def get(self, request: Request, slug: str) -> Response:
        return Response(StudySerializer(study_for(request, slug)).data)


class JoinView(APIView):
    """Makes the session a participant of the study, under a random pseudonym. Joining again changes nothing."""

    throttle_scope = "join"

    @extend_schema(
        request=JoinSerializer,
        responses={200: ParticipantSerializer, "4XX": ErrorSerializer},
        operation_id="join_study",
    )
    def post(self, request: Request, slug: str) -> Response:
        study = study_for(request, slug)
        serializer = JoinSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        participant = join(request, study, **serializer.validated_data)
        ticket = ticket_for(participant)
        answer = {"participant": participant.pseudonym, "kind": participant.kind, "study": study.slug}
        return Response(answer | {"ticket": ticket})


class WhateverIsAccepted(DefaultContentNegotiation):
    """A file has one form: clients that ask for another get it all the same, and errors are JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, only.media_type


PART = "The part that `Range` asks for."
PREVIEW_RESPONSES: dict[Any, Any] = {
    (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY),
    (206, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, PART),
    304: OpenApiResponse(None, "It is the one that `If-None-Match` names."),
    "4XX": ErrorSerializer,
}


class PreviewView(APIView):
    """The linear preview of a photo, float16 (height, width, 3), packed as `editing.photos.preview_transport` says.

    The version of the form is in the address: what a browser keeps for good is never of another one.
    """

    throttle_scope = "preview"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses=PREVIEW_RESPONSES,
        operation_id="read_preview",
    )
    def get(self, request: Request, sha256: str) -> HttpResponseBase:
        return preview_response(request, _visible_photo(request, sha256))


def preview_response(request: Request, photo: Photo) -> HttpResponseBase:
    """Return the packed preview, for who may see the photo.

    Raises:
        Refusal: ``photo_removed``.
    """
    try:
        return _kept_for_good(request, photo.preview_sha256, lambda: open_packed(photo))
    except PhotoError:
        raise photo_removed() from None


def _kept_for_good(request: Request, sha256: str, open_file: Callable[[], BinaryIO]) -> HttpResponseBase:
    """Answer with a packed preview, which a browser may keep for good; 304 where it has it already."""
    etag = f'"{sha256}.{preview_transport.VERSION}"'
    response: HttpResponseBase | None = get_conditional_response(request._request, etag=etag)
    if response is None or response.status_code != HTTPStatus.NOT_MODIFIED:
        response = file_response(request._request, open_file(), etag, content_type="application/octet-stream")
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


class LargePreviewView(APIView):
    """A larger preview of a photo, in the same form, for screens that have more pixels than the one played on."""

    throttle_scope = "preview"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses=PREVIEW_RESPONSES,
        operation_id="read_large_preview",
    )
    def get(self, request: Request, sha256: str) -> HttpResponseBase:
        photo = _visible_photo(request, sha256)
        if not photo.large_preview_sha256 or not photo.large_preview.exists():
            raise Refusal("not_found", gettext("There is no larger preview of this photo."), HTTPStatus.NOT_FOUND)
        return _kept_for_good(request, photo.large_preview_sha256, photo.large_preview.open)


class PracticeView(APIView):
    """Leads to the preview of the photo that people practise on, which anybody may see."""

    throttle_scope = "preview"

    @extend_schema(responses={302: None, "4XX": ErrorSerializer}, operation_id="practice_preview")
    def get(self, request: Request) -> HttpResponseBase:
        return redirect("preview", practice_photo().pk)


def _visible_photo(request: Request, sha256: str) -> Photo:
    """Return the photo, for members and for participants of a study that has it; the practice photo, for all."""
    photo: Photo = get_object_or_404(Photo, pk=sha256)
    participant = participant_of(request)
    # Studies without a participant have none that is nobody.
    is_played = participant is not None and photo.studies.filter(participants=participant).exists()
    if not (photo.practice or is_played or may_see_photo(request, photo)):
        raise Http404
    if photo.removed_at is not None:
        raise photo_removed()
    return photo
