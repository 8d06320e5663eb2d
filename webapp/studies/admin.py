from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import FileField, Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse

from webapp.http.read_only_admin import ReadOnly
from webapp.http.versioned_admin import Versioned
from webapp.studies.copying import begin_copy, free_slug, read_configuration, sentences, write_configuration
from webapp.studies.leases import accept, reject
from webapp.studies.models import DEFAULT, Consent, Participation, Study, StudyChange

_SECTIONS: tuple[tuple[str | None, tuple[str, ...]], ...] = (
    (None, ("slug", "former_slugs", "state", "title", "organiser", "controller", "contact", "ethics_approval")),
    ("Who finds it", ("listed", "minutes", "languages")),
    (
        "Photos of a participant",
        (
            "episodes_per_photo",
            "count_by_condition",
            "photos_per_participant",
            "order",
            "lease_minutes",
            "repeat_share",
            "repeat_distance",
            "attention_items",
            "failed_items_allowed",
        ),
    ),
    (
        "The game",
        (
            "maximum_steps",
            "filters",
            "allow_untouched",
            "tutorial",
            "reveal",
            "agent",
            "public_replays",
            "allow_downloads",
            "download_metadata",
            "conditions",
        ),
    ),
    ("Devices", ("least_width", "least_height", "allow_touch")),
    (
        "Texts",
        ("consent_text", "consent_boxes", "consent_version", "debriefing", "translations", "data_licence"),
    ),
    (
        "Recruitment",
        (
            "entry_parameter",
            "entry_required",
            "return_link",
            "completion_code",
            "attention_code",
            "device_code",
            "full_code",
            "declined_code",
            "prolific_study",
        ),
    ),
    ("Payment", ("reward", "currency", "payment_days")),
    ("Data protection", ("identity_days", "retention_date")),
)


class ConfigurationFile(Form):
    """A configuration, as it was exported."""

    file = FileField(help_text="JSON, as “Export the configuration” writes it")


@admin.register(Study)
class StudyAdmin(Versioned):
    list_display = ("slug", "title", "state", "listed", "episodes_per_photo", "photos_per_participant", "reveal")
    list_filter = ("state",)
    actions = ("copy",)
    change_form_template = "admin/study.html"

    def get_fieldsets(self, request: HttpRequest, obj: Study | None = None) -> Any:
        hidden = [("", {"fields": ("made_from",)})] if self.has_change_permission(request, obj) else []
        return [(name, {"fields": fields}) for name, fields in _SECTIONS] + hidden

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        named = [field for _, fields in _SECTIONS for field in fields]
        return [*named, "made_from"] if self.has_change_permission(request, obj) else named

    # The study that visitors and commands find where none is named keeps its name, and stays.
    def get_readonly_fields(self, request: HttpRequest, obj: Study | None = None) -> tuple[str, ...]:
        always = ("consent_version", "former_slugs")
        return (*always, "slug") if obj is not None and obj.slug == DEFAULT else always

    def former_slugs(self, study: Study) -> str:
        return ", ".join(former.slug for former in study.former_slugs.all()) if study.pk else ""

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        is_default = obj is not None and obj.slug == DEFAULT
        return not is_default and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Study, form: Any, change: bool) -> None:
        """Keep who has changed it."""
        obj.changed_by = request.user if request.user.is_authenticated else None
        super().save_model(request, obj, form, change)

    @admin.action(description="Begin a copy of it", permissions=["add"])
    def copy(self, request: HttpRequest, studies: models.QuerySet[Study]) -> None:
        """Make a draft with the configuration and the photos of each study."""
        for study in studies:
            made = begin_copy(study, free_slug(study.slug), request.user)
            messages.success(request, f"“{made.slug}” is a draft with the configuration and photos of “{study.slug}”.")

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses at which a configuration is exported and imported."""
        return [
            path("<int:key>/configuration.json", self.admin_site.admin_view(self.export), name="study_configuration"),
            path("<int:key>/configuration/", self.admin_site.admin_view(self.take), name="study_configuration_import"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, key: int) -> HttpResponse:
        """Download the configuration."""
        study = get_object_or_404(Study, pk=key)
        if not self.has_view_permission(request, study):
            return HttpResponse(status=403)
        headers = {"Content-Disposition": f'attachment; filename="{study.slug}.json"'}
        return JsonResponse(write_configuration(study), headers=headers, json_dumps_params={"indent": 1})

    def take(self, request: HttpRequest, key: int) -> HttpResponse:
        """Put an exported configuration in place of the study's own."""
        study = get_object_or_404(Study, pk=key)
        if not self.has_change_permission(request, study):
            return HttpResponse(status=403)
        form = ConfigurationFile(request.POST or None, request.FILES or None)
        if form.is_valid():
            try:
                read_configuration(study, form.cleaned_data["file"].read(), request.user)
            except ValidationError as error:
                for message in sentences(error):
                    form.add_error("file", message)
            else:
                messages.success(request, "The configuration was imported.")
                return HttpResponseRedirect(reverse("admin:studies_study_change", args=[study.pk]))
        context = {**self.admin_site.each_context(request), "form": form, "study": study, "title": "Import"}
        return render(request, "admin/study_import.html", context)


@admin.register(StudyChange)
class StudyChangeAdmin(ReadOnly):
    list_display = ("study", "changed", "changed_by")
    list_filter = ("study",)
    list_select_related = ("study", "changed_by")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may go: with their study alone."""
        is_of_study = request.path.startswith(reverse("admin:studies_study_changelist"))
        return is_of_study and request.user.has_perm("studies.delete_study")


@admin.register(Participation)
class ParticipationAdmin(ReadOnly):
    list_display = ("study", "participant", "condition", "preview", "joined", "completed", "rejected", "released")
    list_filter = ("study", "condition", "preview")
    list_select_related = ("study", "participant")
    actions = ("reject", "accept")

    def has_judge_permission(self, request: HttpRequest) -> bool:
        """Whether the user may say whose play counts."""
        return request.user.has_perm("studies.change_participation")

    @admin.action(description="Reject: exclude what they did, give their places back", permissions=["judge"])
    def reject(self, request: HttpRequest, participations: models.QuerySet[Participation]) -> None:
        """Reject each participant."""
        for participation in participations.filter(rejected=None).select_related("study", "participant"):
            reject(participation, f"by {request.user}")

    @admin.action(description="Accept again", permissions=["judge"])
    def accept(self, request: HttpRequest, participations: models.QuerySet[Participation]) -> None:
        """Take each participant in again."""
        for participation in participations.exclude(rejected=None).select_related("study", "participant"):
            accept(participation)


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ("study", "participant", "version", "language", "given")
    list_filter = ("study", "version")
    list_select_related = ("study", "participant")
