"""Building a version: aside, with a heartbeat, and there whole or not at all."""

import logging
import os
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from editing.trajectories.checksums import MANIFEST, file_sha256
from editing.trajectories.reading import open_snapshot
from editing.trajectories.schemas import InvalidSnapshot
from webapp.datasets.choosing import Choice, follow, freeze
from webapp.datasets.exporting import Request, Tally, write_export
from webapp.datasets.frozen import FrozenSelection
from webapp.datasets.models import DatasetKey, DatasetVersion
from webapp.http.database_unavailable import is_unavailable
from webapp.http.disk_full import is_disk_full
from webapp.studies.models import Study

HEARTBEAT = 2.0  # seconds
PATIENCE = 30.0  # seconds, with a Postgres that restarts
# A version that is being written and has had no heartbeat for so long has lost its worker.
LOST_AFTER = timedelta(seconds=90)
MOST_ATTEMPTS = 3
ARCHIVE = "archive"
_BROKEN = "The server failed at it. Its log says why."
_DATABASE_LOST = "The connection to the database was lost in the midst of it. Nothing of it is left: try it again."
_DISK_FULL = "The disk of the server is full. Nothing of it is left: make room, and try it again."
_CHANGED = (
    "What the study holds has changed since this version was made, so it cannot be made again as it was: {names}. Its "
    "manifest and checksums stay; make a new version."
)
_logger = logging.getLogger(__name__)


class NotAsBefore(Exception):
    """A version that is built again does not come out as it was."""


def new_version(
    study: Study,
    choice: Choice,
    asked_by: User | None = None,
    *,
    unlinkable: bool = False,
    successor_of: DatasetVersion | None = None,
) -> DatasetVersion:
    """Store the next version of a study's data, which is to be built.

    Args:
        unlinkable: under a key of its own, so that nobody in it can be found in other versions by name.
        successor_of: the version that it follows, whose selection and key it has.
    """
    with transaction.atomic():
        study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
        last = DatasetVersion.objects.filter(study=study).aggregate(Max("number"))["number__max"] or 0
        key = successor_of.key if successor_of else _key(study, unlinkable=unlinkable)
        version = DatasetVersion.objects.create(
            study=study,
            number=last + 1,
            key=key,
            choice=choice.to_json(),
            asked_by=asked_by,
            successor_of=successor_of,
            stored=timezone.now().replace(microsecond=0),
        )
        if successor_of is not None:
            follow(successor_of, version)
    return version


def _key(study: Study, *, unlinkable: bool) -> DatasetKey:
    opened = study.changes.filter(values__state=Study.State.OPEN).order_by("pk").first() or study.changes.first()
    began = opened.changed if opened else timezone.now()
    standing = DatasetKey.objects.filter(study=study, is_standing=True).first()
    if unlinkable:
        began = standing.opened if standing else began
        return DatasetKey.objects.create(study=study, is_standing=False, opened=began)
    return standing or DatasetKey.objects.create(study=study, opened=began)


def build(key: int) -> None:
    """Write a version's files; what goes wrong is for the researcher to read in its row.

    Raises:
        Exception: what is a mistake of ours, for the log.
    """
    attempt = _begin(key)
    if attempt is None:
        return
    try:
        _build(DatasetVersion.objects.select_related("study", "key").get(pk=key), attempt)
    except NotAsBefore as error:
        _fail(key, attempt, str(error))
    except (InvalidSnapshot, OSError) as error:
        _logger.error("the version %s failed: %s", key, error)
        _fail(key, attempt, _DISK_FULL if is_disk_full(error) else str(error))
    except DatabaseError as error:
        if not is_unavailable(error):
            _fail(key, attempt, _BROKEN)
            raise
        _logger.error("the version %s failed: %s", key, error)
        _fail_once_postgres_is_back(key, attempt)
    except Exception:
        _fail(key, attempt, _BROKEN)
        raise


def build_again(version: DatasetVersion) -> None:
    """Write the files of a version once more, which were lost, or of one at which something had failed."""
    rows = DatasetVersion.objects.filter(pk=version.pk).exclude(state=DatasetVersion.State.WITHDRAWN)
    rows.update(state=DatasetVersion.State.QUEUED, reason="")
    build(version.pk)


