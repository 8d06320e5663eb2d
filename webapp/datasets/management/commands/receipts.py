"""``manage.py receipts STUDY``"""

import csv
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.datasets.receipts import PAYMENT_COLUMNS, payment_rows, payments_by_player, receipts_of_study
from webapp.studies.models import Study, Withdrawal


class Command(BaseCommand):
    help = (
        "List each participation of a study with counts and a digest of its events, complete or not, its payments, and "
        "what does not add up. Ends with status 1 where something does not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="its slug")
        parser.add_argument(
            "--payments",
            type=Path,
            metavar="FILE",
            help="write a table of who is to be paid, by their id at the recruiter: personal data, not to be passed on",
        )

    def handle(self, *, study: str, payments: Path | None, **options: Any) -> None:
        """List them."""
        stored = Study.objects.at(study)
        if stored is None:
            raise CommandError(f"there is no study {study!r}")
        receipts = receipts_of_study(stored)
        due = payments_by_player(stored)
        for receipt in receipts:
            done = "complete" if receipt.complete else "not complete"
            counts = f"{receipt.episodes} episodes, {receipt.events} events"
            if receipt.judgements or receipt.answers:
                counts += f", {receipt.judgements} judgements, {receipt.answers} answers"
            paid = "".join(f", {payment}" for payment in due.get(receipt.player, []))
            self.stdout.write(f"{receipt.player}: {done}, {counts}, {receipt.digest[:16]}{paid}")
            for problem in receipt.problems:
                self.stdout.write(f"  {problem}")
        gone = Withdrawal.objects.filter(study=stored)
        complete = sum(receipt.complete for receipt in receipts)
        withdrawn = f"{gone.count()} withdrew, {gone.filter(completed=True).count()} of them complete"
        self.stdout.write(f"{len(receipts)} participations, {complete} complete; {withdrawn}")
        if payments is not None:
            self._write_payments(stored, payments)
        if any(receipt.problems for receipt in receipts):
            sys.exit(1)

    def _write_payments(self, study: Study, path: Path) -> None:
        rows = payment_rows(study)
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, PAYMENT_COLUMNS)
            table.writeheader()
            table.writerows(rows)
