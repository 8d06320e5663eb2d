"""The pictures that personal agents made, as a screen shows them; made when first asked for."""

from pathlib import Path

from editing.game.rules import Step
from webapp.games.pictures import draw
from webapp.personal_agents.models import PersonalPicture
from webapp.photos.thumbnails import thumbnails_folder


def personal_picture(picture: PersonalPicture) -> Path:
    """Return a WebP of a picture, of the size in which those of episodes are looked at.

    Raises:
        editing.photos.photo_error.PhotoError: the preview of its photo is lost.
    """
    path = path_of(picture)
    if not path.exists():
        draw(path, picture.photo, steps_of(picture), "large")
    return path


def steps_of(picture: PersonalPicture) -> list[Step]:
    """Return the steps of a picture, in order."""
    return [Step(step["filter"], step["parameters"]) for step in picture.steps]


def path_of(picture: PersonalPicture) -> Path:
    """Return where a picture lies once it was asked for."""
    return thumbnails_folder() / f"personal_{picture.pk}.webp"
