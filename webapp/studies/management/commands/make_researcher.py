"""``manage.py make_researcher``"""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from webapp.studies.log import log


class Command(BaseCommand):
    help = "Make the researcher's account and print its password, once. Does nothing where the account exists."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="researcher", help="(%(default)s)")
        parser.add_argument("--reset", action="store_true", help="give an existing account a new password")

        parser.add_argument(
            "--member", action="store_true", help="with no rights but those that its roles in studies give it"
        )

    def handle(self, *, name: str, reset: bool, member: bool, **options: Any) -> None:
        name = User.normalize_username(name)
        account = {"is_staff": True, "is_superuser": not member, "password": "!"}
        try:
            User(username=name, **account).clean_fields()
        except ValidationError as error:
            raise CommandError(f"--name {name[:40]!r}: {' '.join(error.messages)}") from None
        user, created = User.objects.get_or_create(username=name, defaults=account)
        if not (created or reset):
            self.stdout.write(f"The account '{name}' exists; --reset gives it a new password.")
            return
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save(update_fields=["password"])
        made = "made an account for" if created else "gave a new password to"
        log(None, None, f"{made} {name}{', an administrator' if user.is_superuser else ''}, on the server")
        self.stdout.write(f"Researcher's login: {name}   password: {password}   (shown this once)")
