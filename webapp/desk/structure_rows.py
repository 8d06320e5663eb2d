"""The rows of those settings of a study that are lists or objects: conditions, translations, tasks, questionnaires."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from webapp.desk.rows import Row
from webapp.studies.configuration import LANGUAGES, Configuration, setting
from webapp.studies.structures import TRANSLATED
from webapp.studies.task_structures import JUDGEMENTS, MAKERS, OWN, PLAY, QUESTIONNAIRE, UNTOUCHED

_AS_IN_THE_STUDY = "as in the study"
_EXAMPLE_SURVEY = '{"elements": [{"type": "text", "name": "age", "title": "How old are you?"}]}'


class Json(forms.JSONField):
    """JSON that is written indented, and of which nothing is left where it is empty."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {"rows": 4, "class": "code", "spellcheck": "false"}

    def prepare_value(self, value: Any) -> Any:
        """Write a value as text."""
        if value in (None, {}):
            return ""
        return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)


class Sentences(forms.CharField):
    """A list of sentences, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """Write a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Read lines as a list."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether other sentences were typed."""
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))


class _WithMore(Row):
    """A row with fields for most of what an entry may have, and JSON for the rest."""

    def clean_more(self) -> dict[str, Any]:
        """Refuse JSON that is no object."""
        more = self.cleaned_data["more"]
        if more is None:
            return {}
        if not isinstance(more, dict):
            raise ValidationError('An object, such as {"agent": ""}.')
        return more


