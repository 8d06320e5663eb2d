"""The folder of backups: which are there, whether they are whole, and the files that they share.

::

    files/ab/abcd...            each photo's file under the SHA-256 of what is stored, once for all backups
    2026-11-29T03-30-12Z/       a backup
        database.dump           by pg_dump, in its custom format
        settings                NAME=VALUE of the settings that the data need, such as SECRET_KEY
        manifest.json           counts, sizes and SHA-256 of all that
        manifest.sha256

Where a key is given, each file but the manifest is encrypted by ``age``, and has its suffix: never twice to the same
bytes, so that no backup's file takes the place of another's. A backup appears under its name when it is whole and was
verified; what was stopped before is hidden.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

from editing.files import write_atomically
from webapp.storage.site_file import SiteFile, scratch

FORMAT, FORMAT_VERSION = "safelight-backup", 1
UNFINISHED = ".unfinished-"
MANIFEST, DIGEST = "manifest.json", "manifest.sha256"
_NAME = "%Y-%m-%dT%H-%M-%SZ"
_SUFFIX = ".age"
_BLOCK = 1 << 20


class BackupError(Exception):
    """Something is wrong with a backup, or with what it needs; the message says what, and what to do."""


@dataclass(frozen=True)
class StoredFile:
    """A file in the folder, and what it is the file of.

    Attributes:
        path: the name of the site's file of which it is a copy; or its own name in the backup.
        modified: in ns, of the original.
        stored_sha256: of the stored file, which is another where it is encrypted.
    """

    path: str
    bytes: int
    sha256: str
    stored_bytes: int
    stored_sha256: str
    modified: int = 0


@dataclass(frozen=True)
class Table:
    """A table's rows, and the sum of the hashes of their text."""

    rows: int
    fingerprint: str


