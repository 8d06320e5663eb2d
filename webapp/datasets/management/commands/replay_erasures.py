"""``manage.py replay_erasures [FILE ...]``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.management.base import BaseCommand, CommandError

from webapp.datasets.leaving import Erasure, journal, read_journal, replay


class Command(BaseCommand):
    help = (
        "After a backup was restored: withdraw once more who had withdrawn since it was made. Takes the journal of "
        "erasures, erasures.jsonl in DATA_DIR, and copies of it from elsewhere; tombstones.parquet of versions too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="(the journal in DATA_DIR)")

    def handle(self, *, files: list[Path], **options: Any) -> None:
        erasures: list[Erasure] = []
        digests: set[str] = set()
        for path in files or [journal()]:
            if not path.is_file():
                raise CommandError(f"{path} is not there: name the journal of erasures, kept from before the restore")
            try:
                if path.suffix == ".parquet":
                    digests.update(pq.read_table(path, columns=["digest"]).column(0).to_pylist())
                else:
                    erasures += read_journal(path)
            except (OSError, ValueError, pa.ArrowException) as error:
                raise CommandError(str(error).splitlines()[0]) from None
        count = replay(erasures, digests)
        self.stdout.write(f"{count} withdrew again, of {len(erasures)} erasures and {len(digests)} tombstones")
