"""Samples of published data, which everybody may watch: episodes, and small pictures of them before and after."""

from collections.abc import Iterable
from typing import Any, Literal, get_args

from django.db.models import QuerySet
from django.dispatch import receiver

from editing.photos.photo_error import PhotoError
from webapp.datasets.models import DatasetVersion
from webapp.games.models import Episode
from webapp.games.pictures import finished_picture
from webapp.games.replays import showing_to_all
from webapp.photos.thumbnails import thumbnail
from webapp.storage.deleting import delete_once_stored
from webapp.storage.site_file import SiteFile, site_storage
from webapp.studies.models import pseudonym_in_study

SAMPLES = 6
# An edited photo is an adaptation, which licences without derivatives do not allow to be shared.
_WITHOUT_DERIVATIVES = ("-nd", " nd", "noderiv", "no deriv")
Moment = Literal["before", "after"]


def make_samples(version: DatasetVersion) -> list[str]:
    """Choose a few episodes by people, of different photos, to be shown to all; keep their pictures, return their ids.

    Only of photos whose licence allows it: one is stated, and it does not forbid adaptations.
    """
    delete_pictures(version)
    if not version.key.is_standing:
        return []  # their ids would lead to other versions
    own = Episode.objects.filter(pk__in=version.version_episodes.order_by().values("episode"))
    shown = own.filter(status=Episode.Status.SUBMITTED, participant__kind="human", photo__removed_at=None)
    shown = shown.filter(tutorial=False, preview=False, attention=False).select_related("photo")
    made: list[str] = []
    for episode in shown.order_by("photo_id", "-step_count", "id").distinct("photo_id").iterator(50):
        if len(made) < SAMPLES and allows_adaptations(episode.photo.licence) and _keep_pictures(version, episode):
            made.append(str(episode.pk))
    return made


def allows_adaptations(licence: str) -> bool:
    """Tell whether a photo under a licence, as somebody wrote it, may be shown edited."""
    return bool(licence.strip()) and not any(sign in licence.lower() for sign in _WITHOUT_DERIVATIVES)


def sample_picture(version: DatasetVersion, episode: str, moment: Moment) -> SiteFile:
    """Return the picture of a sample: a WebP of the photo before any step, or of what it came to."""
    return SiteFile(f"{_pictures_of(version)}/{episode}-{moment}.webp")


def samples_of(version: DatasetVersion) -> list[Episode]:
    """Return the samples that may be shown still, with their photos and steps."""
    own: QuerySet[Episode] = Episode.objects.filter(pk__in=version.samples, photo__removed_at=None)
    episodes = own.select_related("photo").prefetch_related("steps").order_by("photo_id")
    return [episode for episode in episodes if allows_adaptations(episode.photo.licence)]


def delete_pictures(version: DatasetVersion) -> None:
    """Delete the pictures of a version's samples."""
    site_storage().delete_folder(_pictures_of(version))


def _pictures_of(version: DatasetVersion) -> str:
    return f"{version.made_folder}/samples"


def delete_files(versions: Iterable[DatasetVersion]) -> None:
    """Delete the files of versions, and all that was made of them, once this is stored."""
    for version in versions:
        delete_once_stored(version.file, folder=version.made_folder)


def _keep_pictures(version: DatasetVersion, episode: Episode) -> bool:
    """Copy the pictures of an episode into the version's folder; False where its photo's preview is lost."""
    try:
        sources = {"before": thumbnail(episode.photo, "game"), "after": finished_picture(episode, "small")}
    except PhotoError:
        return False
    for moment in get_args(Moment):
        sample_picture(version, str(episode.pk), moment).write(sources[moment].read())
    return True


@receiver(showing_to_all)
def show_sample(episode: Episode, **kwargs: Any) -> str:
    """Return what the player of a sample is called in the data; empty for what is no sample."""
    published = DatasetVersion.objects.filter(study=episode.study_id, state=DatasetVersion.State.READY)
    versions = published.exclude(published=None).select_related("study", "key")
    version = versions.filter(samples__contains=[str(episode.pk)]).first()
    if version is None or episode.status != Episode.Status.SUBMITTED:
        return ""
    pseudonym: str = Episode.objects.values_list(pseudonym_in_study(), flat=True).get(pk=episode.pk)
    return version.key.naming.player(pseudonym)
