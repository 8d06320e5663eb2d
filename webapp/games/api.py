"""The API of play: what to play next, the events of an episode, and the episode as it stands."""

from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from editing.game import filters, rules
from editing.game.events import EVENT_KINDS, GESTURE_DEVICES
from editing.game.events import Event as PlayedEvent
from webapp.games.assignment import assign, has_practised, instruction, is_tutorial_due
from webapp.games.episodes import describe, resumable_episode
from webapp.games.models import Episode
from webapp.games.recording import MAXIMUM_BATCH, record
from webapp.http.refusals import ErrorSerializer, Refusal
from webapp.participants.models import Participant
from webapp.participants.sessions import participant_key, participant_of
from webapp.photos.models import SHA256
from webapp.photos.practice import practice_photo
from webapp.studies.api import PhotoSerializer
from webapp.studies.joining import joined, study_for
from webapp.studies.models import Participation, Study
from webapp.studies.task_order import Task, current_task, page_of, tasks_of
from webapp.studies.task_structures import PLAY


class StepSerializer(serializers.Serializer[Any]):
    filter = serializers.CharField(help_text="The filter's slug.")
    parameters = serializers.DictField(child=serializers.FloatField(), help_text="Physical values by name.")


class GestureSerializer(serializers.Serializer[Any]):
    """Documents how an ``adjust`` was made; `editing.game.events` reads and checks it."""

    device = serializers.ChoiceField(choices=GESTURE_DEVICES)
    moves = serializers.IntegerField(min_value=1, help_text="How many values the control went through.")
    ms = serializers.IntegerField(min_value=0, help_text="From the first of them to the last.")
    reversals = serializers.IntegerField(min_value=0, help_text="How often it turned back on its way.")
    trusted = serializers.BooleanField(help_text="Whether the browser says that a person's device did all of it.")


class EventSerializer(serializers.Serializer[Any]):
    """Documents an event; `editing.game.rules` reads and checks it."""

    id = serializers.UUIDField()
    episode = serializers.UUIDField()
    seq = serializers.IntegerField(min_value=0)
    kind = serializers.ChoiceField(choices=EVENT_KINDS)
    step = serializers.IntegerField(min_value=0, allow_null=True, required=False)
    filter = serializers.CharField(allow_null=True, required=False)
    parameters = serializers.DictField(child=serializers.FloatField(), allow_null=True, required=False)
    ms = serializers.IntegerField(min_value=0, help_text="Since the episode began, by the client's clock.")
    contract_version = serializers.IntegerField()
    gesture = GestureSerializer(allow_null=True, required=False, help_text="Of an `adjust` alone.")


@extend_schema_field(EventSerializer(many=True))
class EventsField(serializers.Field[list[Any], Any, Any, Any]):
    """A list of whatever JSON was sent as events: the rules say what is wrong with each."""

    default_error_messages: ClassVar = {
        "not_a_list": gettext_lazy("A list of events is needed."),
        "length": gettext_lazy("A batch has 1 to {maximum} events."),
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if not 1 <= len(data) <= MAXIMUM_BATCH:
            self.fail("length", maximum=MAXIMUM_BATCH)
        return data


class BatchSerializer(serializers.Serializer[Any]):
    study = serializers.SlugField()
    photo = serializers.RegexField(f"^{SHA256}$")
    events = EventsField()


class StateSerializer(serializers.Serializer[Any]):
    episode = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["open", "submitted"])
    next_seq = serializers.IntegerField()
    steps = StepSerializer(many=True)


class EpisodeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    photo = serializers.CharField()
    study = serializers.SlugField()
    status = serializers.ChoiceField(choices=Episode.Status.values)
    next_seq = serializers.IntegerField()
    steps = StepSerializer(many=True)
    events = EventSerializer(many=True)


class OpenEpisodeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    events = EventSerializer(many=True)


