"""A study with tasks beside play: questionnaires before and after, and pictures to judge."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.browser.treatments import AGENT, treat
from webapp.photos.models import Photo
from webapp.studies.models import Study

BEFORE = {
    "title": {"default": "About you", "de": "Über Sie"},
    "pages": [
        {
            "elements": [
                {
                    "type": "radiogroup",
                    "name": "experience",
                    "title": {"default": "How often do you edit photos?", "de": "Wie oft bearbeiten Sie Fotos?"},
                    "isRequired": True,
                    "choices": [
                        {"value": "never", "text": {"default": "Never", "de": "Nie"}},
                        {"value": "monthly", "text": {"default": "Every month", "de": "Jeden Monat"}},
                        {"value": "daily", "text": {"default": "Every day", "de": "Jeden Tag"}},
                    ],
                },
                {
                    "type": "text",
                    "inputType": "number",
                    "name": "age",
                    "min": 18,
                    "title": {"default": "How old are you?", "de": "Wie alt sind Sie?"},
                },
                {
                    "type": "dropdown",
                    "name": "screen",
                    "title": {"default": "What do you look at?", "de": "Worauf schauen Sie?"},
                    "choices": ["Laptop", "Monitor", "Tablet"],
                },
            ]
        },
        {
            "elements": [
                {"type": "rating", "name": "mood", "title": {"default": "How are you?", "de": "Wie geht es Ihnen?"}},
                {
                    "type": "matrix",
                    "name": "statements",
                    "title": {"default": "I agree that", "de": "Ich stimme zu"},
                    "columns": [
                        {"value": 1, "text": "No"},
                        {"value": 2, "text": "Partly"},
                        {"value": 3, "text": "Yes"},
                    ],
                    "rows": [
                        {"value": "light", "text": "Light matters."},
                        {"value": "colour", "text": "Colour matters."},
                    ],
                },
                {"type": "comment", "name": "remarks", "title": {"default": "Anything else?", "de": "Noch etwas?"}},
            ]
        },
    ],
}
AFTER = {"elements": [{"type": "boolean", "name": "again", "title": "Would you do it again?"}]}
QUESTIONNAIRES = {"before": BEFORE, "after": AFTER}
MAKERS = ["person", "agent", "untouched"]
BRIGHT = (("exposure", {"ev": 1.6}), ("contrast", {"amount": 0.3}))
WARM = (("exposure", {"ev": 1.1}), ("white_balance", {"temperature": 0.25, "tint": 0.0}))


def judging(kind: str, trials: int, **settings: Any) -> dict[str, Any]:
    """A task of judging."""
    return {"kind": kind, "name": f"judge-{kind}", "makers": MAKERS, "trials": trials, **settings}


def configure(tasks: Sequence[dict[str, Any]]) -> Study:
    """Give the one study these tasks."""
    study = Study.objects.get()
    study.change({"tasks": list(tasks), "questionnaires": QUESTIONNAIRES, "reveal": "off"})
    study.full_clean()
    study.save()
    return study


def treat_all(photos: Sequence[Photo], treat: Callable[..., Any] = treat) -> None:
    """Let a person and an agent each do these photos."""
    for number, photo in enumerate(photos):
        treat(photo, BRIGHT, f"person-{number}")
        treat(photo, WARM, AGENT)
