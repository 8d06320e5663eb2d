"""Checks of those settings of a study that are lists or objects; each says in a sentence what is wrong."""

import math
import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from editing.game.filters import FILTERS
from webapp.photos.models import SHA256

TRANSLATED = ("title", "consent_text", "consent_boxes", "debriefing")
MOST_RULES = 10
_RULE = {"filter", "parameter", "low", "high"}
_NAME = re.compile(r"[a-z0-9_-]{1,40}\Z")


def check_boxes(value: Any) -> None:
    """Refuse anything but a list of sentences.

    Raises:
        ValidationError: saying what is wrong.
    """
    if not isinstance(value, list) or not all(isinstance(box, str) and box.strip() for box in value):
        raise ValidationError('A list of sentences, such as ["I am 18 or older."].')


def check_translations(value: Any) -> None:
    """Refuse anything but texts by language.

    Raises:
        ValidationError: saying what is wrong.
    """
    if not isinstance(value, dict) or not all(isinstance(texts, dict) for texts in value.values()):
        raise ValidationError('Texts by language, such as {"de": {"title": "Fotos entwickeln"}}.')
    for language, texts in value.items():
        if not re.fullmatch(r"[a-z]{2,3}(-[a-z]{2,8})?", language):
            raise ValidationError(f"{language[:20]!r} is no code of a language, such as de.")
        for name, text in texts.items():
            if name not in TRANSLATED:
                raise ValidationError(f"{language}: there is no text {name[:40]!r}; there are {', '.join(TRANSLATED)}.")
            if name == "consent_boxes":
                check_boxes(text)
            elif not isinstance(text, str):
                raise ValidationError(f"{language}: {name} must be a text.")


def check_conditions(value: Any) -> None:
    """Refuse anything but named variants.

    Raises:
        ValidationError: saying what is wrong.
    """
    for number, condition in enumerate(_objects(value), 1):
        if set(condition) != {"name", "changes"}:
            raise ValidationError(f"Condition {number} must have exactly: name, changes.")
        name, changes = condition["name"], condition["changes"]
        if not isinstance(name, str) or not _NAME.match(name):
            raise ValidationError(f"Condition {number}: its name has 1 to 40 of a-z, 0-9, _ and -.")
        if not isinstance(changes, dict):
            raise ValidationError(f"Condition {number}: its changes are an object of settings.")
    names = [condition["name"] for condition in value]
    if len(set(names)) < len(names) or len(names) == 1:
        raise ValidationError("Conditions are at least two, and each has a name of its own.")


def check_attention_items(value: Any) -> None:
    """Refuse anything but photos with an instruction and one or several rules over the finished steps.

    Raises:
        ValidationError: saying what is wrong.
    """
    for number, item in enumerate(_objects(value), 1):
        rules = _rules_of(number, item)
        if not isinstance(item["photo"], str) or not re.fullmatch(SHA256, item["photo"]):
            raise ValidationError(f"Item {number}: photo is the SHA-256 of a photo of the study.")
        instruction = item["instruction"]
        if not isinstance(instruction, dict) or not all(map(_is_text, instruction.values())):
            message = f'Item {number}: instruction has a text by language, {{"en": "..."}}, or none: {{}}.'
            raise ValidationError(message)
        for rule in rules:
            _check_rule(number, rule)
    photos = [item["photo"] for item in value]
    if len(set(photos)) < len(photos):
        raise ValidationError("Each item has a photo of its own.")


def _rules_of(number: int, item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rules of an item: several, or the one that stands in the item itself."""
    several = {"photo", "instruction", "rules"}
    if several <= set(item) <= several | {"match"}:
        rules = item["rules"]
        if not isinstance(rules, list) or not 0 < len(rules) <= MOST_RULES or not all(map(_is_rule, rules)):
            members = ", ".join(sorted(_RULE))
            raise ValidationError(f"Item {number}: rules are a list of up to {MOST_RULES}, each with {members}.")
        if item.get("match", "any") not in ("any", "all"):
            raise ValidationError(f"Item {number}: match is any, where one rule is enough, or all.")
        return rules
    if set(item) != {"photo", "instruction", *_RULE}:
        raise ValidationError(f"Item {number} must have photo, instruction and rules, and may have match.")
    return [item]


def _is_rule(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == _RULE


def _check_rule(number: int, rule: Mapping[str, Any]) -> None:
    filter_ = FILTERS.get(rule["filter"]) if isinstance(rule["filter"], str) else None
    if filter_ is None:
        raise ValidationError(f"Item {number}: filter is one of {', '.join(FILTERS)}.")
    if rule["parameter"] not in filter_.neutral:
        raise ValidationError(f"Item {number}: parameter is one of {', '.join(filter_.neutral)}.")
    if not (_is_number(rule["low"]) and _is_number(rule["high"]) and rule["low"] <= rule["high"]):
        raise ValidationError(f"Item {number}: low and high are numbers, low the smaller one.")
    parameter = next(known for known in filter_.parameters if known.name == rule["parameter"])
    if rule["high"] < parameter.low or rule["low"] > parameter.high:
        raise ValidationError(f"Item {number}: {parameter.name} lies in {parameter.low:g} to {parameter.high:g}.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """Return a list of objects."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValidationError("A list of objects, in square brackets.")
    return value
