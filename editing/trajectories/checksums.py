"""What a manifest says of the files beside it, and whether they are still these files.

Previews are not listed: each is named by its own SHA-256.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from editing.trajectories.problems import Problem
from editing.trajectories.reading import Snapshot

MANIFEST = "manifest.json"
CHANGED = "changed"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed_files(folder: Path, rows: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return what a manifest says of each file of a folder but itself: bytes, SHA-256, and of a table its rows.

    Args:
        rows: how many rows each table has.
    """
    listed = {}
    for path in sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST):
        counted = {"rows": rows[path.stem]} if path.suffix == ".parquet" and path.stem in rows else {}
        listed[path.name] = counted | {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
    return listed


def file_problems(snapshot: Snapshot) -> Iterator[Problem]:
    """Yield what is wrong with a snapshot's files, by what its manifest says of them.

    Of a manifest of before November 2026, which lists no files, the counts of rows alone are compared.
    """
    listed: Mapping[str, Mapping[str, Any]] = snapshot.manifest.get("files", {})
    for name, about in listed.items():
        path = snapshot.directory / name
        if not path.is_file():
            yield Problem(name, "the manifest lists it, and it is not here")
        elif path.stat().st_size != about["bytes"]:
            found_bytes = path.stat().st_size
            yield Problem(name, f"it has {found_bytes} bytes, and the manifest says {about['bytes']}", check=CHANGED)
        elif (found := file_sha256(path)) != about["sha256"]:
            reason = f"its SHA-256 is {found}, and the manifest says {about['sha256']}: it was changed"
            yield Problem(name, reason, check=CHANGED)
    tables = sorted(path.name for path in snapshot.directory.glob("*.parquet"))
    if listed:
        yield from (Problem(name, "the manifest does not list it") for name in tables if name not in listed)
    for table, count in snapshot.manifest.get("rows", {}).items():
        path = snapshot.path(table)
        try:
            found_rows = pq.read_metadata(path).num_rows if path.is_file() else 0
        except (OSError, pa.ArrowException) as error:
            yield Problem(path.name, f"it cannot be read: {str(error).splitlines()[0]}")
            continue
        if found_rows != count:
            yield Problem(path.name, f"it has {found_rows} rows, and the manifest says {count}")
