"""``manage.py import_demo_photos``"""

import io
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from webapp.demo_photos import demo_photo_paths


class Command(BaseCommand):
    help = "Import a few free photographs, with their licences, to try the game on: those inside scikit-image's wheel."

    def handle(self, **options: Any) -> None:  # noqa: ARG002
        try:
            photos = demo_photo_paths()
        except FileNotFoundError as error:
            raise CommandError(str(error)) from None
        for path, photo in photos.items():
            said = io.StringIO()
            credit = {"licence": photo.licence, "attribution": photo.attribution}
            call_command("import_photos", str(path), **credit, processes=1, stdout=said)
        self.stdout.write(f"{len(photos)} demo photos are in the study: 8-bit, small and finished. Bring your own!")
