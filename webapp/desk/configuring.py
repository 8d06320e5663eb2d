"""The form of a study's configuration: all settings, under headings, what is wrong beside each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from webapp.datasets.models import Comparison, PowerAnalysis
from webapp.datasets.power_analysis import ask_for_analysis, pilot_of
from webapp.desk.access import for_members, render_desk
from webapp.desk.planning import planning
from webapp.desk.rows import Rows
from webapp.desk.structure_rows import ConditionRow, QuestionnaireRow, Sentences, TaskRow, TranslationRow
from webapp.http.pace import paced
from webapp.http.versioned_admin import VersionedForm
from webapp.studies.copying import read_configuration, sentences, write_configuration
from webapp.studies.form_sections import SECTIONS
from webapp.studies.log import log
from webapp.studies.members import Role
from webapp.studies.models import DEFAULT, Study

# They stand in the sections for the admin; the desk shows them elsewhere.
_ELSEWHERE = {"former_slugs", "state", "consent_version", "attention_items"}
_LARGEST_FILE = 2**20


class ConfigurationForm(VersionedForm):
    """All settings of a study. What a participant's data depend on can be read alone once it was opened."""

    consent_boxes = Sentences(
        required=False, help_text="sentences that must each be ticked to agree, one a line: I am 18 or older."
    )

    tasks = Rows(
        TaskRow,
        is_ordered=True,
        help_text="what a participant does, in order: play, questionnaires and judgements. None: play alone",
    )
    questionnaires = Rows(QuestionnaireRow, help_text="each is asked by a task above that has its name")
    conditions = Rows(
        ConditionRow, blank=2, help_text="variants between which participants are divided evenly: at least two, or none"
    )
    translations = Rows(
        TranslationRow, help_text="the texts in other languages; what is missing is shown as it stands above"
    )

    class Meta:
        model = Study
        fields = ("slug", *(name for name in Study.setting_names() if name not in _ELSEWHERE))
        widgets = {"retention_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        frozen = Study.FROZEN if self.instance.pk and self.instance.was_opened else frozenset[str]()
        for name, field in self.fields.items():
            is_fixed = name in frozen or (name == "slug" and self.instance.slug == DEFAULT)
            field.disabled = is_fixed
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 10 if name == "consent_text" else 4
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"about-{name}"


@dataclass(frozen=True)
class Section:
    """Settings under a heading."""

    name: str
    anchor: str
    fields: Sequence[BoundField]

    @property
    def has_errors(self) -> bool:
        """Whether something in it is wrong."""
        return any(field.errors for field in self.fields)


def sections_of(form: ConfigurationForm) -> list[Section]:
    """Return the fields of the form under their headings."""
    shown = [(name or "The study", [field for field in fields if field not in _ELSEWHERE]) for name, fields in SECTIONS]
    return [Section(name, slugify(name), [form[field] for field in fields]) for name, fields in shown]


@for_members(Role.EDITOR)
def configure_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the form, and store what is sent; a copy of the study is given to it, so that errors change nothing."""
    form = ConfigurationForm(request.POST or None, instance=Study.objects.get(pk=study.pk))
    status = 200
    if request.method == "POST":
        with transaction.atomic():
            if form.is_valid():
                form.instance.changed_by = request.user
                saved = form.save()
                return redirect("desk-study", saved.slug)
        status = 400
    return _page(request, study, form, status)


def _page(
    request: HttpRequest, study: Study, form: ConfigurationForm, status: int, problems: Sequence[str] = ()
) -> HttpResponse:
    return render_desk(
        request, "configure", study, status, tab="configure", form=form, sections=sections_of(form),
        is_frozen=study.was_opened, problems=problems, comparison=_last_comparison(study), planning=planning(),
        analysis=PowerAnalysis.objects.filter(study=study).first(), pilot=pilot_of(study),
    )  # fmt: skip


def _last_comparison(study: Study) -> Comparison | None:
    """Return the study's latest comparison that was made: it says how many people and photos would do better."""
    own = Q(export__study=study) | Q(version__study=study)
    return Comparison.objects.filter(own, state=Comparison.State.READY).order_by("-asked").first()


@require_POST
@for_members(Role.EDITOR)
@paced("export")
def ask_for_plan(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Put into the worker's queue how large a study must be, by this one's own play so far."""
    if ask_for_analysis(study):
        log(study, request.user, "asked how many people and photos it takes, by the play so far")
    return redirect("desk-configure", study.slug)


@for_members(Role.VIEWER)
def configuration_file(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Send the configuration as JSON."""
    headers = {"Content-Disposition": f'attachment; filename="{study.slug}.json"'}
    log(study, request.user, "downloaded the configuration")
    text = json.dumps(write_configuration(study), indent=1, ensure_ascii=False)
    return HttpResponse(text, content_type="application/json", headers=headers)


@require_POST
@for_members(Role.EDITOR)
def import_configuration(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Put a configuration that was exported in place of the study's own, or say what is wrong with it."""
    file = request.FILES.get("file")
    problems: list[str] = []
    if file is None or (file.size or 0) > _LARGEST_FILE:
        problems = ["Choose a file that “Export as JSON” has written."]
    else:
        try:
            read_configuration(Study.objects.get(pk=study.pk), file.read(), request.user)
        except ValidationError as error:
            problems = sentences(error)
    if problems:
        form = ConfigurationForm(instance=Study.objects.get(pk=study.pk))
        return _page(request, study, form, 400, problems)
    return redirect("desk-study", study.slug)
