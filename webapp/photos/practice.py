"""The photo that people practise on. It is of no study, and everybody may see it."""

from http import HTTPStatus

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext

from editing.photos.practice_picture import practice_picture
from editing.photos.read_options import ReadOptions
from webapp.http.refusals import Refusal
from webapp.photos.decoding import NotSaved, SourceFile, decode
from webapp.photos.models import Photo
from webapp.photos.storing import Credit, keep_previews, store
from webapp.storage.site_file import scratch

_FILE = "an evening at the lake.npy"
# Of Postgres's advisory locks: who paints it holds it.
_PAINTING_LOCK = 0x9A17


def practice_photo() -> Photo:
    """Return the photo, painted when it is first asked for on this site, which takes a second.

    Raises:
        Refusal: ``photos_away``: there is none, and it cannot be kept.
    """
    if photo := _kept():
        return photo
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # The first who come, all at once: one paints, the others wait for it.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PAINTING_LOCK])
            return _kept() or _painted()
    except (NotSaved, OSError):
        message = gettext("The practice photo cannot be made at the moment. Try again in a while.")
        raise Refusal("photos_away", message, HTTPStatus.SERVICE_UNAVAILABLE) from None


def _kept() -> Photo | None:
    photos = Photo.objects.filter(practice=True, removed_at=None)
    return next((photo for photo in photos if photo.has_preview), None)


def _painted() -> Photo:
    with scratch() as folder:
        path = folder / _FILE
        np.save(path, practice_picture())
        decoded = decode(SourceFile.read(path), folder, ReadOptions("linear", "srgb"))
        keep_previews(folder, decoded)
    photo, _ = store(decoded, Credit("CC0 1.0", "Safelight: painted by a program"))
    Photo.objects.filter(pk=photo.pk).update(practice=True)
    photo.practice = True
    return photo
