from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.forms import CharField, FileField, Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse

from webapp.http.read_only_admin import ReadOnly
from webapp.http.versioned_admin import Versioned
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.copying import account_of, begin_copy, free_slug, read_configuration, sentences, write_configuration
from webapp.studies.erasing import erase_study
from webapp.studies.form_sections import SECTIONS
from webapp.studies.leases import accept, reject
from webapp.studies.member_admin import OF_STUDY, ForMembers
from webapp.studies.members import Role, may_change_photo, studies_of
from webapp.studies.models import DEFAULT, Consent, Participation, Study, StudyChange


class ConfigurationFile(Form):
    """A configuration, as it was exported."""

    file = FileField(help_text="JSON, as “Export the configuration” writes it")


class TypedName(Form):
    """The name of a study, typed by whoever wants it gone."""

    name = CharField(label="Its name", help_text="the slug: its place in addresses")


@admin.register(Study)
class StudyAdmin(ForMembers, Versioned):
    study_lookup = ""
    list_display = ("slug", "title", "state", "listed", "episodes_per_photo", "photos_per_participant", "reveal")
    list_filter = ("state",)
    actions = ("copy",)
    change_form_template = "admin/study.html"

    def get_fieldsets(self, request: HttpRequest, obj: Study | None = None) -> Any:
        hidden = [("", {"fields": ("made_from",)})] if self.has_change_permission(request, obj) else []
        return [(name, {"fields": fields}) for name, fields in SECTIONS] + hidden

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        named = [field for _, fields in SECTIONS for field in fields]
        return [*named, "made_from"] if self.has_change_permission(request, obj) else named

    # The study that visitors and commands find where none is named keeps its name, and stays.
    def get_readonly_fields(self, request: HttpRequest, obj: Study | None = None) -> tuple[str, ...]:
        always = ("consent_version", "former_slugs")
        return (*always, "slug") if obj is not None and obj.slug == DEFAULT else always

    def former_slugs(self, study: Study) -> str:
        return ", ".join(former.slug for former in study.former_slugs.all()) if study.pk else ""

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        # What people did there is erased by its name, on a page of its own.
        is_kept = obj is not None and (obj.slug == DEFAULT or Participation.objects.filter(study=obj).exists())
        return not is_kept and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Study, form: Any, change: bool) -> None:
        """Keep who has changed it."""
        obj.changed_by = account_of(request.user)
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
            path("<int:key>/erase/", self.admin_site.admin_view(self.erase), name="study_erase"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, key: int) -> HttpResponse:
        """Download the configuration."""
        study = get_object_or_404(Study, pk=key)
        if not self.has_view_permission(request, study):
            raise PermissionDenied
        headers = {"Content-Disposition": f'attachment; filename="{study.slug}.json"'}
        return JsonResponse(write_configuration(study), headers=headers, json_dumps_params={"indent": 1})

    def erase(self, request: HttpRequest, key: int) -> HttpResponse:
        """Erase a study with all that people did in it, once its name is typed."""
        study = get_object_or_404(Study, pk=key)
        if not super().has_delete_permission(request, study):
            return HttpResponse(status=403)
        form = TypedName(request.POST or None)
        if form.is_valid():
            try:
                erased = erase_study(study, form.cleaned_data["name"], request.user)
            except ValidationError as error:
                form.add_error("name", error)
            else:
                messages.success(request, f"“{study.slug}” was erased, with {erased.participations} participations.")
                return HttpResponseRedirect(reverse("admin:studies_study_changelist"))
        context = {**self.admin_site.each_context(request), "form": form, "study": study, "title": "Erase"}
        context["people"] = Participation.objects.filter(study=study).count()
        return render(request, "admin/study_erase.html", context)

    def take(self, request: HttpRequest, key: int) -> HttpResponse:
        """Put an exported configuration in place of the study's own."""
        study = get_object_or_404(Study, pk=key)
        if not self.has_change_permission(request, study):
            raise PermissionDenied
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
class StudyChangeAdmin(ForMembers, ReadOnly):
    list_display = ("study", "changed", "changed_by")
    list_filter = (OF_STUDY,)
    list_select_related = ("study", "changed_by")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may go: with their study alone."""
        is_of_study = request.path.startswith(reverse("admin:studies_study_changelist"))
        return is_of_study and request.user.has_perm("studies.delete_study") and self.has_role(request, obj, Role.OWNER)


@admin.register(Participation)
class ParticipationAdmin(ForMembers, ReadOnly):
    list_display = ("study", "pseudonym", "condition", "preview", "joined", "completed", "rejected", "released")
    list_filter = (OF_STUDY, "condition", "preview")
    list_select_related = ("study", "participant")
    actions = ("reject", "accept")

    def has_judge_permission(self, request: HttpRequest) -> bool:
        """Whether the user may say whose play counts."""
        return request.user.has_perm("studies.change_participation")

    @admin.action(description="Reject: exclude what they did, give their places back", permissions=["judge"])
    def reject(self, request: HttpRequest, participations: models.QuerySet[Participation]) -> None:
        """Reject each participant."""
        own = participations.filter(study__in=studies_of(request, Role.EDITOR), rejected=None)
        for participation in own.select_related("study", "participant"):
            reject(participation, f"by {request.user}")

    @admin.action(description="Accept again", permissions=["judge"])
    def accept(self, request: HttpRequest, participations: models.QuerySet[Participation]) -> None:
        """Take each participant in again."""
        own = participations.filter(study__in=studies_of(request, Role.EDITOR)).exclude(rejected=None)
        for participation in own.select_related("study", "participant"):
            accept(participation)


@admin.register(Consent)
class ConsentAdmin(ForMembers, ReadOnly):
    list_display = ("study", "participant", "version", "language", "given")
    list_filter = (OF_STUDY, "version")
    list_select_related = ("study", "participant")


@admin.register(Photo)
class PhotoAdmin(ForMembers, Versioned, ReadOnly):
    """Licence and attribution can be mended here; adding and removing have a page of their own."""

    study_lookup = "studies"
    list_display = ("name", "width", "height", "licence", "added", "removed_at")
    list_filter = ("licence", "removed_at")
    search_fields = ("name", "sha256", "attribution")
    readonly_fields = tuple(field.name for field in Photo._meta.fields if field.name not in ("licence", "attribution"))

    def has_change_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        is_theirs = obj is None or (self.has_role(request, obj, Role.EDITOR) and may_change_photo(request, obj))
        return admin.ModelAdmin.has_change_permission(self, request, obj) and is_theirs


@admin.register(Participant)
class ParticipantAdmin(ForMembers, ReadOnly):
    study_lookup = "studies"
    list_display = ("pseudonym", "kind", "created")
    list_filter = ("kind",)
    search_fields = ("pseudonym",)
