"""``manage.py remove_second_factor``"""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from webapp.studies.log import log


class Command(BaseCommand):
    help = (
        "Remove the second factors and recovery codes of an account, for a researcher who has lost them: the password "
        "alone then logs in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="whose")

    def handle(self, *, name: str, **options: Any) -> None:
        user = User.objects.filter(username=User.normalize_username(name)).first()
        if user is None:
            raise CommandError(f"There is no account {name[:40]!r}.")
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if removed:
            log(None, None, f"removed the second factors of {user.username}, on the server")
        self.stdout.write(
            f"'{user.username}' logs in by password alone now, and should set up a second factor again."
            if removed
            else f"'{user.username}' has no second factor."
        )
