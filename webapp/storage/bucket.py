"""Files in a bucket of S3, or of another service that speaks its protocol; the one place that imports boto3."""

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from webapp.storage.unreachable import StorageUnreachable

_BLOCK = 1 << 18  # bytes that are read at once
_PROBE = "probe"
_MISSING = ("404", "NoSuchKey", "NotFound")
# Threads of its own for each transfer would be many, beside those of the site.
_TRANSFER = TransferConfig(use_threads=False)


class Bucket(S3Storage):  # type: ignore[misc]  # of a package without types
    """A `SiteStorage` in a bucket. Whatever is wrong with it is an OSError, as with a disk."""

    def __init__(self, *, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        """Name a bucket, and how it is reached; empty is what boto3 finds by itself.

        Args:
            bucket: its name, and a folder in it, if files are not to lie at its root: ``name/folder``.
        """
        name, _, folder = bucket.partition("/")
        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 3},
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "auto"},
            # Services other than Amazon's do not all know the checksums that newer clients send with everything.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(
            bucket_name=name,
            location=folder,
            endpoint_url=endpoint or None,
            region_name=region or None,
            access_key=access_key or None,
            secret_key=secret_key or None,
            client_config=config,
            transfer_config=_TRANSFER,
            file_overwrite=True,
        )

    def path(self, name: str) -> str:
        """Refuse, as Django's storages do that are no disk."""
        raise NotImplementedError("files in a bucket have no path")

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        with self._as_os_error(name):
            return File(io.BufferedReader(_ObjectReader(self, name), _BLOCK), name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        with self._as_os_error(name):
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        """Tell whether a file is there."""
        with self._as_os_error(name):
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        with self._as_os_error(name):
            super().delete(name)

    def take(self, name: str, path: Path) -> None:
        """Send a file, which is there once all of it has come; it is deleted here."""
        with self._as_os_error(name):
            self.object_of(name).upload_file(str(path), Config=_TRANSFER)
        path.unlink()

    def fetch(self, name: str, folder: Path) -> Path:
        """Get a file."""
        target = folder / Path(name).name
        with self._as_os_error(name):
            self.object_of(name).download_file(str(target), Config=_TRANSFER)
        return target

    def state(self, name: str) -> tuple[int, int]:
        """Return bytes and time of the writing, which has whole seconds."""
        with self._as_os_error(name):
            found = self.object_of(name)
            return int(found.content_length), int(found.last_modified.timestamp()) * 10**9

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names of the files in a folder, without those of its folders; a thousand with each request."""
        prefix = self._key(folder) + "/"
        with self._as_os_error(folder):
            for summary in self.bucket.objects.filter(Prefix=prefix, Delimiter="/"):
                yield f"{folder}/{summary.key.removeprefix(prefix)}"

    def delete_folder(self, folder: str) -> None:
        """Delete all files whose names begin so, a thousand with each request."""
        with self._as_os_error(folder):
            for answer in self.bucket.objects.filter(Prefix=self._key(folder) + "/").delete():
                for failed in answer.get("Errors", ()):
                    raise StorageUnreachable(errno.EIO, f"{failed['Key']} cannot be deleted: {failed.get('Message')}")

    def why_unusable(self, *, by_writing: bool) -> str:
        """Say why files cannot be read, or saved, in a sentence; empty where they can."""
        try:
            if by_writing:
                self.save(_PROBE, File(io.BytesIO(b"probe")))
                self.delete(_PROBE)
            else:
                next(self.names("previews"), None)
        except FileNotFoundError:
            return f"there is no bucket {self.bucket_name}"
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def object_of(self, name: str) -> Any:
        """Return boto3's object for a file."""
        return self.bucket.Object(self._key(name))

    def _key(self, name: str) -> str:
        return str(self._normalize_name(name))

    @contextmanager
    def _as_os_error(self, name: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _MISSING:
                raise FileNotFoundError(errno.ENOENT, f"{name} is not in the bucket {self.bucket_name}") from None
            message = error.response.get("Error", {}).get("Message") or "no reason"
            raise StorageUnreachable(errno.EIO, f"the bucket {self.bucket_name} answers {code}: {message}") from None
        except (BotoCoreError, Boto3Error) as error:
            raise StorageUnreachable(errno.EIO, f"the bucket {self.bucket_name} does not answer: {error}") from None


class _ObjectReader(io.RawIOBase):
    """A file in a bucket, which comes in one stream as long as it is read on, and in another after each jump."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket, self._name = bucket, name
        self._object = bucket.object_of(name)
        self._size, self._content = int(self._object.content_length), self._object.e_tag
        self._position = 0
        self._stream: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        position = max(0, base + offset)
        if position != self._position:
            self._drop()
        self._position = position
        return position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._size or not len(buffer):
            return 0
        with self._bucket._as_os_error(self._name):
            if self._stream is None:
                # Of this very content: what has been replaced meanwhile is refused, not mixed.
                answer = self._object.get(Range=f"bytes={self._position}-", IfMatch=self._content)
                self._stream = answer["Body"]
            content = self._stream.read(len(buffer))
        if not content:
            raise OSError(errno.EIO, f"{self._name} broke off")
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    def close(self) -> None:
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
