"""Answering questionnaires: which one is asked, and storing what was answered, once."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language, gettext

from webapp.http.refusals import Refusal
from webapp.questionnaires.models import Answers
from webapp.studies.leases import complete_if_done
from webapp.studies.models import Participation
from webapp.studies.task_order import Task, TaskKind, add_kind, current_task, tasks_of
from webapp.studies.task_structures import QUESTIONNAIRE, answer_names

LONGEST = 100_000  # characters of JSON
# SurveyJS adds to a question's name, for the text beside a choice of "other", or the totals of a table.
_ADDED = ("-Comment", "-total")


def current_questionnaire(participation: Participation) -> Task | None:
    """Return the questionnaire that somebody is asked now; None where something else comes first, or nothing."""
    task = current_task(participation)
    return task if task is not None and task.kind == QUESTIONNAIRE else None


def store(participation: Participation, name: str, key: UUID, values: Mapping[str, Any], ms: int) -> Answers:
    """Take down what somebody answered. The same once more changes nothing.

    Args:
        key: of these answers, made by the client.
        ms: from the first page to the answers, by the client's clock.

    Raises:
        Refusal: ``not_found``, ``other_task`` where something else comes first, ``malformed``, or ``conflict`` where
            other answers were given before.
    """
    with transaction.atomic():
        participation = (
            Participation.objects.select_for_update(no_key=True, of=("self",))
            .select_related("study")
            .get(pk=participation.pk)
        )
        task = next((task for task in tasks_of(participation.own_study) if task.name == name), None)
        if task is None or task.kind != QUESTIONNAIRE:
            raise Refusal("not_found", gettext("There is no such questionnaire."), HTTPStatus.NOT_FOUND)
        stored = Answers.objects.filter(participation=participation, questionnaire=name).first()
        if stored is not None:
            if stored.key != key or stored.values != values:
                raise Refusal("conflict", gettext("You have answered this questionnaire before."))
            return stored
        if current_task(participation) != task:
            raise Refusal("other_task", gettext("Another task of the study comes first: load the page again."))
        _check(participation, name, values)
        if Answers.objects.filter(key=key).exists():
            raise Refusal("conflict", gettext("The key of these answers is taken already."))
        stored = Answers.objects.create(
            participation=participation,
            questionnaire=name,
            key=key,
            values=values,
            language=get_language() or "",
            ms=ms,
        )
        complete_if_done(participation, nothing_left=current_task(participation) is None)
    return stored


def _check(participation: Participation, name: str, values: Mapping[str, Any]) -> None:
    """Refuse answers to what was not asked, and too many of them."""
    if len(json.dumps(values)) > LONGEST:
        message = gettext("These answers are longer than %(longest)s characters.") % {"longest": LONGEST}
        raise Refusal("malformed", message, HTTPStatus.BAD_REQUEST)
    names = answer_names(participation.study.questionnaires[name])
    allowed = names.union(*({f"{question}{added}" for question in names} for added in _ADDED))
    if unknown := [question for question in values if question not in allowed]:
        message = gettext("There is no question %(name)s.") % {"name": unknown[0][:40]}
        raise Refusal("malformed", message, HTTPStatus.BAD_REQUEST)


def _is_done(participation: Participation, task: Task) -> bool:
    return Answers.objects.filter(participation=participation, questionnaire=task.name).exists()


add_kind(QUESTIONNAIRE, TaskKind(page="questionnaire-page", is_done=_is_done, has_begun=_is_done))
