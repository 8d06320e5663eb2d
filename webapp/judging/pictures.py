"""The pictures that are judged, as a screen shows them: all drawn alike, whoever made them."""

from contextlib import suppress

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.photo_error import PhotoError
from webapp.games.pictures import episode_steps
from webapp.judging.models import Picture
from webapp.personal_agents.pictures import steps_of
from webapp.photos.thumbnails import THUMBNAILS, save_picture
from webapp.storage.deleting import delete_or_retry
from webapp.storage.site_file import SiteFile
from webapp.studies.models import Lease

_QUALITY = 90


def judged_picture(picture: Picture) -> SiteFile:
    """Return a WebP of a picture, of the size of its photo's preview.

    Raises:
        editing.photos.photo_error.PhotoError: the preview is lost.
    """
    file = _file(picture)
    if not file.exists():
        save_picture(file, apply_steps(picture.photo.load_preview(), _steps(picture)), _QUALITY)
    return file


def delete_picture(picture: Picture) -> None:
    """Forget the file of a picture."""
    delete_or_retry(_file(picture))


def _steps(picture: Picture) -> list[Step]:
    if picture.episode is not None:
        return episode_steps(picture.episode)
    if picture.personal is not None:
        return steps_of(picture.personal)
    return [Step(step["filter"], step["parameters"]) for step in picture.steps or []]


def _file(picture: Picture) -> SiteFile:
    return SiteFile(f"{THUMBNAILS}/judged_{picture.pk}.webp")


def draw_some(count: int = 100) -> int:
    """Draw at most so many pictures of trials that are still to be shown, and return how many."""
    waiting = Picture.objects.filter(shown__trial__state=Lease.State.HELD, photo__removed_at=None).distinct()
    drawn = 0
    for picture in waiting.select_related("photo", "episode", "personal").iterator():
        if drawn < count and not _file(picture).exists():
            with suppress(PhotoError):
                judged_picture(picture)
                drawn += 1
    return drawn
