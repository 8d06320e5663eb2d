"""The picture that an episode came to, of 8 bits and small; made when first asked for, and can be made again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from editing.game.filters import apply_steps
from editing.game.rules import Step, why_unknown
from editing.photos.photo_error import PhotoError
from editing.photos.preview import area_average, load_preview
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.photos.thumbnails import LONG_EDGE, save_picture, thumbnails_folder

# For lists of pictures, and for looking at one.
Size = Literal["small", "large"]
_EDGES: dict[Size, int] = {"small": LONG_EDGE, "large": 1024}
_QUALITIES: dict[Size, int] = {"small": 80, "large": 90}


def finished_picture(episode: Episode, size: Size) -> Path:
    """Return a WebP of the picture that an episode came to: as it was drawn by the filters that it was played with.

    Raises:
        editing.photos.photo_error.PhotoError: it was not drawn yet, and the preview of its photo is lost, or its
            version of the filters is not known any more.
    """
    path = _path(episode, size)
    if not path.exists():
        if reason := why_unknown(episode.contract_version):
            raise PhotoError(f"{episode.pk} was {reason}")
        draw(path, episode.photo, episode_steps(episode), size)
    return path


def draw(path: Path, photo: Photo, steps: Sequence[Step], size: Size) -> None:
    """Write a WebP of the picture that steps make of a photo.

    Raises:
        editing.photos.photo_error.PhotoError: the preview of the photo is lost.
    """
    preview = load_preview(photo.preview_path)
    height, width = preview.shape[:2]
    scale = min(1.0, _EDGES[size] / max(height, width))
    if scale < 1:
        preview = area_average(preview, max(1, round(height * scale)), max(1, round(width * scale)))
    save_picture(path, apply_steps(preview, steps), _QUALITIES[size])


def delete_pictures(episode: Episode) -> None:
    """Forget the pictures of an episode."""
    for size in get_args(Size):
        _path(episode, size).unlink(missing_ok=True)


def episode_steps(episode: Episode) -> list[Step]:
    """Return the steps of a finished episode, in order."""
    return [Step(step.filter, step.parameters) for step in episode.steps.order_by("index")]


def _path(episode: Episode, size: Size) -> Path:
    return thumbnails_folder() / (f"{episode.pk}.webp" if size == "small" else f"{episode.pk}_{size}.webp")
