"""The API of the agent that edits like a participant, for nobody but that participant."""

from typing import Any, get_args

from django.http import FileResponse, Http404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.photos.photo_error import PhotoError
from webapp.games.pictures import finished_picture
from webapp.http.refusals import ErrorSerializer, photo_removed
from webapp.personal_agents.pictures import personal_picture
from webapp.personal_agents.showing import State, own_agent
from webapp.ratings.api import blind_picture
from webapp.studies.api import PhotoSerializer, WhateverIsAccepted
from webapp.studies.joining import joined, study_for
from webapp.studies.models import Participation


class PersonalPairSerializer(serializers.Serializer[Any]):
    photo = PhotoSerializer()
    yours = serializers.CharField(help_text="Of the participant's picture, as WebP.")
    agents = serializers.CharField(help_text="Of the agent's.")
    learned = serializers.BooleanField(help_text="Whether the agent was fitted by this very photo, among others.")


class PersonalAgentSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        choices=get_args(State),
        help_text="off: the study has none; too_few photos are finished; later: there is more to do before; waiting: "
        "it is being made; failed; or ready.",
    )
    done = serializers.IntegerField(help_text="How many photos are finished that it can be fitted by.")
    needed = serializers.IntegerField(help_text="How many it takes.")
    pairs = PersonalPairSerializer(many=True)


class PersonalAgentView(APIView):
    """The agent that edits like the participant, and the same photos by both, once they have done all."""

    throttle_scope = "play"

    @extend_schema(responses={200: PersonalAgentSerializer, "4XX": ErrorSerializer}, operation_id="read_personal_agent")
    def get(self, request: Request, slug: str) -> Response:
        participation = _participation(request, slug)
        agent = own_agent(participation)
        slug = participation.study.slug
        pairs = [
            {
                "photo": PhotoSerializer(picture.photo).data,
                "yours": reverse("personal-picture", args=[slug, picture.pk, "you"]),
                "agents": reverse("personal-picture", args=[slug, picture.pk, "agent"]),
                "learned": picture.learned,
            }
            for _, picture in agent.pairs
        ]
        return Response({"state": agent.state, "done": agent.done, "needed": agent.needed, "pairs": pairs})


class PersonalPictureView(APIView):
    """A photo as the participant left it, or as their agent did."""

    throttle_scope = "preview"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses={(200, "image/webp"): OpenApiTypes.BINARY, "4XX": ErrorSerializer},
        operation_id="read_personal_picture",
    )
    def get(self, request: Request, slug: str, key: str, maker: str) -> FileResponse:
        pairs = own_agent(_participation(request, slug)).pairs
        pair = next((pair for pair in pairs if pair[1].pk == int(key)), None)
        if pair is None:
            raise Http404
        episode, picture = pair
        try:
            return blind_picture(finished_picture(episode, "large") if maker == "you" else personal_picture(picture))
        except PhotoError:
            raise photo_removed() from None


def _participation(request: Request, slug: str) -> Participation:
    study = study_for(request, slug)
    rows = Participation.objects.select_related("study", "participant")
    return rows.get(study=study, participant=joined(request, study))
