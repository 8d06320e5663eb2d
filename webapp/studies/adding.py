"""Bringing photos into a study."""

from webapp.photos.models import Photo
from webapp.studies.models import Study, StudyPhoto


def add_photo(study: Study, photo: Photo) -> bool:
    """Make a photo one of the study's; False if it was already."""
    return StudyPhoto.objects.get_or_create(study=study, photo=photo)[1]
