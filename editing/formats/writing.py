"""The forms that an export can be written in, by name."""

import json
from pathlib import Path

from editing.formats.about import About
from editing.formats.card import card
from editing.formats.croissant import croissant
from editing.formats.csv_files import present_tables, write_codebook, write_csv
from editing.formats.datasheet import datasheet
from editing.formats.psych_ds import write_psych_ds
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS
from editing.trajectories.snapshot import table_writer, write_manifest
from editing.trajectories.subsets import add_previews


def write_form(form: str, snapshot: Snapshot, about: About, folder: Path) -> dict[str, int]:
    """Write a snapshot into an empty folder in one of the forms ``csv``, ``hugging-face`` and ``psych-ds``.

    Returns:
        How many rows each table has.

    Raises:
        InvalidSnapshot: a table cannot be read.
        ImportError: a package is missing; the extra ``formats`` has it.
    """
    if form == "psych-ds":
        return write_psych_ds(snapshot, about, folder)
    if form == "csv":
        counts = write_csv(snapshot, folder)
        write_codebook(folder / "codebook.csv", present_tables(snapshot))
        return counts
    return write_hugging_face(snapshot, about, folder)


def write_hugging_face(snapshot: Snapshot, about: About, folder: Path) -> dict[str, int]:
    """Write the tables, with a card, a datasheet and a record in Croissant: a snapshot too."""
    counts = {}
    for name in present_tables(snapshot):
        schema = ALL_SCHEMAS[name]
        counts[name] = 0
        with table_writer(folder / f"{name}.parquet", schema) as writer:
            for part in snapshot.batches(name):
                writer.write_table(part)
                counts[name] += part.num_rows
    add_previews(
        folder,
        (
            (sha256, snapshot.preview_path(sha256))
            for sha256 in snapshot.table("photos", ["preview_sha256"]).column("preview_sha256").to_pylist()
        ),
    )
    (folder / "README.md").write_text(card(about), encoding="utf-8")
    (folder / "DATASHEET.md").write_text(datasheet(about), encoding="utf-8")
    copy = Snapshot(folder, dict(snapshot.manifest))
    record = json.dumps(croissant(copy, about), indent=1, ensure_ascii=False, default=str)
    (folder / "croissant.json").write_text(record + "\n", encoding="utf-8")
    own = {"format", "format_version", "contract_version", "contract_versions", "rows", "files"}
    write_manifest(folder, counts, {key: value for key, value in snapshot.manifest.items() if key not in own})
    return counts
