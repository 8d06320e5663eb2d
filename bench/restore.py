"""Restoring a lost site of 10,000 episodes and 200 photos from its backup, by one command. Needs Postgres.

Beside it, in the same run, pg_restore alone fills a database from the same dump, and the same files are copied.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
from PIL import Image
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bench.figures import Figure
from bench.large_study import fill
from editing.trajectories.checksums import file_sha256
from webapp.local.serve import ROOT

EPISODES, PEOPLE, PHOTOS = 10_000, 100, 200
WIDTH, HEIGHT = 1024, 683  # whose previews have 4 MB


def measure() -> dict[str, Figure]:
    """Measure backup and restore, with what came back held against what was there."""
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as name:
        folder = Path(name)
        with _database("lost") as lost, _database("new") as new, _database("plain") as plain:
            site = _Site(lost, folder / "lost", folder / "backups")
            site.manage("migrate", "-v0")
            _fill(site, folder)
            backup = _seconds(lambda: site.manage("backup"))
            before = _contents(lost) | _hashes(site.data)
            time.sleep(1)  # a backup is called by its second
            again = _seconds(lambda: site.manage("backup"))
            shutil.rmtree(site.data)

            # An empty machine, as deploy/install leaves it.
            empty = _Site(new, folder / "new", site.backups)
            empty.manage("migrate", "-v0")
            took = _seconds(lambda: empty.manage("restore"))
            after = _contents(new) | _hashes(empty.data)
            dump = max(site.backups.glob("*/database.dump"))
            plainly = _seconds(lambda: _restore_plainly(dump, plain, empty.data, folder / "plain"))
            files = sum(path.stat().st_size for path in _files(empty.data))
            there = (
                f"{EPISODES} episodes, {PHOTOS} photos: a dump of {dump.stat().st_size / 1e6:.0f} MB, "
                f"{len(_files(empty.data))} files of {files / 1e6:.0f} MB"
            )
    differing = sum(before.get(key) != after.get(key) for key in before | after)
    return {
        "restore.s": Figure(took, "s", "", f"{there}; wall time, with reading and comparing all"),
        "restore.ratio_to_plain": Figure(
            took / plainly,
            "x",
            "pg_restore and a copy of the files, in this run",
            f"{plainly:.1f} s; nothing is compared there",
        ),
        "restore.backup_s": Figure(backup, "s", "", "with reading again what was written"),
        "restore.second_backup_ratio": Figure(again / backup, "x", "the first", "no file is new"),
        "restore.differing": Figure(differing, "tables, files", "those of before", f"of {len(before)}, by SHA-256"),
    }


class _Site:
    """The settings of a site, and its commands as processes."""

    def __init__(self, database: str, data: Path, backups: Path) -> None:
        self.data, self.backups = data, backups
        data.mkdir()
        self.environment = {"DATABASE_URL": database, "DATA_DIR": str(data), "BACKUP_DIR": str(backups)}

    def manage(self, *command: str) -> None:
        line = [sys.executable, "manage.py", *command]
        subprocess.run(line, cwd=ROOT, env=os.environ | self.environment, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _database(name: str) -> Iterator[str]:
    """Make an empty database on the server that DATABASE_URL names, and give its address."""
    url, own = os.environ["DATABASE_URL"], f"bench_restore_{name}_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(own)))
        try:
            yield psycopg.conninfo.make_conninfo(url, dbname=own)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(own)))


def _fill(site: _Site, folder: Path) -> None:
    """Bring in photos by the site's command, and play by COPY."""
    photos = folder / "photos"
    photos.mkdir()
    for number in range(PHOTOS):
        random = np.random.default_rng(number)
        coarse = Image.fromarray(random.integers(0, 256, (9, 13, 3), dtype=np.uint8))
        coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(photos / f"{number}.jpg", quality=92)
    site.manage("import_photos", str(photos))
    os.environ |= site.environment | {"DJANGO_SETTINGS_MODULE": "webapp.settings"}
    import django

    django.setup()
    from django.db import connection

    from webapp.photos.models import Photo
    from webapp.studies.models import Study

    fill(Study.objects.get(slug="default"), list(Photo.objects.all()), people=PEOPLE, episodes=EPISODES)
    connection.close()


def _contents(url: str) -> dict[str, str]:
    """Return a digest of the rows of each table, in an order of their own."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {}
        for (table,) in rows:
            content = hashlib.sha256()
            query = sql.SQL("COPY (SELECT t::text FROM {} t ORDER BY 1) TO STDOUT").format(sql.Identifier(table))
            with connection.cursor().copy(query) as copy:
                for part in copy:
                    content.update(part)
            found[table] = content.hexdigest()
        return found


def _files(data: Path) -> list[Path]:
    """Return the files that must come back; others are made again."""
    return [path for kind in ("previews", "originals") for path in (data / kind).rglob("*") if path.is_file()]


def _hashes(data: Path) -> dict[str, str]:
    return {str(path.relative_to(data)): file_sha256(path) for path in _files(data)}


def _restore_plainly(dump: Path, database: str, data: Path, target: Path) -> None:
    from webapp.backups import postgres

    postgres.restore(dump, str(conninfo_to_dict(database)["dbname"]))
    for path in _files(data):
        (target / path.relative_to(data)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / path.relative_to(data))


def _seconds(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
