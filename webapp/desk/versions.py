"""Numbered versions of a study's data: asked for, looked at, checked before they leave the site, and published."""

from typing import Any, get_args

from django import forms
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from editing.trajectories.schemas import ALL_SCHEMAS, PLAYER_KINDS
from webapp.datasets.building import ARCHIVE, new_version
from webapp.datasets.choosing import LEFT_OUT, SMALLEST_CELL, STATUSES, Choice
from webapp.datasets.gate import NotPassed, checks, publish
from webapp.datasets.models import ConvertedVersion, DatasetVersion
from webapp.datasets.queueing import ask_again, ask_to_build
from webapp.datasets.samples import Moment, delete_pictures, sample_picture, samples_of
from webapp.datasets.sending import GONE, archive_response, gone_text, single_response
from webapp.datasets.sending_forms import form_response
from webapp.desk.access import for_members, in_english, render_desk
from webapp.desk.conversions import forms_of
from webapp.games.models import Episode
from webapp.http.pace import paced
from webapp.studies.copying import account_of
from webapp.studies.joining import find_study
from webapp.studies.log import log
from webapp.studies.members import Role
from webapp.studies.models import Study

_FLAG_LABELS = {
    "tutorial": "of the tutorial",
    "preview": "by researchers who tried the study",
    "repeat": "on a photo for the second time",
    "attention": "attention checks",
    "resumed": "in whose midst the page was loaded again",
    "saw_reveal": "by people who had seen others' pictures",
    "surplus": "beyond what was wanted of a photo",
}


class VersionForm(forms.Form):
    """What a version holds."""

    kinds = forms.MultipleChoiceField(
        label="Players",
        choices=[(kind, kind) for kind in PLAYER_KINDS],
        initial=PLAYER_KINDS,
        widget=forms.CheckboxSelectMultiple,
    )
    statuses = forms.MultipleChoiceField(
        label="Episodes that are",
        choices=[(status, status) for status in STATUSES],
        initial=["submitted"],
        widget=forms.CheckboxSelectMultiple,
    )
    leave_out = forms.MultipleChoiceField(
        label="Leave out episodes",
        choices=[(flag, _FLAG_LABELS[flag]) for flag in LEFT_OUT],
        initial=Choice().leave_out,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    failed_attention = forms.IntegerField(
        label="Leave out who failed more attention checks than", required=False, min_value=0
    )
    consent_version = forms.IntegerField(
        label="Leave out who agreed only to texts before version", required=False, min_value=1
    )
    refused = forms.BooleanField(label="With people whose work was refused", required=False)
    free_text = forms.BooleanField(label="With what was written in own words", required=False)
    exact_device = forms.BooleanField(
        label="With exact sizes of windows and screens",
        required=False,
        help_text="Such a version cannot be published.",
    )
    smallest_cell = forms.IntegerField(
        label="Fewest people alike in condition and window",
        min_value=1,
        initial=SMALLEST_CELL,
        help_text="Where fewer are, their windows are not told.",
    )
    smallest_cell_reason = forms.CharField(
        label="Why fewer than 5 are enough here",
        required=False,
        max_length=500,
        help_text="Such as what your ethics board has said. It stands in the version's manifest.",
    )
    unlinkable = forms.BooleanField(
        label="Under new pseudonyms, which no other version has",
        required=False,
        help_text="Else a person has the same one in all versions of the study.",
    )

    @property
    def choice(self) -> Choice:
        """What was chosen."""
        given: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if name != "unlinkable"}
        return Choice.from_json(given | {"consent_version": given["consent_version"] or 0})

    def clean(self) -> None:
        """Refuse what cannot be chosen."""
        super().clean()
        if self.errors:
            return
        try:
            self.choice.check()
        except ValueError as error:
            self.add_error("smallest_cell_reason", str(error))


class PublishForm(forms.Form):
    """What the public page says beside what it takes from the version."""

    description = forms.CharField(widget=forms.Textarea(attrs={"rows": 6}), max_length=5000)
    licence = forms.CharField(label="Licence of the data", max_length=200)
    doi = forms.CharField(
        label="DOI", max_length=200, required=False, help_text="Where it was deposited: 10.5281/zenodo.123456"
    )


