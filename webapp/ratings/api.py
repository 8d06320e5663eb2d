"""The API of the reveal and of the profile."""

from dataclasses import asdict
from typing import Any

from django.http import FileResponse
from django.urls import reverse
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.photos.photo_error import PhotoError
from webapp.games.api import StepSerializer
from webapp.games.pictures import finished_picture
from webapp.games.replays import may_watch
from webapp.http.refusals import ErrorSerializer, Refusal, photo_removed
from webapp.participants.models import Participant
from webapp.participants.sessions import participant_of
from webapp.ratings.models import Place, Showing
from webapp.ratings.revealing import judge, photos_to_reveal, show
from webapp.ratings.style import profile
from webapp.storage.site_file import SiteFile
from webapp.studies.api import PhotoSerializer, WhateverIsAccepted
from webapp.studies.joining import joined, study_for


class RevealSerializer(serializers.Serializer[Any]):
    photo = serializers.CharField(help_text="The SHA-256 of its source.")
    answered = serializers.BooleanField()


class RevealsSerializer(serializers.Serializer[Any]):
    reveals = RevealSerializer(many=True)


class PictureSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="Of the picture, as WebP.")
    steps = StepSerializer(many=True, allow_null=True, help_text="Null until the answer is given.")
    made_by = serializers.ChoiceField(
        choices=["you", "agent", "person"], allow_null=True, help_text="Null until the answer is given."
    )
    episode = serializers.UUIDField(allow_null=True, help_text="After the answer, where its replay can be watched.")


class ShowingSerializer(serializers.Serializer[Any]):
    photo = PhotoSerializer()
    pictures = PictureSerializer(many=True, help_text="By place, from 0.")
    answer = serializers.IntegerField(allow_null=True, help_text="The place chosen.")


class AnswerSerializer(serializers.Serializer[Any]):
    place = serializers.IntegerField(min_value=0, max_value=9)
    ms = serializers.IntegerField(min_value=0, max_value=2**53, help_text="From the pictures to the answer.")


class StyleSerializer(serializers.Serializer[Any]):
    """What a player, or several, did to some photos."""

    pictures = serializers.IntegerField()
    steps = serializers.FloatField(help_text="Of a picture, on average.")
    shares = serializers.DictField(child=serializers.FloatField(), help_text="Of the pictures, by the filter in them.")
    places = serializers.DictField(child=serializers.FloatField(), help_text="Of a filter on average, from 1.")
    brightness = serializers.FloatField(help_text="The mean luminance as shown, 0 to 1.")
    warmth = serializers.FloatField(help_text="The mean of red less blue as shown, -1 to 1.")


class OthersStyleSerializer(StyleSerializer):
    """What others did to the photos that the participant did too; null where these are fewer than five."""

    photos = serializers.IntegerField(help_text="So many did both; each counts the same.")
    you = StyleSerializer(help_text="The participant's, on the same photos.")


class ProfileSerializer(serializers.Serializer[Any]):
    you = StyleSerializer(allow_null=True)
    others = OthersStyleSerializer(allow_null=True)
    agent = OthersStyleSerializer(allow_null=True)


class RevealsView(APIView):
    """The photos of which the participant can be shown what others made."""

    throttle_scope = "play"

    @extend_schema(responses={200: RevealsSerializer, "4XX": ErrorSerializer}, operation_id="read_reveals")
    def get(self, request: Request, slug: str) -> Response:
        study = study_for(request, slug)
        participant = joined(request, study)
        photos = photos_to_reveal(study, participant)
        answered = Showing.objects.filter(study=study, participant=participant, task="").exclude(judgements=None)
        answered_photos = set(answered.values_list("photo_id", flat=True))
        return Response({"reveals": [{"photo": photo.pk, "answered": photo.pk in answered_photos} for photo in photos]})


