"""``manage.py study export|import|copy|erase``"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from webapp.studies.copying import begin_copy, read_configuration, sentences, write_configuration
from webapp.studies.erasing import erase_study
from webapp.studies.models import Study


class Command(BaseCommand):
    help = "Export the configuration of a study as JSON, import one, begin a study as a copy of another, or erase one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="act", required=True, parser_class=ArgumentParser)
        export = commands.add_parser("export", help="write a study's configuration as JSON")
        export.add_argument("study", help="its slug")
        export.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to; printed without it")
        take = commands.add_parser("import", help="put a configuration in place of a study's own; a new one is a draft")
        take.add_argument("study", help="its slug")
        take.add_argument("file", type=Path)
        copy = commands.add_parser("copy", help="begin a draft with the configuration and the photos of a study")
        copy.add_argument("study", help="its slug")
        copy.add_argument("new", help="the slug of the copy")
        erase = commands.add_parser("erase", help="erase a closed study with all that people did in it")
        erase.add_argument("study", help="its slug")
        erase.add_argument("--name", required=True, help="its slug once more, so that no other is meant")

    def handle(self, *, act: str, study: str, **options: Any) -> None:
        """Do what is asked."""
        stored = Study.objects.at(study)
        if stored is None and act != "import":
            raise CommandError(f"there is no study {study!r}")
        try:
            if act == "import":
                stored = stored or Study(slug=study)
                read_configuration(stored, options["file"].read_bytes())
                self.stdout.write(f"{stored.slug}: imported; it is {stored.state}")
            elif stored is not None and act == "copy":
                self.stdout.write(f"{begin_copy(stored, options['new']).slug}: a draft, as {stored.slug} is configured")
            elif stored is not None and act == "erase":
                erased = erase_study(stored, options["name"])
                self.stdout.write(f"{stored.slug}: erased, with {erased.participations} participations")
            elif stored is not None:
                self._export(stored, options["output"])
        except OSError as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError("; ".join(sentences(error))) from None

    def _export(self, study: Study, output: Path | None) -> None:
        text = json.dumps(write_configuration(study), indent=1, ensure_ascii=False) + "\n"
        if output is None:
            sys.stdout.write(text)
        else:
            output.write_text(text, encoding="utf-8")
