"""``manage.py payments list|bonus|bonus-file|paid|unpaid``"""

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from webapp.recruiting.models import Payment
from webapp.recruiting.payments import bonus_file, mark_paid, payments_of, people_by_id, set_bonus
from webapp.recruiting.reviewing import mark_unpaid
from webapp.studies.models import Study


class Command(BaseCommand):
    help = "What people whom a recruiter sent are to be paid: list it, set bonuses, and take down what was paid."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="act", required=True, parser_class=ArgumentParser)
        texts = {
            "list": "each payment with its amount and state, by pseudonyms",
            "bonus": "set bonuses, in place of those that are not yet paid; 0 takes one back",
            "bonus-file": "the bonuses that are due, as Prolific takes them: ids and amounts",
            "paid": "take down that payments were made, and forget whom they were for",
            "unpaid": "take down that bonuses which were sent to Prolific were not paid: they are due again",
        }
        added = {name: commands.add_parser(name, help=text) for name, text in texts.items()}
        for command in added.values():
            command.add_argument("study", help="its slug")
        file_help = "pseudonyms, or ids at the recruiter, one a line"
        added["bonus"].add_argument("file", type=Path, help=f"{file_help}, each with a comma and an amount")
        added["bonus-file"].add_argument(
            "-o", "--output", type=Path, metavar="FILE", help="where to; printed without it"
        )
        added["paid"].add_argument("file", type=Path, nargs="?", help=f"{file_help}; without it, everybody's")
        added["paid"].add_argument("--purpose", choices=Payment.Purpose.values, help="only these; all without it")

    def handle(self, *, act: str, study: str, **options: Any) -> None:
        """Do what is asked."""
        stored = Study.objects.at(study)
        if stored is None:
            raise CommandError(f"there is no study {study!r}")
        acts: dict[str, Callable[..., None]] = {
            "list": self._list,
            "bonus": self._bonus,
            "bonus-file": self._bonus_file,
            "paid": self._paid,
            "unpaid": self._unpaid,
        }
        try:
            acts[act](stored, options)
        except OSError as error:
            raise CommandError(str(error)) from None

    def _list(self, study: Study, options: dict[str, Any]) -> None:
        for payment in payments_of(study):
            own = payment.participation
            who = str(own.participant) if own is not None else "somebody who has withdrawn"
            until = f", until {payment.deadline:%Y-%m-%d}" if payment.state in ("due", "sent") else ""
            amount = payment.sum or "amount not kept here"
            self.stdout.write(f"{who}: {payment.purpose}, {amount}, {payment.state}{until}")

    def _bonus(self, study: Study, options: dict[str, Any]) -> None:
        with options["file"].open(newline="", encoding="utf-8") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
        people = people_by_id(study, (row[0] for row in rows))
        with transaction.atomic():  # all of them, or none
            for number, row in enumerate(rows, 1):
                try:
                    set_bonus(people[row[0]], Decimal(row[1]))
                except (IndexError, InvalidOperation):
                    raise CommandError(f"line {number}: an id, a comma and an amount, such as 1.50") from None
                except KeyError:
                    raise CommandError(f"line {number}: nobody in {study.slug} has this id") from None
                except ValidationError as error:
                    raise CommandError(f"line {number}: {' '.join(error.messages)}") from None
        self.stdout.write(f"{len(rows)} bonuses set")

    def _bonus_file(self, study: Study, options: dict[str, Any]) -> None:
        if options["output"] is None:
            sys.stdout.write(bonus_file(study))
        else:
            options["output"].write_text(bonus_file(study), encoding="utf-8")

    def _paid(self, study: Study, options: dict[str, Any]) -> None:
        payments = payments_of(study).filter(withheld=False)
        if options["purpose"]:
            payments = payments.filter(purpose=options["purpose"])
        if options["file"] is not None:
            keys = [line.strip() for line in options["file"].read_text(encoding="utf-8").splitlines() if line.strip()]
            people = people_by_id(study, keys)
            alone = payments.filter(participation=None, platform_id__in=keys)
            unknown = set(keys) - set(people) - set(alone.values_list("platform_id", flat=True))
            if unknown:
                raise CommandError(f"{len(unknown)} of the ids are nobody's in {study.slug}; nothing was changed")
            payments = payments.filter(participation__in=people.values()) | alone
        self.stdout.write(f"{mark_paid(payments)} payments are paid")

    def _unpaid(self, study: Study, options: dict[str, Any]) -> None:
        self.stdout.write(f"{mark_unpaid(Payment.objects.filter(study=study))} bonuses are due again")
