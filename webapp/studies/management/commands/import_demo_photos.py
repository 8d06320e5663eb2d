"""``manage.py import_demo_photos``"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.photos.decoding import NotSaved, decode
from webapp.photos.models import previews_folder
from webapp.photos.originals import keep_original
from webapp.photos.storing import NotStored, store
from webapp.studies.adding import add_photo
from webapp.studies.demo_photos import demo_photo_paths
from webapp.studies.models import DEFAULT, Study


class Command(BaseCommand):
    help = "Import a few free photographs, with their licences, to try the game on: those inside scikit-image's wheel."

    def handle(self, **options: Any) -> None:
        try:
            photos = demo_photo_paths()
        except FileNotFoundError as error:
            raise CommandError(str(error)) from None
        study = Study.objects.get(slug=DEFAULT)
        for path, credit in photos.items():
            try:
                decoded = decode(path, previews_folder())
                photo, _ = store(decoded, licence=credit.licence, attribution=credit.attribution)
                keep_original(photo, path)
            except (NotSaved, NotStored) as error:
                raise CommandError(str(error)) from None
            add_photo(study, photo)
        self.stdout.write(f"{len(photos)} demo photos are in the study: 8-bit, small and finished. Bring your own!")
