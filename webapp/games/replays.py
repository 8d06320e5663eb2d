"""Watching an episode step by step: for its player, for researchers, and for all where its study allows it."""

from typing import Any
from uuid import UUID

from django.dispatch import Signal
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.game import filters, rules
from webapp.games.api import StepSerializer
from webapp.games.models import Episode
from webapp.http.refusals import ErrorSerializer, Refusal, photo_removed
from webapp.participants.sessions import participant_key, participant_of
from webapp.studies.api import PREVIEW_RESPONSES, PhotoSerializer, WhateverIsAccepted, preview_response
from webapp.studies.members import Role, may
from webapp.studies.models import pseudonym_in_study

# Sent with ``episode``: who shows it to everybody answers with the name that its player has there, others with nothing.
showing_to_all = Signal()


class ReplayStepSerializer(StepSerializer):
    probability = serializers.FloatField(
        allow_null=True, help_text="With which an agent chose the filter, 0 to 1; null where nothing of it is known."
    )


class ReplaySerializer(serializers.Serializer[Any]):
    player = serializers.CharField(help_text="A pseudonym, or `agent:<name>`.")
    own = serializers.BooleanField(help_text="Whether the visitor is the player.")
    study = serializers.CharField(help_text="Its title.")
    photo = PhotoSerializer()
    handed_in = serializers.BooleanField()
    steps = ReplayStepSerializer(many=True, help_text="As they stand by now, if it is not handed in.")


class ReplayView(APIView):
    """An episode's photo and steps, and under which pseudonym it was played."""

    throttle_scope = "play"

    @extend_schema(responses={200: ReplaySerializer, "4XX": ErrorSerializer}, operation_id="read_replay")
    def get(self, request: Request, episode_id: UUID) -> Response:
        episode = watchable(request, episode_id)
        if episode.contract_version not in filters.known_versions():
            message = gettext("The filters have changed since: this episode can no longer be shown as it was played.")
            raise Refusal("other_version", message)
        if episode.photo.removed_at is not None:
            raise photo_removed()
        # The photo may be seen as part of the replay, by people who have joined nothing.
        photo = {**PhotoSerializer(episode.photo).data, "preview_url": reverse("replay-preview", args=[episode.pk])}
        answer = {
            "player": _name(request, episode),
            "own": episode.participant_id == participant_key(request),
            "study": episode.study.texts.title,
            "photo": photo,
            "handed_in": episode.status == Episode.Status.SUBMITTED,
            "steps": _steps(episode),
        }
        return Response(answer)


class ReplayPreviewView(APIView):
    """The linear preview of the photo of an episode that may be watched: packed as of any photo."""

    throttle_scope = "preview"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses=PREVIEW_RESPONSES,
        operation_id="read_replay_preview",
    )
    def get(self, request: Request, episode_id: UUID) -> HttpResponseBase:
        photo = watchable(request, episode_id).photo
        if photo.removed_at is not None:
            raise photo_removed()
        return preview_response(request, photo)


def watchable(request: HttpRequest | Request, episode_id: UUID) -> Episode:
    """Return the episode, for who may watch it.

    Raises:
        Http404: there is none, or none for this visitor.
    """
    episode = Episode.objects.select_related("study", "photo").filter(pk=episode_id).first()
    if episode is None or not may_watch(request, episode):
        raise Http404(gettext("There is no such episode, or it is not shown to everybody."))
    return episode


def may_watch(request: HttpRequest | Request, episode: Episode) -> bool:
    """Tell whether the visitor may: its player, a member of its study, anybody if that says so and it is handed in."""
    is_shown = episode.status == Episode.Status.SUBMITTED and not (episode.tutorial or episode.preview)
    if episode.study.public_replays and is_shown:
        return True
    return _is_concerned(request, episode) or bool(name_for_all(episode))


def _is_concerned(request: HttpRequest | Request, episode: Episode) -> bool:
    participant = participant_of(request)
    is_player = participant is not None and episode.participant_id == participant.pk
    return is_player or may(request, episode.study, Role.VIEWER)


def name_for_all(episode: Episode) -> str:
    """Return what the player of an episode is called that is shown to everybody; empty where it is not."""
    names = (name for _, name in showing_to_all.send(Episode, episode=episode))
    return next((name for name in names if name), "")


def _name(request: Request, episode: Episode) -> str:
    """Return who played it: to those who see it as part of published data, the name that these have."""
    if not (episode.study.public_replays or _is_concerned(request, episode)):
        return name_for_all(episode)
    name: str = Episode.objects.values_list(pseudonym_in_study(), flat=True).get(pk=episode.pk)
    return name


def _steps(episode: Episode) -> list[dict[str, Any]]:
    """Its trajectory; of one that is not submitted, what its events have come to."""
    if episode.status != Episode.Status.SUBMITTED:
        steps = rules.replay(episode.replayable_events(), allow_untouched=True).steps
        return [{"filter": step.filter, "parameters": dict(step.parameters), "probability": None} for step in steps]
    return [
        {"filter": row.filter, "parameters": row.parameters, "probability": (row.probabilities or {}).get(row.filter)}
        for row in episode.steps.order_by("index")
    ]