class ProgressSerializer(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class TutorialSerializer(serializers.Serializer[Any]):
    skippable = serializers.BooleanField(help_text="Whether the player has been through it before.")


class NextSerializer(serializers.Serializer[Any]):
    tutorial = TutorialSerializer(allow_null=True, help_text="Where the photo is the practice photo.")
    photo = PhotoSerializer(allow_null=True)
    following = PhotoSerializer(
        allow_null=True, help_text="What is likely to come after it, to be fetched ahead; nothing is settled by it."
    )
    episode = OpenEpisodeSerializer(allow_null=True, help_text="An episode to go on with.")
    instruction = serializers.CharField(
        allow_blank=True, help_text="What is asked on this photo in particular; empty where nothing is."
    )
    progress = ProgressSerializer()
    task = serializers.CharField(
        allow_blank=True,
        help_text="The kind of task that comes next, play or another one; empty for who has done all.",
    )
    elsewhere = serializers.CharField(
        allow_blank=True, help_text="The address of the page of that task, where it is not play; empty else."
    )
    end = serializers.CharField(
        allow_blank=True, help_text="The address of the study's last page, for who has done all; empty for others."
    )
    contract_version = serializers.IntegerField()


class NextView(APIView):
    """What the participant plays next: an open episode first, else a photo that they have not submitted.

    Before all that, people are led through the tutorial once.
    """

    throttle_scope = "play"

    @extend_schema(
        parameters=[OpenApiParameter("practice", bool, description="Whether to go through the tutorial, once more.")],
        responses={200: NextSerializer, "4XX": ErrorSerializer},
        operation_id="next_photo",
    )
    def get(self, request: Request, slug: str) -> Response:
        study = study_for(request, slug)
        participant = joined(request, study)
        task = _current_task(study, participant)
        if task is None or task.kind != PLAY:
            return Response(_no_photo(study, participant, task))
        practises_again = request.query_params.get("practice") == "true"
        tutorial = study.open and (practises_again or is_tutorial_due(study, participant))
        episode = resumable_episode(study, participant, tutorial=tutorial)
        if episode is None and not study.open:
            raise Refusal("study_closed", gettext("This study is closed."), 403)
        submitted = Episode.objects.filter(study=study, participant=participant, status=Episode.Status.SUBMITTED)
        assignment = assign(study, participant, set(submitted.values_list("photo_id", flat=True)))
        ahead = [episode.photo] if episode else [practice_photo()] if tutorial else []
        ahead += [photo for photo in assignment.photos if photo not in ahead]
        photo, following = [*ahead, None, None][:2]
        return Response(
            {
                "tutorial": {"skippable": has_practised(participant)} if tutorial else None,
                "photo": PhotoSerializer(photo).data if photo else None,
                "following": PhotoSerializer(following).data if following else None,
                "episode": {"id": episode.pk, "events": _events(episode)} if episode else None,
                "instruction": "" if tutorial else _instruction(study, episode, assignment.instruction),
                "progress": {"done": assignment.done, "total": assignment.total},
                "task": task.kind,
                "elsewhere": "",
                "end": "" if photo else _end(study, participant),
                "contract_version": filters.VERSION,
            }
        )


class EventsView(APIView):
    """Stores a batch of consecutive events, whole or not at all; the same batch again is answered the same."""

    throttle_scope = "play"

    @extend_schema(
        request=BatchSerializer,
        responses={200: StateSerializer, "4XX": ErrorSerializer},
        operation_id="send_events",
    )
    def post(self, request: Request, episode_id: UUID) -> Response:
        # Here is what webapp.games.short_way has left: little, but whatever is to be refused.
        serializer = BatchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        batch = serializer.validated_data
        events = [PlayedEvent.from_json(event) for event in batch["events"]]
        state = record(participant_key(request), batch["study"], episode_id, batch["photo"], events)
        return Response({"episode": episode_id, **describe(state)})


class EpisodeView(APIView):
    """One of the participant's own episodes, with everything that was stored of it."""

    throttle_scope = "play"

    @extend_schema(responses={200: EpisodeSerializer, "4XX": ErrorSerializer}, operation_id="read_episode")
    def get(self, request: Request, episode_id: UUID) -> Response:
        episode = _own_episode(request, episode_id)
        state = rules.replay(episode.replayable_events(), allow_untouched=True)
        return Response(
            {
                "id": episode.pk,
                "photo": episode.photo_id,
                "study": episode.study.slug,
                **describe(state),
                "status": episode.status,
                "events": _events(episode),
            }
        )


def _current_task(study: Study, participant: Participant) -> Task | None:
    """Return what the participant does next; where a study has no tasks but play, that, also when it is done."""
    if not study.tasks:
        return tasks_of(study)[0]
    return current_task(Participation.objects.select_related("study").get(study=study, participant=participant))


def _no_photo(study: Study, participant: Participant, task: Task | None) -> dict[str, Any]:
    """Return what is said to who plays nothing now: another task comes next, or none."""
    return {
        "tutorial": None,
        "photo": None,
        "following": None,
        "episode": None,
        "instruction": "",
        "progress": {"done": 0, "total": 0},
        "task": task.kind if task else "",
        "elsewhere": reverse(page_of(task), args=[study.slug]) if task else "",
        "end": "" if task else _end(study, participant),
        "contract_version": filters.VERSION,
    }


def _instruction(study: Study, episode: Episode | None, upcoming: str) -> str:
    """Return what is asked on the photo that is played: that of an open episode, else the next one."""
    if episode is None:
        return upcoming
    return instruction(study, episode.photo_id) if episode.attention else ""


def _end(study: Study, participant: Participant) -> str:
    """Return the address of the last page of a study that has one, for who has done all."""
    own = Participation.objects.filter(study=study, participant=participant, completed__isnull=False)
    return reverse("end", args=[study.slug]) if study.has_last_page and own.exists() else ""


def _own_episode(request: Request, episode_id: UUID) -> Episode:
    participant = participant_of(request)
    episodes = Episode.objects.select_related("study").filter(participant=participant)
    episode: Episode = get_object_or_404(episodes, pk=episode_id)
    return episode


def _events(episode: Episode) -> list[dict[str, Any]]:
    return [event.to_json() for event in episode.replayable_events()]
