"""The rows of the tables ``judgements`` and ``answers``: what participants said of pictures, and to questionnaires."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from webapp.questionnaires.models import Answers
from webapp.ratings.models import Judgement, Place
from webapp.studies.models import Participation, Study, pseudonym_in_study
from webapp.studies.task_structures import MAKERS

Row = dict[str, Any]
_WORDS = {kind: word for word, kind in MAKERS.items()}


def task_judgements(studies: Iterable[Study]) -> QuerySet[Judgement]:
    """Return what was said in tasks of judging, in the order of the table."""
    return with_what_was_shown(Judgement.objects.filter(showing__study__in=studies).exclude(showing__task=""))


def with_what_was_shown(judgements: QuerySet[Judgement]) -> QuerySet[Judgement]:
    """Return judgements with all that their rows are made of."""
    named = judgements.annotate(player=pseudonym_in_study("showing__study", "showing__participant"))
    related = named.select_related("showing__participant", "showing__study")
    return related.prefetch_related("showing__places__episode__participant").order_by("made", "pk")


def judgement_row(judgement: Any, exported: Mapping[UUID, str] | None = None) -> Row:
    """Return the row of a judgement with its ``player``.

    Args:
        exported: what the episodes that can be named are called; all can, by their ids, where it is None.
    """
    showing = judgement.showing
    places = list(showing.places.all())
    keys = [place.episode_id for place in places]
    return {
        "player": judgement.player,
        "player_kind": showing.participant.kind,
        "study": showing.study.slug,
        "condition": showing.condition,
        "task": showing.task,
        "position": showing.position,
        "photo": showing.photo_id,
        "kind": judgement.kind,
        "episodes": [_episode_name(key, exported) for key in keys],
        "makers": [_maker(place) for place in places],
        **{flag: getattr(showing, flag) for flag in ("repeat", "attention", "failed", "preview", "surplus")},
        "answer": judgement.answer,
        "ms": judgement.ms,
        "made": judgement.made,
    }


def _episode_name(key: UUID | None, exported: Mapping[UUID, str] | None) -> str | None:
    if key is None or exported is None:
        return str(key) if key else None
    return exported.get(key)


def _maker(place: Place) -> str:
    if place.maker or place.episode is None:
        return place.maker
    participant = place.episode.participant
    return participant.pseudonym if participant.kind == "agent" else _WORDS[participant.kind]


def answers_of(studies: Iterable[Study]) -> QuerySet[Answers]:
    """Return what was answered to the questionnaires of studies."""
    rows = Answers.objects.filter(participation__study__in=studies)
    related = rows.select_related("participation__study", "participation__participant")
    return related.order_by("participation__study__slug", "participation__pseudonym", "questionnaire")


def answer_rows(answers: Iterable[Answers]) -> Iterator[Row]:
    """Yield a row for each question that was answered."""
    for stored in answers:
        participation = stored.participation
        for question in sorted(stored.values):
            yield {
                "study": participation.study.slug,
                "player": participation.pseudonym,
                "player_kind": participation.participant.kind,
                "condition": participation.condition,
                "questionnaire": stored.questionnaire,
                "question": question,
                "answer": json.dumps(stored.values[question], sort_keys=True, ensure_ascii=False),
                "language": stored.language,
                "preview": participation.preview,
                "ms": stored.ms,
                "made": stored.made,
            }


def said_in_tasks(participation: Participation) -> tuple[list[Row], list[Row]]:
    """Return the rows of what somebody said in tasks of judging, and to questionnaires."""
    judgements = task_judgements([participation.study]).filter(showing__participant=participation.participant_id)
    answers = answers_of([participation.study]).filter(participation=participation)
    return [judgement_row(judgement) for judgement in judgements], list(answer_rows(answers))
