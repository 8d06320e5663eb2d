"""What a robot answers to a questionnaire, whose questions are in SurveyJS's JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

OWN_WORDS = "Said by a robot."


@dataclass(frozen=True)
class Answered:
    """Answers that the site has acknowledged.

    Attributes:
        language: in which the site asked.
        ms: from the first page to the answers.
    """

    questionnaire: str
    values: Mapping[str, Any]
    language: str
    ms: int

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each question that was answered, as an export has it."""
        own = {"questionnaire": self.questionnaire, "language": self.language, "ms": self.ms}
        for question, value in self.values.items():
            yield own | {"question": question, "answer": json.dumps(value, sort_keys=True, ensure_ascii=False)}


def answers_to(survey: Mapping[str, Any], random: Random) -> dict[str, Any]:
    """Return an answer to each question of a survey: a choice at random, else a few words."""
    return {question["name"]: _answer(question, random) for question in _questions(survey)}


def _questions(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for element in (*part.get("pages", ()), *part.get("elements", ())):
        if "elements" in element:  # a page or a panel
            yield from _questions(element)
        elif element.get("type") not in ("html", "image"):
            yield element


def _answer(question: Mapping[str, Any], random: Random) -> Any:
    kind = question.get("type")
    if kind == "boolean":
        return random.random() < 0.5
    if kind == "rating":
        return random.randint(question.get("rateMin", 1), question.get("rateMax", 5))
    if choices := question.get("choices"):
        chosen = random.choice(choices)
        value = chosen["value"] if isinstance(chosen, dict) else chosen
        return [value] if kind == "checkbox" else value
    return OWN_WORDS
