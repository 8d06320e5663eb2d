"""Small disks of their own for the database and the site's files, which can be full: a tmpfs each."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BLOCK = bytes(1 << 20)


@dataclass(frozen=True)
class Disk:
    """A folder that is a disk; ``kept``: the archive that has its content while nothing runs."""

    folder: Path
    megabytes: int
    kept: Path

    @contextmanager
    def mounted(self) -> Iterator["Disk"]:
        """Have it, with what it had the last time. What a killed run has left mounted is taken as it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.folder.is_mount():
            _run(
                "mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m,mode=0755", "safelight-faults", str(self.folder)
            )
            if self.kept.exists():
                _run("tar", "--extract", "--file", str(self.kept), "--directory", str(self.folder))
        self.empty()
        try:
            yield self
        finally:
            self.empty()
            draft = self.kept.with_suffix(".draft")
            _run("tar", "--create", "--file", str(draft), "--directory", str(self.folder), ".")
            draft.replace(self.kept)
            _run("umount", str(self.folder))

    @property
    def filling(self) -> Path:
        return self.folder / "filling"

    def fill(self) -> None:
        """Leave no room."""
        with self.filling.open("wb", buffering=0) as file:
            try:
                while file.write(_BLOCK):
                    pass
            except OSError:
                return

    def empty(self) -> None:
        """Give the room back."""
        self.filling.unlink(missing_ok=True)


def can_mount() -> bool:
    """Tell whether such disks can be made here: by root, outside of most containers."""
    if os.geteuid() != 0:
        return False
    # In a namespace of its own: nobody sees it, and nothing is left of it.
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "safelight-faults", "/mnt"]
    return subprocess.run(command, capture_output=True).returncode == 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
