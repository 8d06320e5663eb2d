"""The pictures that are judged, as a screen shows them: all drawn alike, whoever made them."""

from contextlib import suppress
from pathlib import Path

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.photo_error import PhotoError
from editing.photos.preview import load_preview
from webapp.games.pictures import episode_steps
from webapp.judging.models import Picture
from webapp.personal_agents.pictures import steps_of
from webapp.photos.thumbnails import save_picture, thumbnails_folder
from webapp.studies.models import Lease

_QUALITY = 90


def judged_picture(picture: Picture) -> Path:
    """Return a WebP of a picture, of the size of its photo's preview.

    Raises:
        editing.photos.photo_error.PhotoError: the preview is lost.
    """
    path = _path(picture)
    if not path.exists():
        save_picture(path, apply_steps(load_preview(picture.photo.preview_path), _steps(picture)), _QUALITY)
    return path


def delete_picture(picture: Picture) -> None:
    """Forget the file of a picture."""
    _path(picture).unlink(missing_ok=True)


def _steps(picture: Picture) -> list[Step]:
    if picture.episode is not None:
        return episode_steps(picture.episode)
    if picture.personal is not None:
        return steps_of(picture.personal)
    return [Step(step["filter"], step["parameters"]) for step in picture.steps or []]


def _path(picture: Picture) -> Path:
    return thumbnails_folder() / f"judged_{picture.pk}.webp"


def draw_some(count: int = 100) -> int:
    """Draw at most so many pictures of trials that are still to be shown, and return how many."""
    waiting = Picture.objects.filter(shown__trial__state=Lease.State.HELD, photo__removed_at=None).distinct()
    drawn = 0
    for picture in waiting.select_related("photo", "episode", "personal").iterator():
        if drawn < count and not _path(picture).exists():
            with suppress(PhotoError):
                judged_picture(picture)
                drawn += 1
    return drawn
