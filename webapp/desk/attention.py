"""Attention items: a photo with an instruction, and rules over the finished steps."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from editing.game.filters import FILTERS
from webapp.desk.access import for_members, render_desk
from webapp.desk.rows import Row, Rows
from webapp.studies.configuration import LANGUAGES
from webapp.studies.copying import account_of, sentences
from webapp.studies.members import Role
from webapp.studies.models import Study

_MATCHES = {"any": "One of them is enough", "all": "All of them"}
# What a new item asks for, before anything else is typed.
_BLACK_AND_WHITE = [{"filter": "black_white", "parameter": "amount", "low": 0.9, "high": 1}]


class RuleRow(Row):
    """A parameter of a filter, and which of its values are right."""

    noun = "rule"

    setting = forms.ChoiceField(
        label="A step with",
        choices=[("", "choose one")]
        + [
            (
                f"{slug}.{parameter.name}",
                f"{filter_.label}: {parameter.label} ({parameter.low:g} to {parameter.high:g})",
            )
            for slug, filter_ in FILTERS.items()
            if not filter_.curves
            for parameter in filter_.parameters
        ],
    )
    low = forms.FloatField(label="from")
    high = forms.FloatField(label="to")

    @classmethod
    def split(cls, setting: Any) -> list[dict[str, Any]]:
        """Return a row for each rule."""
        return [
            {"setting": f"{rule['filter']}.{rule['parameter']}", "low": rule["low"], "high": rule["high"]}
            for rule in setting or []
        ]

    @classmethod
    def join(cls, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return rules."""
        if not rows:
            raise ValidationError("Say at least one thing that is right.")
        return [cls._rule(row) for row in rows]

    @classmethod
    def _rule(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        filter_, _, parameter = row["setting"].partition(".")
        return {"filter": filter_, "parameter": parameter, "low": row["low"], "high": row["high"]}


class AttentionItem(forms.Form):
    """What is asked on a photo, and which finished steps do it."""

    rules = Rows(RuleRow, label="What is right", help_text="The values are in the filter's own unit.")
    match = forms.ChoiceField(label="Of these", choices=list(_MATCHES.items()))

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked: dict[str, forms.Field] = {}
        for code in languages:
            label = f"Instruction, {dict(LANGUAGES)[code]}"
            asked[f"instruction_{code}"] = forms.CharField(label=label, max_length=300, required=False)
        asked[
            f"instruction_{languages[-1]}"
        ].help_text = "Empty in all languages: nothing is asked, and the photo has a known right move."
        self.fields = asked | self.fields

    def item(self, photo: str) -> dict[str, Any]:
        """Return the item as the configuration has it."""
        given = {name: text for name, text in self.cleaned_data.items() if name.startswith("instruction_") and text}
        return {
            "photo": photo,
            "instruction": {name.removeprefix("instruction_"): text for name, text in given.items()},
            "rules": self.cleaned_data["rules"],
            "match": self.cleaned_data["match"],
        }


@for_members(Role.EDITOR)
def attention_page(request: HttpRequest, study: Study, sha256: str) -> HttpResponseBase:
    """Make a photo an attention item, change what it asks, or make it an ordinary photo again."""
    photo = get_object_or_404(study.playable, pk=sha256)
    current = next((item for item in study.attention_items if item["photo"] == sha256), None)
    languages = study.languages or [code for code, _ in LANGUAGES]
    form = AttentionItem(request.POST or None, initial=_initial(current), languages=languages)
    problems: list[str] = []
    if request.method == "POST":
        removes = request.POST.get("remove") == "yes"
        if removes or form.is_valid():
            others = [item for item in study.attention_items if item["photo"] != sha256]
            study.attention_items = others if removes else [*others, form.item(sha256)]
            try:
                study.full_clean()
            except ValidationError as error:
                problems = [sentence.removeprefix("attention_items: ") for sentence in sentences(error)]
            else:
                study.changed_by = account_of(request.user)
                study.save()
                return redirect("desk-photos", study.slug)
    return render_desk(
        request, "attention", study, 400 if request.method == "POST" else 200,
        tab="photos", photo=photo, form=form, current=current, problems=problems,
    )  # fmt: skip


def _initial(current: Mapping[str, Any] | None) -> dict[str, Any]:
    if current is None:
        return {"rules": _BLACK_AND_WHITE, "match": "any"}
    texts = {f"instruction_{code}": text for code, text in current["instruction"].items()}
    return {"rules": current.get("rules", [current]), "match": current.get("match", "any"), **texts}
