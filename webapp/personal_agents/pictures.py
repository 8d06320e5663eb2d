"""The pictures that personal agents made, as a screen shows them; made when first asked for."""

from editing.game.rules import Step
from webapp.games.pictures import draw
from webapp.personal_agents.models import PersonalPicture
from webapp.photos.thumbnails import THUMBNAILS
from webapp.storage.site_file import SiteFile


def personal_picture(picture: PersonalPicture) -> SiteFile:
    """Return a WebP of a picture, of the size in which those of episodes are looked at.

    Raises:
        editing.photos.photo_error.PhotoError: the preview of its photo is lost.
    """
    file = file_of(picture)
    if not file.exists():
        draw(file, picture.photo, steps_of(picture), "large")
    return file


def steps_of(picture: PersonalPicture) -> list[Step]:
    """Return the steps of a picture, in order."""
    return [Step(step["filter"], step["parameters"]) for step in picture.steps]


def file_of(picture: PersonalPicture) -> SiteFile:
    """Return the file of a picture, which is there once it was asked for."""
    return SiteFile(f"{THUMBNAILS}/personal_{picture.pk}.webp")
