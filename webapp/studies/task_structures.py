"""Checks of the tasks of a study, and of its questionnaires; each says in a sentence what is wrong."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from editing.game.filters import FILTERS
from editing.game.parameters import ParameterError
from editing.game.rules import MAXIMUM_STEPS
from webapp.photos.models import SHA256

PLAY, QUESTIONNAIRE = "play", "questionnaire"
# Of one picture, how good it is, 1 to 5; of two, which is better; whether a person or a program made it; of two, which
# a person made.
RATING, PAIR, TURING, TURING_PAIR = "rating", "pair", "turing", "turing_pair"
JUDGEMENTS = (RATING, PAIR, TURING, TURING_PAIR)
PAIRS = (PAIR, TURING_PAIR)
# By the kind of judgement, the smallest and the largest answer: a mark; of two, the place chosen; 0 for a person and 1
# for a program.
ANSWERS: Mapping[str, tuple[int, int]] = {RATING: (1, 5), PAIR: (0, 1), TURING: (0, 1), TURING_PAIR: (0, 1)}
# Who may have made a picture: kinds of players by the word for it, and nobody.
MAKERS: Mapping[str, str] = {
    "person": "human",
    "expert": "expert",
    "agent": "agent",
    "baseline": "baseline",
    "robot": "robot",
}
UNTOUCHED = "untouched"
# What is shown to nobody but the one who judges: what they made themselves, and the agent that was fitted to them.
SELF, PERSONAL_AGENT = "self", "personal_agent"
OWN = (SELF, PERSONAL_AGENT)
PEOPLE = ("person", "expert")

_NAME = re.compile(r"[a-z0-9_-]{1,40}\Z")
_JUDGEMENT_SETTINGS = {
    "makers",
    "trials",
    "judgements_per_picture",
    "repeat_share",
    "repeat_distance",
    "attention_items",
    "question",
    "studies",
}
_LARGEST_SURVEY = 200_000
_MOST = 1000  # of trials and the like
_NAMES = ("name", "valueName", "setToName")
_UNANSWERED = ("panel", "html", "image", "expression")
# What would send files, or needs styles that the content security policy refuses.
_REFUSED_QUESTIONS = ("file", "signaturepad", "imagemap")


def check_tasks(value: Any) -> None:
    """Refuse anything but a list of tasks.

    Raises:
        ValidationError: saying what is wrong.
    """
    if not isinstance(value, list) or not all(isinstance(task, dict) for task in value):
        raise ValidationError(
            'A list of tasks, such as [{"kind": "play"}, {"kind": "questionnaire", "name": "after"}].'
        )
    for number, task in enumerate(value, 1):
        try:
            _check_task(task)
        except ValidationError as error:
            raise ValidationError(f"Task {number}: {' '.join(error.messages)}") from None
    names = [task.get("name", PLAY) for task in value]
    if len(set(names)) < len(names):
        raise ValidationError("Each task has a name of its own, and play comes once.")


# Questions to which nobody answers in their own words.
_CLOSED_QUESTIONS = ("radiogroup", "checkbox", "dropdown", "tagbox", "rating", "boolean", "ranking", "imagepicker")


def check_questionnaires(value: Any) -> None:
    """Refuse anything but questionnaires in SurveyJS's JSON, by name.

    Raises:
        ValidationError: saying what is wrong.
    """
    if not isinstance(value, dict):
        raise ValidationError('Questionnaires by name: {"before": {"pages": [...]}}.')
    for name, survey in value.items():
        if not _NAME.match(name):
            raise ValidationError(f"{name[:40]!r}: a name has 1 to 40 of a-z, 0-9, _ and -.")
        if not isinstance(survey, dict) or not (survey.get("pages") or survey.get("elements")):
            raise ValidationError(f"{name}: SurveyJS's JSON is an object with pages or elements.")
        if len(json.dumps(survey)) > _LARGEST_SURVEY:
            raise ValidationError(f"{name}: it is larger than {_LARGEST_SURVEY:,} characters.")
        types = {str(element.get("type")) for element in _objects_within(survey)}
        if refused := types.intersection(_REFUSED_QUESTIONS):
            raise ValidationError(f"{name}: questions of the type {min(refused)} cannot be asked here.")
        if not asks_anything(survey):
            raise ValidationError(f"{name}: it asks nothing: no question has a name.")


def asks_anything(survey: Mapping[str, Any]) -> bool:
    """Tell whether a questionnaire has a question that is answered."""
    return any(_NAMES[0] in found and found.get("type", "html") not in _UNANSWERED for found in _objects_within(survey))


def answer_names(survey: Mapping[str, Any]) -> set[str]:
    """Return the names under which SurveyJS may give answers: of questions, and of what follows from them."""
    return {str(found[name]) for found in _objects_within(survey) for name in _NAMES if found.get(name)}


def closed_questions(survey: Mapping[str, Any]) -> set[str]:
    """Return the names of the questions whose answers are among what the questionnaire offers, never own words."""
    names: dict[str, bool] = {}
    own_words = survey.get("storeOthersAsComment") is False
    for found in _objects_within(survey):
        if found.get("name") and "type" in found:
            has_other = own_words and any(found.get(name) for name in ("showOtherItem", "hasOther"))
            is_closed = found["type"] in _CLOSED_QUESTIONS and not has_other
            names[str(found["name"])] = names.get(str(found["name"]), True) and is_closed
    return {name for name, is_closed in names.items() if is_closed}


def _objects_within(value: Any) -> Iterable[Mapping[str, Any]]:
    """Yield all objects of a JSON value, from the outside in."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects_within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects_within(inner)


