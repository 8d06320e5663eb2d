"""The API of questionnaires: the one that is asked now, and what is answered."""

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.http.refusals import ErrorSerializer, Refusal
from webapp.questionnaires.answering import current_questionnaire, store
from webapp.studies.joining import joined, study_for
from webapp.studies.models import Participation


class QuestionnaireSerializer(serializers.Serializer[Any]):
    player = serializers.CharField(help_text="Under which pseudonym it is answered.")
    name = serializers.CharField(allow_blank=True, help_text="Empty where none is asked now.")
    survey = serializers.DictField(allow_null=True, help_text="In SurveyJS's JSON.")


class AnswersSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField(help_text="Random, of these answers: sent twice, they are stored once.")
    answers = serializers.DictField(help_text="By the name of each question, as SurveyJS gives them.")
    ms = serializers.IntegerField(min_value=0, max_value=2**53, help_text="From the first page to the answers.")


class StoredAnswersSerializer(serializers.Serializer[Any]):
    key = serializers.UUIDField()


class QuestionnaireView(APIView):
    """The questionnaire that the participant is asked now."""

    throttle_scope = "play"

    @extend_schema(responses={200: QuestionnaireSerializer, "4XX": ErrorSerializer}, operation_id="read_questionnaire")
    def get(self, request: Request, slug: str) -> Response:
        participation = _participation(request, slug)
        task = current_questionnaire(participation)
        if task is not None and not participation.own_study.open:
            raise Refusal("study_closed", gettext("This study is closed."), 403)
        survey = participation.study.questionnaires[task.name] if task is not None else None
        player = participation.pseudonym
        return Response({"player": player, "name": task.name if task is not None else "", "survey": survey})


class AnswersView(APIView):
    """What the participant answers to a questionnaire, all at once. What was answered stays."""

    throttle_scope = "play"

    @extend_schema(
        request=AnswersSerializer,
        responses={200: StoredAnswersSerializer, "4XX": ErrorSerializer},
        operation_id="answer_questionnaire",
    )
    def post(self, request: Request, slug: str, name: str) -> Response:
        serializer = AnswersSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        stored = store(_participation(request, slug), name, given["key"], given["answers"], given["ms"])
        return Response({"key": stored.key})


def _participation(request: Request, slug: str) -> Participation:
    study = study_for(request, slug)
    participant = joined(request, study)
    return Participation.objects.select_related("study", "participant").get(study=study, participant=participant)
