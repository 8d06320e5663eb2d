"""The picture that an episode came to, of 8 bits and small; made when first asked for, and can be made again."""

from collections.abc import Sequence
from typing import Literal, get_args

from editing.game.filters import apply_steps
from editing.game.rules import Step, why_unknown
from editing.photos.photo_error import PhotoError
from editing.photos.preview import area_average
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.photos.thumbnails import LONG_EDGE, THUMBNAILS, save_picture
from webapp.storage.deleting import delete_or_retry
from webapp.storage.site_file import SiteFile

# For lists of pictures, and for looking at one.
Size = Literal["small", "large"]
_EDGES: dict[Size, int] = {"small": LONG_EDGE, "large": 1024}
_QUALITIES: dict[Size, int] = {"small": 80, "large": 90}


def finished_picture(episode: Episode, size: Size) -> SiteFile:
    """Return a WebP of the picture that an episode came to: as it was drawn by the filters that it was played with.

    Raises:
        editing.photos.photo_error.PhotoError: it was not drawn yet, and the preview of its photo is lost, or its
            version of the filters is not known any more.
    """
    file = _file(episode, size)
    if not file.exists():
        if reason := why_unknown(episode.contract_version):
            raise PhotoError(f"{episode.pk} was {reason}")
        draw(file, episode.photo, episode_steps(episode), size)
    return file


def draw(file: SiteFile, photo: Photo, steps: Sequence[Step], size: Size) -> None:
    """Write a WebP of the picture that steps make of a photo.

    Raises:
        editing.photos.photo_error.PhotoError: the preview of the photo is lost.
    """
    preview = photo.load_preview()
    height, width = preview.shape[:2]
    scale = min(1.0, _EDGES[size] / max(height, width))
    if scale < 1:
        preview = area_average(preview, max(1, round(height * scale)), max(1, round(width * scale)))
    save_picture(file, apply_steps(preview, steps), _QUALITIES[size])


def delete_pictures(episode: Episode) -> None:
    """Forget the pictures of an episode."""
    for size in get_args(Size):
        delete_or_retry(_file(episode, size))


def episode_steps(episode: Episode) -> list[Step]:
    """Return the steps of a finished episode, in order."""
    return [Step(step.filter, step.parameters) for step in episode.steps.order_by("index")]


def _file(episode: Episode, size: Size) -> SiteFile:
    return SiteFile(f"{THUMBNAILS}/{episode.pk}.webp" if size == "small" else f"{THUMBNAILS}/{episode.pk}_{size}.webp")
