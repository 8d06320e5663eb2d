"""``manage.py replay_erasures [FILE ...]``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.management.base import BaseCommand, CommandError

from webapp.datasets.leaving import JOURNAL, Erasure, read_journal, replay
from webapp.storage.site_file import SiteFile


class Command(BaseCommand):
    help = (
        "After a backup was restored: withdraw once more who had withdrawn since it was made. Takes the journal of "
        "erasures (erasures.jsonl), which lies where photos do, or copies of it; tombstones.parquet of versions too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="(the site's own journal)")
        parser.add_argument("--if-there", action="store_true", help="end well where the site has no journal")

    def handle(self, *, files: list[Path], **options: Any) -> None:
        erasures: list[Erasure] = []
        digests: set[str] = set()
        if not files and options.get("if_there") and not JOURNAL.exists():
            self.stdout.write("There is no journal of withdrawals here: name that of before (replay_erasures FILE).")
            return
        sources: list[Path | SiteFile] = [*files] or [JOURNAL]
        for source in sources:
            if not source.exists():
                raise CommandError(f"{source} is not there: name the journal of erasures, kept from before the restore")
            try:
                if isinstance(source, Path) and source.suffix == ".parquet":
                    digests.update(pq.read_table(source, columns=["digest"]).column(0).to_pylist())
                else:
                    text = source.read_bytes() if isinstance(source, Path) else source.read()
                    erasures += read_journal(text, str(source))
            except (OSError, ValueError, pa.ArrowException) as error:
                raise CommandError(str(error).splitlines()[0]) from None
        count = replay(erasures, digests)
        self.stdout.write(f"{count} withdrew again, of {len(erasures)} erasures and {len(digests)} tombstones")