def _begin(key: int) -> int | None:
    """Take a version up that is to be built; return which attempt it is."""
    waiting = DatasetVersion.objects.filter(pk=key, state__in=DatasetVersion.COMING)
    now = timezone.now()
    update = {"state": DatasetVersion.State.WORKING, "reason": "", "rows_done": 0, "heartbeat": now, "finished": None}
    if not waiting.update(attempt=F("attempt") + 1, **update):
        return None
    return DatasetVersion.objects.values_list("attempt", flat=True).get(pk=key)


def _build(version: DatasetVersion, attempt: int) -> None:
    freeze(version)
    version.refresh_from_db()
    tally = Tally()
    with _heart(version.pk, attempt, tally), aside(str(version.pk)) as folder:
        files = folder / str(version)
        files.mkdir()
        selection = FrozenSelection.of(version)
        digests = selection.tombstones.values_list("digest", flat=True)
        write_export(files, Request(selection, version.key.naming, tombstones=list(digests), tally=tally))
        snapshot = open_snapshot(files)
        sums = {path.name: _sums(path) for path in sorted(files.iterdir()) if path.is_file()}
        _check_as_before(version, sums)
        archive = folder / "archive.zip"
        pack(files, archive)
        sums[ARCHIVE] = _sums(archive)
        _finish(version, attempt, archive, {"manifest": snapshot.manifest, "files": sums})


def _sums(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": file_sha256(path)}


def _check_as_before(version: DatasetVersion, sums: dict[str, Any]) -> None:
    before = {name: about for name, about in version.files.items() if name != ARCHIVE}
    if before and before != sums:
        tables = sorted(name for name in {*before, *sums} - {MANIFEST} if before.get(name) != sums.get(name))
        raise NotAsBefore(_CHANGED.format(names=", ".join(tables) or MANIFEST))


def _finish(version: DatasetVersion, attempt: int, archive: Path, values: dict[str, Any]) -> None:
    """Give the files their place, unless somebody has withdrawn from them meanwhile, or another attempt has begun."""
    with transaction.atomic():
        rows = DatasetVersion.objects.select_for_update().filter(pk=version.pk, attempt=attempt)
        if not rows.filter(state=DatasetVersion.State.WORKING).exists():
            return
        version.file.take(archive)
        rows.update(state=DatasetVersion.State.READY, reason="", finished=timezone.now(), **values)


def _fail(key: int, attempt: int, reason: str) -> None:
    rows = DatasetVersion.objects.filter(pk=key, attempt=attempt, state=DatasetVersion.State.WORKING)
    rows.update(state=DatasetVersion.State.FAILED, reason=reason[:500], finished=timezone.now())


def _fail_once_postgres_is_back(key: int, attempt: int) -> None:
    """Wait for a Postgres that restarts; where it stays away, the version is taken up as one that lost its worker."""
    until = time.monotonic() + PATIENCE
    while True:
        if not connection.in_atomic_block:
            connection.close()
        try:
            return _fail(key, attempt, _DATABASE_LOST)
        except DatabaseError as error:
            if not is_unavailable(error) or time.monotonic() > until:
                raise
        time.sleep(0.5)


def pack(folder: Path, archive: Path, compression: int = zipfile.ZIP_STORED) -> None:
    """Put a folder into a ZIP file, byte for byte the same for the same content. Its files go as they are packed.

    Args:
        compression: none, for Parquet, which is compressed already.
    """
    with archive.open("wb") as file:
        with zipfile.ZipFile(file, "w") as packed:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                info = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix())
                info.external_attr = 0o644 << 16
                info.compress_type = compression
                with path.open("rb") as source, packed.open(info, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                path.unlink()  # to need the room once, not twice
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def aside(name: str) -> Iterator[Path]:
    """Make a folder to build in; what attempts of that name have left that were killed is deleted."""
    parent = building_folder()
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{name}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=parent) as folder:
        yield Path(folder)


def building_folder() -> Path:
    """Where versions are built, on this machine's disk."""
    return Path(settings.DATA_DIR) / "datasets" / "building"


@contextmanager
def _heart(key: int, attempt: int, tally: Tally) -> Iterator[None]:
    """Tell every two seconds, by a connection of its own, that a version is being built, and how far it is."""
    stopped = threading.Event()

    def beat() -> None:
        try:
            while not stopped.wait(HEARTBEAT):
                rows = DatasetVersion.objects.filter(pk=key, attempt=attempt)
                rows.update(heartbeat=timezone.now(), rows_done=tally.rows)
        except DatabaseError:
            _logger.warning("the version %s has no heartbeat any more: the database is away", key)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
