from django.contrib import admin
from django.http import HttpRequest

from webapp.http.read_only_admin import ReadOnly
from webapp.http.versioned_admin import Versioned
from webapp.studies.models import DEFAULT, Consent, Participation, Study


@admin.register(Study)
class StudyAdmin(Versioned):
    list_display = (
        "slug",
        "title",
        "open",
        "allow_untouched",
        "allow_downloads",
        "tutorial",
        "reveal",
        "agent",
        "public_replays",
        "consent_version",
    )
    fields = (
        "slug",
        "former_slugs",
        "title",
        "organiser",
        "minutes",
        "open",
        "allow_untouched",
        "allow_downloads",
        "download_metadata",
        "tutorial",
        "reveal",
        "agent",
        "public_replays",
        "consent_text",
        "consent_version",
    )

    # The study that visitors and commands find where none is named keeps its name, and stays.
    def get_readonly_fields(self, request: HttpRequest, obj: Study | None = None) -> tuple[str, ...]:
        always = ("consent_version", "former_slugs")
        return (*always, "slug") if obj is not None and obj.slug == DEFAULT else always

    def former_slugs(self, study: Study) -> str:
        return ", ".join(former.slug for former in study.former_slugs.all()) if study.pk else ""

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        is_default = obj is not None and obj.slug == DEFAULT
        return not is_default and super().has_delete_permission(request, obj)


@admin.register(Participation)
class ParticipationAdmin(ReadOnly):
    list_display = ("study", "participant", "joined")
    list_filter = ("study",)
    list_select_related = ("study", "participant")


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ("study", "participant", "version", "given")
    list_filter = ("study", "version")
    list_select_related = ("study", "participant")
