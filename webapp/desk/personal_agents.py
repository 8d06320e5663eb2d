"""A study's personal agents: the model of people on which they stand, whose are made, and what has failed."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from webapp.desk.access import for_members, render_desk
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent
from webapp.personal_agents.people import people_waiting
from webapp.studies.configuration import PERSONAL_AGENT_PHOTOS
from webapp.studies.copying import account_of
from webapp.studies.log import log
from webapp.studies.members import Role
from webapp.studies.models import Study

_LARGEST = 16 * 2**20  # bytes; those of today have half a million
# What a run of ``safelight imitate`` says of itself.
_FORMAT, _RECIPE = "safelight-run", "imitate"


class ModelForm(forms.Form):
    """The two files of a run of ``safelight imitate``."""

    config = forms.FileField(label="The run's config.json", widget=forms.FileInput(attrs={"accept": ".json"}))
    weights = forms.FileField(label="Its best.safetensors", widget=forms.FileInput(attrs={"accept": ".safetensors"}))

    def clean_config(self) -> dict[str, Any]:
        """Refuse what is not the config of a model of people."""
        try:
            config = json.loads(_read(self.cleaned_data["config"]))
        except ValueError:
            raise ValidationError("This is not JSON: choose the config.json of a run of safelight imitate.") from None
        if not isinstance(config, dict) or (config.get("format"), config.get("recipe")) != (_FORMAT, _RECIPE):
            raise ValidationError("This run is no model of people: choose one of safelight imitate.")
        return config

    def clean_weights(self) -> bytes:
        """Refuse what is no safetensors file: the length of a JSON header, and the header."""
        content = _read(self.cleaned_data["weights"])
        length = int.from_bytes(content[:8], "little")
        try:
            header = json.loads(content[8 : 8 + length])
        except ValueError:
            header = None
        if not isinstance(header, dict):
            raise ValidationError("This is no safetensors file: choose the best.safetensors beside the config.json.")
        return content


def _read(file: "UploadedFile[Any]") -> bytes:
    if (file.size or 0) > _LARGEST:
        raise ValidationError(f"This is larger than {_LARGEST >> 20} MB: it is no model of people.")
    content: bytes = file.read()
    return content


@for_members(Role.VIEWER)
def personal_agents_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the model, and how far the agents are."""
    return _page(request, study, ModelForm())


@require_POST
@for_members(Role.EDITOR)
def change_personal_agents(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Put a model in place, remove it with all agents that stand on it, or let what failed be tried again."""
    form = ModelForm(request.POST, request.FILES)
    act = request.POST.get("act", "")
    agents = PersonalAgent.objects.filter(participation__study=study)
    with transaction.atomic():
        models = ModelOfPeople.objects.select_for_update().filter(study=study)
        if act == "remove":
            count = agents.count()
            agents.delete()
            models.delete()
            log(study, request.user, f"removed the model of people, with {count} personal agents")
        elif act == "retry":
            agents.filter(state=PersonalAgent.State.FAILED).delete()
            log(study, request.user, "let the personal agents that had failed be tried again")
        elif models.exists():
            form.add_error(None, "There is a model already: remove it first, with the agents that stand on it.")
        elif form.is_valid():
            ModelOfPeople.objects.create(study=study, uploaded_by=account_of(request.user), **form.cleaned_data)
            log(study, request.user, "uploaded a model of people, for personal agents")
    if form.is_bound and act not in ("remove", "retry") and form.errors:
        return _page(request, study, form, 400)
    return redirect("desk-personal-agents", study.slug)


def _page(request: HttpRequest, study: Study, form: ModelForm, status: int = 200) -> HttpResponseBase:
    agents = PersonalAgent.objects.filter(participation__study=study)
    failed = agents.filter(state=PersonalAgent.State.FAILED).select_related("participation")
    return render_desk(
        request,
        "personal_agents",
        study,
        status,
        tab="personal_agents",
        form=form,
        model=ModelOfPeople.objects.filter(study=study).select_related("uploaded_by").defer("weights").first(),
        made=agents.filter(state=PersonalAgent.State.READY).count(),
        waiting=people_waiting().filter(study=study).count(),
        failed=failed,
        needed=PERSONAL_AGENT_PHOTOS,
    )
