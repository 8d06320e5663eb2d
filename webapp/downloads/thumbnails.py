"""Small pictures of what players made."""

from pathlib import Path

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.preview import area_average, load_preview
from webapp.games.models import Episode
from webapp.photos.thumbnails import LONG_EDGE, save_thumbnail, thumbnails_folder


def finished_path(episode: Episode) -> Path:
    """Where an episode's thumbnail lies, once it is made."""
    return thumbnails_folder() / f"{episode.pk}.webp"


def finished_thumbnail(episode: Episode) -> Path:
    """A WebP of the picture that an episode came to; made when first asked for.

    Raises:
        editing.photos.decoding.PhotoError: the preview of its photo is lost.
    """
    path = finished_path(episode)
    if not path.exists():
        preview = load_preview(episode.photo.preview_path)
        height, width = preview.shape[:2]
        scale = min(1.0, LONG_EDGE / max(height, width))
        small = area_average(preview, max(1, round(height * scale)), max(1, round(width * scale)))
        save_thumbnail(path, apply_steps(small, episode_steps(episode)))
    return path


def episode_steps(episode: Episode) -> list[Step]:
    """The steps of a finished episode, in order."""
    return [Step(step.filter, step.parameters) for step in episode.steps.order_by("index")]
