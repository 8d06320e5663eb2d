"""``manage.py import_demo_photos``"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.photos.decoding import NotSaved
from webapp.photos.storing import Credit, NotStored
from webapp.studies.demo_photos import demo_photo_paths
from webapp.studies.models import DEFAULT, Study
from webapp.studies.photos import add_photo


class Command(BaseCommand):
    help = "Import a few free photographs, with their licences, to try the game on: those inside scikit-image's wheel."

    def handle(self, **options: Any) -> None:
        try:
            photos = demo_photo_paths()
        except FileNotFoundError as error:
            raise CommandError(str(error)) from None
        study = Study.objects.get(slug=DEFAULT)
        for path, demo in photos.items():
            try:
                add_photo(study, path, credit=Credit(demo.licence, demo.attribution))
            except (NotSaved, NotStored) as error:
                raise CommandError(str(error)) from None
        self.stdout.write(f"{len(photos)} demo photos are in the study: 8-bit, small and finished. Bring your own!")
