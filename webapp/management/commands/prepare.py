"""``manage.py prepare``"""

from typing import Any

from django.core.management.base import BaseCommand

from webapp.local.preparing import prepare_start


class Command(BaseCommand):
    help = (
        "Migrate the database and collect the static files, before the site starts. Where nothing has changed since "
        "the last time, neither is done."
    )
    requires_system_checks = ()  # as migrate does, which makes them

    def handle(self, **options: Any) -> None:
        prepare_start()
