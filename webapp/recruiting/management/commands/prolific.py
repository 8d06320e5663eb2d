"""``manage.py prolific check|poll|without-data|approve|set-up-bonuses|pay-bonuses|subscribe``"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from webapp.recruiting.prolific import BonusBatch, ProlificError, client
from webapp.recruiting.reviewing import (
    Mismatch,
    approvable,
    approve,
    check_setup,
    list_not_handed_in,
    list_without_data,
    pay_bonuses,
    set_up_bonuses,
)
from webapp.recruiting.submissions import poll
from webapp.studies.models import Study


class Command(BaseCommand):
    help = "A study's submissions at Prolific: docs/prolific.md. Ids of people are printed for you alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="act", required=True, parser_class=ArgumentParser)
        texts = {
            "check": "compare codes, reward and link there with the study's configuration; status 1 where they differ",
            "poll": "ask for the states of all submissions now, as the worker does every ten minutes",
            "without-data": "list who handed in there and has not done all here, and who has done all here alone",
            "approve": "ask for the approval of those who have done all here",
            "set-up-bonuses": "have Prolific say what the bonuses that are due cost; pays none",
            "pay-bonuses": "pay the bonuses that are due",
        }
        added = {name: commands.add_parser(name, help=text) for name, text in texts.items()}
        for command in added.values():
            command.add_argument("study", help="its slug")
        added["approve"].add_argument(
            "--failed-attention", action="store_true", help="those too who failed the attention items"
        )
        subscribe = commands.add_parser("subscribe", help="have a workspace's changes told to this site as they happen")
        subscribe.add_argument("workspace", help="its id at Prolific")
        subscribe.add_argument("--new-secret", action="store_true", help="put a new secret in place of the workspace's")

    def handle(self, *, act: str, **options: Any) -> None:
        """Do what is asked."""
        acts: dict[str, Callable[[Study, dict[str, Any]], None]] = {
            "check": self._check,
            "poll": self._poll,
            "without-data": self._without_data,
            "approve": self._approve,
            "set-up-bonuses": self._set_up_bonuses,
            "pay-bonuses": self._pay_bonuses,
        }
        try:
            if act == "subscribe":
                return self._subscribe(options["workspace"], new_secret=options["new_secret"])
            study = Study.objects.at(options["study"])
            if study is None:
                raise CommandError(f"there is no study {options['study']!r}")
            acts[act](study, options)
        except ProlificError as error:
            raise CommandError(f"{error} It said: {error.detail}" if error.detail else str(error)) from None

    def _check(self, study: Study, options: dict[str, Any]) -> None:
        problems = check_setup(study, settings.SITE_URL)
        for problem in problems:
            self.stdout.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} things do not fit")
        self.stdout.write("Codes, reward and link fit.")

    def _poll(self, study: Study, options: dict[str, Any]) -> None:
        count, news = poll(study)
        self.stdout.write(f"{count} submissions, {news} of them changed")

    def _without_data(self, study: Study, options: dict[str, Any]) -> None:
        missing = list_without_data(study)
        self.stdout.write(f"Handed in there, without complete data here: {len(missing)}")
        self._write(missing)
        alone = list_not_handed_in(study)
        self.stdout.write(f"Done here, not handed in there: {len(alone)}")
        self._write(alone)

    def _write(self, rows: Iterable[Mismatch]) -> None:
        for row in rows:
            code = f", code {row.code}" if row.code else ""
            self.stdout.write(f"  {row.platform_id}, submission {row.submission_id}: {row.status}{code}; {row.here}")

    def _approve(self, study: Study, options: dict[str, Any]) -> None:
        poll(study)
        result = approve(approvable(study, failed_attention=options["failed_attention"]))
        self.stdout.write(f"Asked for the approval of {result.asked} submissions; Prolific does it soon.")
        for key, reason in result.refused.items():
            self.stdout.write(f"  {key} was refused: {reason}")
        if result.refused:
            raise CommandError(f"{len(result.refused)} were refused")

    def _set_up_bonuses(self, study: Study, options: dict[str, Any]) -> None:
        self._write_costs(study, set_up_bonuses(study))
        self.stdout.write(f"None is paid yet: manage.py prolific pay-bonuses {study.slug} does that.")

    def _pay_bonuses(self, study: Study, options: dict[str, Any]) -> None:
        self._write_costs(study, pay_bonuses(study))
        self.stdout.write("Prolific pays them within minutes.")

    def _write_costs(self, study: Study, batches: Iterable[BonusBatch]) -> None:
        for batch in batches:
            sums = (f"{value / 100:.2f}" for value in (batch.amount, batch.fees, batch.vat, batch.total))
            amount, fees, vat, total = sums
            self.stdout.write(f"Bonuses {amount}, fees {fees}, VAT {vat}, together {total} {study.currency}")

    def _subscribe(self, workspace: str, *, new_secret: bool) -> None:
        if not settings.SITE_URL.startswith("https://"):
            raise CommandError("Prolific tells only an address that begins with https://: set SITE_URL first")
        prolific = client()
        secret = prolific.secret(workspace, new=new_secret)
        if secret not in settings.PROLIFIC_SECRETS:
            self.stdout.write("Put this secret into the site's settings, restart the site, then run this again:")
            together = ",".join([*settings.PROLIFIC_SECRETS, secret])
            self.stdout.write(f"PROLIFIC_SECRETS={together}")
            return
        key = prolific.subscribe(workspace, settings.SITE_URL.rstrip("/") + reverse("prolific-events"))
        self.stdout.write(f"Subscription {key}: what changes is told to this site.")