@dataclass(frozen=True)
class Manifest:
    """What a backup has.

    Attributes:
        encrypted_for: the age recipient that can read it; empty where everybody can.
        missing: files that the database names and that were not there.
    """

    begun: str
    postgres: str
    encrypted_for: str
    tables: dict[str, Table]
    database: StoredFile
    settings: StoredFile
    files: list[StoredFile] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def to_json(self) -> bytes:
        """Return its text."""
        content = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}
        return json.dumps(content, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Read it.

        Raises:
            BackupError: it is none, or of a newer version.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            if values.pop("format") != FORMAT:
                raise BackupError("manifest.json is of something else")
            if (version := values.pop("format_version")) != FORMAT_VERSION:
                raise BackupError(f"manifest.json has version {version}, which this program cannot read: update it")
            return cls(
                **values
                | {name: StoredFile(**values[name]) for name in ("database", "settings")}
                | {"files": [StoredFile(**file) for file in values["files"]]}
                | {"tables": {name: Table(**table) for name, table in values["tables"].items()}}
            )
        except (ValueError, KeyError, TypeError):
            raise BackupError("manifest.json cannot be read") from None


class KnownFiles:
    """Stored files of backups that can be read, by the site's file that each is a copy of, and by their content."""

    def __init__(self) -> None:
        """Know none."""
        self._by_path: dict[str, StoredFile] = {}
        self._by_content: dict[str, StoredFile] = {}

    def add(self, file: StoredFile) -> None:
        """Know one more; of two of the same name the later."""
        self._by_path[file.path] = self._by_content[file.sha256] = file

    def unchanged(self, path: str, state: tuple[int, int]) -> StoredFile | None:
        """Return that of a site's file which has so many bytes and was written then, in ns since 1970."""
        found = self._by_path.get(path)
        return found if found and (found.bytes, found.modified) == state else None

    def same(self, sha256: str) -> StoredFile | None:
        """Return one of the same content."""
        return self._by_content.get(sha256)


@dataclass(frozen=True)
class Store:
    """The folder of backups, and by which keys its files are encrypted and read.

    Attributes:
        recipient: the public key of ``age``; files are not encrypted where it is empty.
        identity: the file of the private key, which only restoring needs; None where it is elsewhere.
    """

    folder: Path
    recipient: str = ""
    identity: Path | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have the folder for oneself.

        Raises:
            BackupError: another backup or drill is under way, or the folder cannot be used.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self.folder / ".lock").open("a")
        except OSError as error:
            raise BackupError(f"{self.folder} cannot be used: {error.strerror}") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupError("another backup, restore or drill is under way") from None
            yield

    def names(self) -> list[str]:
        """Return the names of the backups that are there, the oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if _is_name(path.name))

    def unfinished(self) -> list[str]:
        """Return the names of those that were stopped before their end."""
        found = (path.name.removeprefix(UNFINISHED) for path in self.folder.glob(f"{UNFINISHED}*"))
        return sorted(filter(_is_name, found))

    def newest(self) -> str:
        """Return the name of the newest backup.

        Raises:
            BackupError: there is none.
        """
        names = self.names()
        if not names:
            half = "".join(f"; {name} is half-written: it was stopped before its end" for name in self.unfinished())
            raise BackupError(f"there is no backup in {self.folder}{half}")
        return names[-1]

    def manifest(self, name: str) -> Manifest:
        """Read a backup's manifest.

        Raises:
            BackupError: it is missing or damaged.
        """
        if name not in self.names():
            if name in self.unfinished():
                raise BackupError(f"{name} is half-written: it was stopped before its end. Take another")
            raise BackupError(f"there is no backup {name} in {self.folder}")
        folder = self.folder / name
        try:
            text, digest = (folder / MANIFEST).read_bytes(), (folder / DIGEST).read_text().split()
        except (OSError, ValueError):
            raise BackupError(f"{name} is half-written: its manifest is missing. Take another") from None
        if digest[:1] != [hashlib.sha256(text).hexdigest()]:
            raise BackupError(f"{name} is damaged: its manifest is not what was written. Take another")
        return Manifest.from_json(text)

    def damages(self, name: str, manifest: Manifest) -> list[str]:
        """Return what is missing or damaged of a backup, by reading all of it."""
        found = []
        for file in (manifest.database, manifest.settings, *manifest.files):
            path = self.path_of(name, manifest, file)
            if not path.is_file():
                found.append(f"{path.relative_to(self.folder)} ({file.path}) is missing")
            elif path.stat().st_size != file.stored_bytes or sha256_of(path) != file.stored_sha256:
                found.append(f"{path.relative_to(self.folder)} ({file.path}) is damaged")
        return found

    def path_of(self, name: str, manifest: Manifest, file: StoredFile) -> Path:
        """Return where a file of a backup lies."""
        suffix = _SUFFIX if manifest.encrypted_for else ""
        if file in (manifest.database, manifest.settings):
            return self.folder / name / (file.path + suffix)
        path = self._shared(file.stored_sha256, suffix)
        # Encrypted backups of before lie under the SHA-256 of what was encrypted.
        return path if path.is_file() else self._shared(file.sha256, suffix)

    def _shared(self, sha256: str, suffix: str) -> Path:
        return self.folder / "files" / sha256[:2] / (sha256 + suffix)

    def keep(self, source: SiteFile, known: KnownFiles) -> StoredFile:
        """Keep a file of the site's, unless it is there from an earlier backup for the same key.

        Raises:
            FileNotFoundError: it is gone.
        """
        suffix = _SUFFIX if self.recipient else ""

        def is_there(file: StoredFile | None) -> TypeGuard[StoredFile]:
            if file is None:
                return False
            path = self._shared(file.stored_sha256, suffix)
            return path.is_file() and path.stat().st_size == file.stored_bytes

        state = source.state()
        if is_there(unchanged := known.unchanged(source.name, state)):
            return unchanged
        with scratch() as folder:
            path = source.fetch(folder)
            sha256 = sha256_of(path)
            if is_there(same := known.same(sha256)):
                return replace(same, path=source.name, modified=state[1])
            draft = self._shared(sha256, UNFINISHED)
            draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            stored = self.write(path, draft, source.name, sha256, state[1])
            target = self._shared(stored.stored_sha256, suffix)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.replace(target)
            return stored

    def write(self, source: Path, target: Path, path: str, sha256: str, modified: int = 0) -> StoredFile:
        """Write a copy, encrypted where a key is given, and read it again.

        Raises:
            BackupError: it is not what was to be written.
        """
        if self.recipient:
            _age("--encrypt", "--recipient", self.recipient, "--output", str(target), str(source))
        else:
            shutil.copyfile(source, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())
            # What is read next comes from the disk.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        stored = sha256_of(target)
        if not self.recipient and stored != sha256:
            target.unlink()
            raise BackupError(f"{path} was changed while it was copied, or the disk of the backups fails: try again")
        return StoredFile(path, source.stat().st_size, sha256, target.stat().st_size, stored, modified)

    def read(self, name: str, manifest: Manifest, file: StoredFile, target: Path) -> None:
        """Write what a file of a backup is the copy of.

        Raises:
            BackupError: it is not what its hash says, or the key that reads it is not here.
        """
        source = self.path_of(name, manifest, file)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}{UNFINISHED}")
        try:
            if manifest.encrypted_for:
                if self.identity is None:
                    key = manifest.encrypted_for
                    raise BackupError(f"{name} is encrypted for {key}: name the file of its private key (--identity)")
                _age("--decrypt", "--identity", str(self.identity), "--output", str(draft), str(source))
            else:
                shutil.copyfile(source, draft)
            if sha256_of(draft) != file.sha256:
                raise BackupError(f"{source.relative_to(self.folder)} is damaged")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def finish(self, draft: Path, name: str, manifest: Manifest) -> None:
        """Write the manifest, last, and give the backup its name."""
        text = manifest.to_json()
        write_atomically(draft / MANIFEST, text)
        write_atomically(draft / DIGEST, f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode())
        draft.rename(self.folder / name)
        for folder in (self.folder / name, self.folder):
            handle = os.open(folder, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)

    def delete_old(self, before: datetime) -> list[str]:
        """Delete the backups from before a time, but the newest; what was left half-written; and files of none.

        Nothing is deleted while some manifest cannot be read: its files would be taken for nobody's.
        """
        *old, _ = self.names() or [""]
        deleted = [name for name in old if _time_of(name) < before]
        for name in deleted:
            # Nobody takes what is left of it for a backup.
            gone = self.folder / f"{UNFINISHED}{name}"
            (self.folder / name).rename(gone)
        for left in self.folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left)
        with suppress(BackupError):
            used = set()
            for name in self.names():
                manifest = self.manifest(name)
                used |= {self.path_of(name, manifest, file) for file in manifest.files}
            for path in (self.folder / "files").glob("*/*"):
                if path not in used:
                    path.unlink()
        return deleted


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def new_name() -> tuple[str, datetime]:
    """Return a backup's name, and the time that it tells."""
    now = datetime.now(UTC)
    return now.strftime(_NAME), now


def _is_name(name: str) -> bool:
    try:
        return bool(_time_of(name))
    except ValueError:
        return False


def _time_of(name: str) -> datetime:
    return datetime.strptime(name, _NAME).replace(tzinfo=UTC)


def _age(*arguments: str) -> None:
    try:
        done = subprocess.run(["age", *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        raise BackupError("age is missing, which encrypts backups: apt-get install age") from None
    if done.returncode:
        raise BackupError(f"age failed: {(done.stderr.strip().splitlines() or ['no reason'])[0]}")
