"""The API of judgement tasks: what is shown, without anything that tells who made it, and the answers."""

from typing import Any
from uuid import UUID

from django.http import FileResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.photos.photo_error import PhotoError
from webapp.http.refusals import ErrorSerializer, Refusal, photo_removed
from webapp.judging.judgements import answer, answered, begin, is_awaited, open_trials
from webapp.judging.models import ShownPicture, Trial
from webapp.judging.pictures import judged_picture
from webapp.participants.sessions import participant_of
from webapp.ratings.api import blind_picture
from webapp.studies.api import WhateverIsAccepted
from webapp.studies.joining import joined, study_for
from webapp.studies.models import Lease, Participation
from webapp.studies.task_order import Task, current_task
from webapp.studies.task_structures import JUDGEMENTS


class TrialSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    pictures = serializers.ListField(child=serializers.CharField(), help_text="The address of each, from the left.")
    width = serializers.IntegerField(help_text="Of each, in pixels.")
    height = serializers.IntegerField()
    instruction = serializers.CharField(allow_blank=True, help_text="What is asked here in particular; mostly empty.")
    licence = serializers.CharField(allow_blank=True, help_text="Of the photo.")
    attribution = serializers.CharField(allow_blank=True)


class JudgingSerializer(serializers.Serializer[Any]):
    player = serializers.CharField(help_text="Under which pseudonym the answers are given.")
    task = serializers.CharField(allow_blank=True, help_text="Its name; empty where something else comes next.")
    kind = serializers.ChoiceField(choices=JUDGEMENTS, allow_null=True)
    question = serializers.CharField(allow_blank=True, help_text="The study's own; empty for the usual one.")
    done = serializers.IntegerField(help_text="How many trials of the task are answered.")
    being_made = serializers.BooleanField(
        help_text="Whether the participant's own agent, whose pictures are judged, is still being made: ask again soon."
    )
    trials = TrialSerializer(many=True, help_text="What is left, in order.")


class TrialAnswerSerializer(serializers.Serializer[Any]):
    answer = serializers.IntegerField(
        min_value=0,
        max_value=9,
        help_text="Of a rating the mark, 1 to 5; of turing 0 for a person, 1 for a program; of two, the place chosen.",
    )
    ms = serializers.IntegerField(min_value=0, max_value=2**53, help_text="From the pictures to the answer.")


class TrialAnsweredSerializer(serializers.Serializer[Any]):
    left = serializers.IntegerField(help_text="How many trials of the task are left.")


class JudgingView(APIView):
    """What the participant judges now. Before anything is answered, more may be reserved for them by this."""

    throttle_scope = "play"

    @extend_schema(request=None, responses={200: JudgingSerializer, "4XX": ErrorSerializer}, operation_id="judge")
    def post(self, request: Request, slug: str) -> Response:
        participation = _participation(request, slug)
        task = _judgement_task(participation)
        if task is not None and not participation.own_study.open:
            raise Refusal("study_closed", gettext("This study is closed."), 403)
        shown: dict[str, Any] = {"task": "", "kind": None, "question": "", "done": 0, "being_made": False, "trials": []}
        if task is not None:
            being_made = is_awaited(participation, task)
            if not being_made:
                begin(participation, task)
            shown = {
                "task": task.name,
                "kind": task.kind,
                "question": _in_language(task.settings.get("question")),
                "done": answered(participation, task),
                "being_made": being_made,
                "trials": [] if being_made else [_trial(task, trial) for trial in open_trials(participation, task)],
            }
        return Response({"player": participation.pseudonym, **shown})


class TrialAnswerView(APIView):
    """What the participant says to a trial. The same again is answered the same; what was said stays."""

    throttle_scope = "play"

    @extend_schema(
        request=TrialAnswerSerializer,
        responses={200: TrialAnsweredSerializer, "4XX": ErrorSerializer},
        operation_id="answer_trial",
    )
    def post(self, request: Request, slug: str, trial_id: UUID) -> Response:
        serializer = TrialAnswerSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        participation = _participation(request, slug)
        trial = answer(participation, trial_id, given["answer"], given["ms"])
        left = Trial.objects.filter(participation=participation, task=trial.task, state=Lease.State.HELD)
        return Response({"left": left.count()})


class TrialPictureView(APIView):
    """One of the pictures of a trial, as a screen shows it, for the participant to whom it is shown."""

    throttle_scope = "preview"
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        responses={(200, "image/webp"): OpenApiTypes.BINARY, "4XX": ErrorSerializer},
        operation_id="read_trial_picture",
    )
    def get(self, request: Request, trial_id: UUID, index: int) -> FileResponse:
        own = ShownPicture.objects.filter(trial=trial_id, trial__participation__participant=participant_of(request))
        shown = get_object_or_404(
            own.select_related("picture__photo", "picture__episode", "picture__personal"), index=index
        )
        if shown.picture.photo.removed_at is not None:
            raise photo_removed()
        try:
            return blind_picture(judged_picture(shown.picture))
        except PhotoError:
            raise photo_removed() from None


def _participation(request: Request, slug: str) -> Participation:
    study = study_for(request, slug)
    participant = joined(request, study)
    rows = Participation.objects.select_related("study", "participant")
    return rows.get(study=study, participant=participant)


def _judgement_task(participation: Participation) -> Task | None:
    task = current_task(participation)
    return task if task is not None and task.kind in JUDGEMENTS else None


def _trial(task: Task, trial: Trial) -> dict[str, Any]:
    shown = list(trial.shown.all())
    photo = shown[0].picture.photo
    item = task.settings["attention_items"][trial.item] if trial.item is not None else {}
    return {
        "id": trial.pk,
        "pictures": [reverse("trial-picture", args=[trial.pk, index]) for index in range(len(shown))],
        "width": photo.preview_width,
        "height": photo.preview_height,
        "instruction": _in_language(item.get("instruction")),
        "licence": photo.licence,
        "attribution": photo.attribution,
    }


def _in_language(texts: dict[str, str] | None) -> str:
    """Return a text in the visitor's language, else in the first one that it has."""
    return (texts or {}).get(get_language() or "") or next(iter((texts or {}).values()), "")