@require_POST
@for_members(Role.EDITOR)
@paced("export")
def ask_for_version(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Put the next version into the worker's queue."""
    form = VersionForm(request.POST)
    if not form.is_valid():
        return render_desk(request, "new_version", study, 400, tab="exports", form=form)
    with transaction.atomic():
        account = account_of(request.user)
        version = new_version(study, form.choice, account, unlinkable=form.cleaned_data["unlinkable"])
        ask_to_build(version)
    log(study, request.user, f"asked for version {version.number} of the data")
    return redirect("desk-exports", study.slug)


@for_members(Role.EDITOR)
def new_version_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render what there is to choose."""
    return render_desk(request, "new_version", study, tab="exports", form=VersionForm())


@for_members(Role.VIEWER)
def live_versions(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the list alone, which is asked for again while something is coming."""
    return render_desk(request, "version_list", study, versions=versions_of(study))


@for_members(Role.VIEWER)
def version_page(request: HttpRequest, study: Study, number: int) -> HttpResponseBase:
    """Render what a version holds, its files, and the list that it passes before it leaves the site."""
    return _page(request, study, _version(study, number))


@for_members(Role.VIEWER)
@paced("archive")
def version_file(request: HttpRequest, study: Study, number: int) -> HttpResponseBase:
    """Send all files of a version in one."""
    version = _version(study, number)
    if version.state == DatasetVersion.State.WITHDRAWN:
        return _page(request, study, version, gone_text(version), GONE)
    response = archive_response(request, version)
    log(study, request.user, f"downloaded version {version.number} of the data")
    return response


@for_members(Role.VIEWER)
@paced("archive")
def version_single_file(request: HttpRequest, study: Study, number: int, file: str) -> HttpResponseBase:
    """Send one file of a version."""
    version = _version(study, number)
    if version.state == DatasetVersion.State.WITHDRAWN:
        return _page(request, study, version, gone_text(version), GONE)
    response = single_response(request, version, file)
    log(study, request.user, f"downloaded {file} of version {version.number} of the data")
    return response


@require_POST
@for_members(Role.EDITOR)
def retry_version(request: HttpRequest, study: Study, number: int) -> HttpResponseBase:
    """Build a version once more that has failed, or whose file was lost."""
    version = _version(study, number)
    if ask_again(version):
        log(study, request.user, f"asked for version {version.number} of the data again")
    return redirect("desk-exports", study.slug)


@require_POST
@for_members(Role.OWNER)
def publish_version(request: HttpRequest, study: Study, number: int) -> HttpResponseBase:
    """Give a version its public page, or take that down."""
    version = _version(study, number)
    if request.POST.get("down"):
        DatasetVersion.objects.filter(pk=version.pk).update(published=None, samples=[])
        delete_pictures(version)
        log(study, request.user, f"took down the page of version {version.number} of the data")
        return redirect("desk-version", study.slug, version.number)
    form = PublishForm(request.POST)
    confirmed = set(request.POST.getlist("confirmed"))
    if not form.is_valid():
        return _page(request, study, version, "Something is missing.", 400, form=form, confirmed=confirmed)
    try:
        publish(version, confirmed, request.user.get_username(), form.cleaned_data)
    except NotPassed as error:
        return _page(request, study, version, str(error), 409, form=form, confirmed=confirmed)
    log(study, request.user, f"published version {version.number} of the data")
    return redirect("published", study.seed, version.number)


def versions_of(study: Study) -> list[DatasetVersion]:
    """Return the versions of a study, the newest first."""
    return list(DatasetVersion.objects.filter(study=study).select_related("asked_by", "study", "followed_by"))


def _version(study: Study, number: int) -> DatasetVersion:
    return get_object_or_404(DatasetVersion.objects.select_related("study", "key"), study=study, number=number)


def _page(
    request: HttpRequest,
    study: Study,
    version: DatasetVersion,
    problem: str = "",
    status: int = 200,
    **context: Any,
) -> HttpResponseBase:
    texts = {name: getattr(version, name) for name in ("description", "licence", "doi")}
    context.setdefault("form", PublishForm(initial=texts | {"licence": version.licence or study.data_licence}))
    every = checks(version) if version.is_there else []
    context |= {"tab": "exports", "version": version, "problem": problem, "checks": every, "files": _files(version)}
    context["forms"] = forms_of(version) if version.is_there else []
    context["forms_coming"] = version.conversions.filter(state__in=ConvertedVersion.COMING).exists()
    context["chosen"] = [
        (VersionForm.base_fields[name].label, _text(value))
        for name, value in version.choice.items()
        if value is not None and value != "" and (name, value) != ("consent_version", 0)
    ]
    return render_desk(request, "version", study, status, **context)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_FLAG_LABELS.get(str(part), str(part)) for part in value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _files(version: DatasetVersion) -> list[dict[str, Any]]:
    rows = version.manifest.get("rows", {})
    return [
        {"name": name, "rows": rows.get(name.removesuffix(".parquet")), **about}
        for name, about in sorted(version.files.items())
        if name != ARCHIVE
    ]


@in_english
def published(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """Render the public page of a version; of one whose files are gone, what follows it."""
    version = _published(slug, number)
    others = DatasetVersion.objects.filter(study=version.study).exclude(published=None).select_related("followed_by")
    counts = version.manifest.get("rows", {})
    url = request.build_absolute_uri(reverse("published", args=[version.study.seed, version.number]))
    is_gone = version.state == DatasetVersion.State.WITHDRAWN
    context = {
        "version": version,
        "archive": version.files.get(ARCHIVE),
        "numbers": [(name, counts[name]) for name in ALL_SCHEMAS if name in counts and name != "tombstones"],
        "withdrawn": counts.get("tombstones", 0),
        "files": _files(version),
        "forms": [row for row in version.conversions.select_related("version") if row.is_there],
        "samples": [] if is_gone else [_sample(version, episode) for episode in samples_of(version)],
        "others": others,
        "url": url,
        "year": version.stored.year,
        "gone": gone_text(version) if is_gone else "",
    }
    return render_desk(request, "published", None, GONE if is_gone else 200, **context)


def _sample(version: DatasetVersion, episode: Episode) -> dict[str, Any]:
    key = str(episode.pk)
    has_pictures = all(sample_picture(version, key, moment).exists() for moment in get_args(Moment))
    return {"episode": episode, "has_pictures": has_pictures}


@paced("preview")
def published_sample(request: HttpRequest, slug: str, number: int, episode_id: str, moment: Moment) -> HttpResponseBase:
    """Send the picture of a sample of a published version."""
    version = _published(slug, number)
    picture = sample_picture(version, episode_id, moment)
    if not picture.exists() or all(str(sample.pk) != episode_id for sample in samples_of(version)):
        raise Http404
    return FileResponse(picture.open(), content_type="image/webp", headers={"Cache-Control": "max-age=3600"})


@in_english
@paced("archive")
def published_archive(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """Send the files of a published version."""
    version = _published(slug, number)
    if version.state == DatasetVersion.State.WITHDRAWN:
        return published(request, slug, number)
    return archive_response(request, version)


@in_english
@paced("archive")
def published_file(request: HttpRequest, slug: str, number: int, file: str) -> HttpResponseBase:
    """Send one of the files of a published version."""
    version = _published(slug, number)
    if version.state == DatasetVersion.State.WITHDRAWN:
        return published(request, slug, number)
    return single_response(request, version, file)


@in_english
@paced("archive")
def published_form(request: HttpRequest, slug: str, number: int, form: str) -> HttpResponseBase:
    """Send a published version in the form of another program."""
    version = _published(slug, number)
    if version.state == DatasetVersion.State.WITHDRAWN:
        return published(request, slug, number)
    return form_response(request, get_object_or_404(version.conversions.select_related("version__study"), form=form))


def _published(slug: str, number: int) -> DatasetVersion:
    """Return a version that has a public page, by the name that its study has in data, or by a slug of it."""
    study = Study.objects.filter(seed=slug).first() or find_study(slug)
    versions = DatasetVersion.objects.exclude(published=None).select_related("study", "key", "followed_by")
    return get_object_or_404(versions, study=study, number=number)