class ConditionRow(_WithMore):
    """A condition: its name, and each setting that it may change."""

    noun = "condition"
    # What stands in the rest alone: tasks are a structure of their own.
    _ELSEWHERE: ClassVar[set[str]] = {"tasks"}

    name = forms.CharField(max_length=40, help_text="a to z, 0 to 9, _ and -: it stands in exports")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._changeable():
            self.fields[name] = _optional(name)
        self.fields["more"] = Json(
            label="other changes, as JSON",
            help_text='what has no field here, such as other tasks, {"tasks": [{"kind": "play"}]}, or all photos, '
            '{"photos_per_participant": null}',
        )

    @classmethod
    def _changeable(cls) -> list[str]:
        by_condition = Configuration.BY_CONDITION - cls._ELSEWHERE
        return [name for name in Configuration.setting_names() if name in by_condition]

    @classmethod
    def split(cls, setting: Any) -> list[dict[str, Any]]:
        """Return the rows of conditions."""
        return [cls._fields_of(condition) for condition in setting or []]

    @classmethod
    def _fields_of(cls, condition: Mapping[str, Any]) -> dict[str, Any]:
        changes = condition["changes"]
        # An empty field stands for no change; so what is changed to nothing has none.
        in_fields = {name for name in cls._changeable() if changes.get(name) not in (None, "", [])}
        fields = {name: {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
                  for name, value in changes.items() if name in in_fields}  # fmt: skip
        more = {name: value for name, value in changes.items() if name not in in_fields}
        return {"name": condition["name"], **fields, "more": more}

    @classmethod
    def join(cls, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return conditions."""
        return [
            {
                "name": row["name"],
                "changes": {name: row[name] for name in cls._changeable() if row[name] not in (None, "", [])}
                | row["more"],
            }
            for row in rows
        ]


def _optional(name: str) -> forms.Field:
    """Return the field of a setting, with nothing to say that it stays as it is."""
    field = setting(name)
    if field.get_internal_type() == "BooleanField":
        choices = [("", _AS_IN_THE_STUDY), ("yes", "yes"), ("no", "no")]
        return forms.TypedChoiceField(
            choices=choices, coerce=lambda value: value == "yes", empty_value=None, required=False,
            label=field.verbose_name,
        )  # fmt: skip
    if field.choices:
        choices = [("", _AS_IN_THE_STUDY), *field.choices]
        return forms.ChoiceField(choices=choices, required=False, label=field.verbose_name)
    made: Any = field.formfield()
    made.required, made.initial, made.help_text = False, None, ""
    if isinstance(made, forms.MultipleChoiceField):
        made.label = f"{made.label}: none ticked, {_AS_IN_THE_STUDY}"
    else:
        made.widget.attrs["placeholder"] = _AS_IN_THE_STUDY
    return made  # type: ignore[no-any-return]


class TranslationRow(Row):
    """The texts in a language."""

    noun = "language"

    language = forms.CharField(max_length=11, help_text="its code, such as de")
    title = forms.CharField(required=False, max_length=200)
    consent_text = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 8}))
    consent_boxes = Sentences(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="one a line, in the order of those above"
    )
    debriefing = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))

    @classmethod
    def split(cls, setting: Any) -> list[dict[str, Any]]:
        """Return a row for each language."""
        return [{"language": language, **texts} for language, texts in (setting or {}).items()]

    @classmethod
    def join(cls, rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return texts by language."""
        _check_names([row["language"] for row in rows], "Each language comes once.")
        return {row["language"]: {name: row[name] for name in TRANSLATED if row[name]} for row in rows}


class TaskRow(_WithMore):
    """A task: its kind and its name, and of judgements what is shown."""

    noun = "task"
    _NUMBERS: ClassVar[tuple[str, ...]] = ("trials", "judgements_per_picture", "repeat_share", "repeat_distance")

    kind = forms.ChoiceField(
        choices=[
            ("", "choose one"),
            (PLAY, "play"),
            (QUESTIONNAIRE, "a questionnaire"),
            *zip(
                JUDGEMENTS,
                (
                    "a rating: one picture, 1 to 5",
                    "a pair: which of two is better",
                    "a Turing question: a person or a program",
                    "a Turing question of two: which did a person make",
                ),
                strict=True,
            ),
        ]
    )
    name = forms.CharField(
        required=False, max_length=40, help_text="of a questionnaire, the one below that it asks. Play has none"
    )
    makers = forms.MultipleChoiceField(
        choices=[(name, name) for name in (*MAKERS, UNTOUCHED, *OWN)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label="who made the pictures",
    )
    agents = forms.CharField(
        required=False, max_length=500, help_text="agents by their names, with commas between: agent:pretrained"
    )
    trials = forms.IntegerField(required=False, help_text="how many questions a participant is asked")
    judgements_per_picture = forms.IntegerField(required=False, help_text="wanted; empty: any number")
    repeat_share = forms.FloatField(required=False, help_text="of the questions that are asked twice, 0 to 1")
    repeat_distance = forms.IntegerField(required=False, help_text="at least so many others lie between the two")
    studies = forms.CharField(
        required=False, max_length=500, help_text="whose pictures: slugs, with commas between. Empty: this study's"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, language in LANGUAGES:
            self.fields[f"question_{code}"] = forms.CharField(
                required=False, max_length=300, label=f"question, {language}", help_text="empty: the usual one"
            )
        self.fields["more"] = Json(
            label="other settings, as JSON",
            help_text='such as {"attention_items": [{"photo": SHA-256, "answers": [2], "instruction": '
            '{"en": "Please choose 2 here."}}]}',
        )

    @classmethod
    def split(cls, setting: Any) -> list[dict[str, Any]]:
        """Return a row for each task, in order."""
        return [cls._fields_of(task) for task in setting or []]

    @classmethod
    def _fields_of(cls, task: Mapping[str, Any]) -> dict[str, Any]:
        makers = task.get("makers", [])
        words = {*MAKERS, UNTOUCHED, *OWN}
        question = task.get("question", {})
        codes = {code for code, _ in LANGUAGES}
        fields: dict[str, Any] = {
            "kind": task["kind"],
            "name": task.get("name", ""),
            "makers": [name for name in makers if name in words],
            "agents": ", ".join(name for name in makers if name not in words),
            "studies": ", ".join(task.get("studies", [])),
            **{name: task[name] for name in cls._NUMBERS if name in task},
            **{f"question_{code}": text for code, text in question.items() if code in codes},
        }
        known = {"kind", "name", "makers", "studies", *cls._NUMBERS, "question"}
        more: dict[str, Any] = {name: value for name, value in task.items() if name not in known}
        if set(question) - codes:
            more["question"] = {code: text for code, text in question.items() if code not in codes}
        return fields | {"more": more}

    @classmethod
    def join(cls, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return tasks."""
        return [cls._task_of(row) for row in rows]

    @classmethod
    def _task_of(cls, row: dict[str, Any]) -> dict[str, Any]:
        more = dict(row["more"])
        question = {code: text for code, _ in LANGUAGES if (text := row[f"question_{code}"])}
        given: dict[str, Any] = {
            "name": row["name"],
            "makers": [*row["makers"], *_names(row["agents"])],
            **{name: row[name] for name in cls._NUMBERS},
            "question": question | more.pop("question", {}),
            "studies": _names(row["studies"]),
        }
        return (
            {"kind": row["kind"]}
            | {name: value for name, value in given.items() if value not in (None, "", [], {})}
            | more
        )


class QuestionnaireRow(Row):
    """A questionnaire, as SurveyJS's editor exports it."""

    noun = "questionnaire"

    name = forms.CharField(max_length=40, help_text="a to z, 0 to 9, _ and -: tasks and exports name it so")
    survey = Json(label="SurveyJS's JSON", help_text=f"such as {_EXAMPLE_SURVEY}")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["survey"].required = True
        self.fields["survey"].widget.attrs["rows"] = 10

    @classmethod
    def split(cls, setting: Any) -> list[dict[str, Any]]:
        """Return a row for each questionnaire."""
        return [{"name": name, "survey": survey} for name, survey in (setting or {}).items()]

    @classmethod
    def join(cls, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return questionnaires by name."""
        _check_names([row["name"] for row in rows], "Each questionnaire has a name of its own.")
        return {row["name"]: row["survey"] for row in rows}


def _check_names(names: Sequence[str], message: str) -> None:
    if len(set(names)) < len(names):
        raise ValidationError(message)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