def _check_task(task: Mapping[str, Any]) -> None:
    kind = task.get("kind")
    if kind == PLAY:
        _check_members(task, set())
        return
    if kind not in (QUESTIONNAIRE, *JUDGEMENTS):
        raise ValidationError(f"kind is one of {', '.join((PLAY, QUESTIONNAIRE, *JUDGEMENTS))}.")
    if not isinstance(task.get("name"), str) or not _NAME.match(task["name"]) or task["name"] == PLAY:
        raise ValidationError("name has 1 to 40 of a-z, 0-9, _ and -, and is not play.")
    _check_members(task, {"name"} | (set() if kind == QUESTIONNAIRE else _JUDGEMENT_SETTINGS))
    if kind in JUDGEMENTS:
        _check_judgements(task)


def _check_members(task: Mapping[str, Any], allowed: set[str]) -> None:
    if unknown := set(task) - allowed - {"kind"}:
        known = f"; there are {', '.join(sorted(allowed))}" if allowed else ""
        raise ValidationError(f"there is no setting {min(unknown)[:40]} of this kind of task{known}.")


def _check_judgements(task: Mapping[str, Any]) -> None:
    _check_makers(task["kind"], task.get("makers"))
    for name, low in (("trials", 1), ("judgements_per_picture", 1), ("repeat_distance", 0)):
        if name in task and not _is_whole(task[name], low, _MOST):
            raise ValidationError(f"{name} is a whole number from {low} to {_MOST}.")
    share = task.get("repeat_share", 0)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ValidationError("repeat_share is a number from 0 to 1.")
    if "question" in task and not _is_text_by_language(task["question"]):
        raise ValidationError('question has a text by language: {"en": "..."}.')
    for own in OWN:
        if "studies" in task and own in task["makers"]:
            raise ValidationError(f"{own} plays this study's own photos: leave studies out.")
    if "studies" in task and not (task["studies"] and _is_list_of_names(task["studies"])):
        raise ValidationError('studies is a list of slugs, such as ["default"].')
    items = task.get("attention_items", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValidationError("attention_items is a list of objects.")
    for number, item in enumerate(items, 1):
        _check_attention_item(task["kind"], number, item)


def _check_makers(kind: str, makers: Any) -> None:
    if not _is_list_of_names(makers) or not makers or not all(map(_is_maker, makers)):
        raise ValidationError(f"makers is a list of some of {', '.join([*MAKERS, UNTOUCHED, *OWN])}, or agent:NAME.")
    if len(set(makers)) < len(makers) or ("agent" in makers and any(name.startswith("agent:") for name in makers)):
        raise ValidationError("makers names each maker once; agent stands for all agents.")
    if SELF in makers and set(makers) & {"person", "robot"}:
        raise ValidationError(f"{SELF} shows people their own pictures, person and robot the same to others: name one.")
    if kind in PAIRS and len(makers) < 2:
        raise ValidationError("of two pictures each has another maker: makers has at least two.")
    if kind in (TURING, TURING_PAIR) and not (set(makers) & set(PEOPLE) and set(makers) - set(PEOPLE)):
        raise ValidationError("makers has people, and others, between whom to tell.")


def _check_attention_item(kind: str, number: int, item: Mapping[str, Any]) -> None:
    allowed = {"photo", "answers", "instruction", "steps"}
    if not {"photo", "answers"} <= set(item) <= allowed:
        raise ValidationError(f"attention item {number} has photo and answers, and may have instruction and steps.")
    if not isinstance(item["photo"], str) or not re.fullmatch(SHA256, item["photo"]):
        raise ValidationError(f"attention item {number}: photo is the SHA-256 of a photo.")
    low, high = ANSWERS[kind]
    answers = item["answers"]
    if not isinstance(answers, list) or not answers or not all(_is_whole(answer, low, high) for answer in answers):
        raise ValidationError(f"attention item {number}: answers is a list of right ones, from {low} to {high}.")
    if "instruction" in item and not _is_text_by_language(item["instruction"]):
        raise ValidationError(f'attention item {number}: instruction has a text by language: {{"en": "..."}}.')
    if "steps" in item:
        shown = 2 if kind in PAIRS else 1
        if not isinstance(item["steps"], list) or len(item["steps"]) != shown:
            raise ValidationError(f"attention item {number}: steps has a list of steps for each of {shown} pictures.")
        for steps in item["steps"]:
            _check_steps(number, steps)


def _check_steps(number: int, steps: Any) -> None:
    if not isinstance(steps, list) or len(steps) > MAXIMUM_STEPS:
        raise ValidationError(f"attention item {number}: at most {MAXIMUM_STEPS} steps, as a list.")
    for step in steps:
        filter_ = FILTERS.get(str(step.get("filter"))) if isinstance(step, dict) else None
        if filter_ is None or set(step) != {"filter", "parameters"} or not isinstance(step["parameters"], dict):
            raise ValidationError(
                f'attention item {number}: a step is such as {{"filter": "exposure", "parameters": {{"ev": -3}}}}.'
            )
        try:
            filter_.check(step["parameters"])
        except ParameterError as error:
            raise ValidationError(f"attention item {number}: {error}") from None


def _is_maker(name: str) -> bool:
    return name in MAKERS or name in (UNTOUCHED, *OWN) or (name.startswith("agent:") and len(name) > len("agent:"))


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and 0 < len(name) <= 200 for name in value)


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_text_by_language(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(text, str) and text.strip() for text in value.values())
    )