class RevealView(APIView):
    """One photo as several people, and the agent, left it: who made which is said once the favourite is chosen."""

    throttle_scope = "play"

    @extend_schema(request=None, responses={200: ShowingSerializer, "4XX": ErrorSerializer}, operation_id="reveal")
    def post(self, request: Request, slug: str, sha256: str) -> Response:
        """Show the pictures. From now on the participant's episodes are marked: they have seen what others make."""
        study = study_for(request, slug)
        participant = joined(request, study)
        return Response(_shown(request, show(study, participant, sha256), participant))


class RevealedPictureView(APIView):
    """One of the pictures, as a screen shows it, for the participant to whom it is shown."""

    throttle_scope = "preview"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses={(200, "image/webp"): OpenApiTypes.BINARY, "4XX": ErrorSerializer},
        operation_id="read_revealed_picture",
    )
    def get(self, request: Request, showing_id: int, index: int) -> FileResponse:
        own = {"showing__participant": participant_of(request), "showing__task": ""}
        places = Place.objects.filter(showing=showing_id, index=index, **own)
        place = get_object_or_404(places.select_related("episode__photo"))
        if place.episode is None or place.episode.photo.removed_at is not None:
            raise photo_removed()
        try:
            return blind_picture(finished_picture(place.episode, "large"))
        except PhotoError:
            raise photo_removed() from None


def blind_picture(file: SiteFile) -> FileResponse:
    """Return the answer with a picture, of which nothing tells who made it: not the name of its file either."""
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(file.open(), filename="picture.webp", content_type="image/webp", headers=headers)


class RevealAnswerView(APIView):
    """Which of the pictures the participant likes best."""

    throttle_scope = "play"

    @extend_schema(
        request=AnswerSerializer,
        responses={200: ShowingSerializer, "4XX": ErrorSerializer},
        operation_id="answer_reveal",
    )
    def post(self, request: Request, slug: str, sha256: str) -> Response:
        """Choose; the answer says who made which. What was chosen stays."""
        answer = AnswerSerializer(data=request.data)
        answer.is_valid(raise_exception=True)
        study = study_for(request, slug)
        participant = joined(request, study)
        showing = Showing.objects.filter(study=study, participant=participant, photo=sha256, task="").first()
        if showing is None:
            raise Refusal("not_shown", gettext("These pictures were not shown to you yet."))
        judge(showing, answer.validated_data["place"], answer.validated_data["ms"])
        return Response(_shown(request, showing, participant))


class ProfileView(APIView):
    """The participant's own style; beside it the others' and the agent's, once the study shows them."""

    throttle_scope = "profile"

    @extend_schema(responses={200: ProfileSerializer, "4XX": ErrorSerializer}, operation_id="read_profile")
    def get(self, request: Request, slug: str) -> Response:
        study = study_for(request, slug)
        styles = profile(study, joined(request, study))
        return Response({player: asdict(style) if style else None for player, style in styles.items()})


def _shown(request: Request, showing: Showing, participant: Participant) -> dict[str, Any]:
    """Return what is said of a showing: before the answer the pictures alone, not who made them, nor how."""
    judgement = showing.judgements.first()
    places = showing.places.select_related("episode__participant", "episode__study").prefetch_related("episode__steps")
    pictures = []
    for place in places:
        episode = place.episode
        assert episode is not None  # noqa: S101 (a reveal shows what was played)
        url = reverse("revealed-picture", args=[showing.pk, place.index])
        picture: dict[str, Any] = {"url": url, "steps": None, "made_by": None, "episode": None}
        if judgement is not None:
            steps = episode.steps.all()
            picture["steps"] = [{"filter": step.filter, "parameters": step.parameters} for step in steps]
            picture["made_by"] = _made_by(episode.participant, participant)
            picture["episode"] = str(episode.pk) if may_watch(request, episode) else None
        pictures.append(picture)
    photo = PhotoSerializer(showing.photo).data
    return {"photo": photo, "pictures": pictures, "answer": judgement.answer if judgement else None}


def _made_by(maker: Participant, participant: Participant) -> str:
    if maker == participant:
        return "you"
    return "agent" if maker.kind == Participant.Kind.AGENT else "person"
