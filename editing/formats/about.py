"""What a data set is, as cards, datasheets and archives tell it: from its manifest, and from who publishes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from editing.trajectories.describing import described, rows_of_tables
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS

# Licences of data as Hugging Face and SPDX name them, by how people write them.
_LICENCES = {
    "cc0-1.0": ("cc0", "cc0 1.0", "cc0-1.0"),
    "cc-by-4.0": ("cc by 4.0", "cc-by-4.0"),
    "cc-by-sa-4.0": ("cc by-sa 4.0", "cc-by-sa-4.0"),
    "cc-by-nc-4.0": ("cc by-nc 4.0", "cc-by-nc-4.0"),
    "cc-by-nc-sa-4.0": ("cc by-nc-sa 4.0", "cc-by-nc-sa-4.0"),
}


@dataclass(frozen=True)
class Publication:
    """What only who publishes a data set can say of it. What is empty is left out, or said to be not stated.

    Attributes:
        title: of the data set.
        description: a sentence or two on the study.
        authors: by name.
        licence: of the data, as `CC BY 4.0`; that of the photos stands in their table.
        url: where it is published.
        doi: of this version.
        date: of publication, as 2026-11-29.
    """

    title: str = ""
    description: str = ""
    authors: Sequence[str] = ()
    licence: str = ""
    url: str = ""
    doi: str = ""
    date: str = ""


@dataclass(frozen=True)
class About:
    """A data set in words and numbers.

    Attributes:
        name: of letters, digits and hyphens, from the study's.
        licence: of the data, as its researchers wrote it, and as SPDX names it, else empty.
        tables: rows of each that is there.
        numbers: as ``described`` returns them.
        photo_licences: how many photos have which licence, where one is stated.
    """

    publication: Publication
    name: str
    title: str
    version: str
    licence: str
    licence_id: str
    tables: Mapping[str, int]
    numbers: Mapping[str, Any]
    photo_licences: Mapping[str, int]
    manifest: Mapping[str, Any]

    @property
    def summary(self) -> str:
        """One paragraph: what it is, and how much."""
        players = ", ".join(f"{count:,} {kind}" for kind, count in self.numbers["players"].items()) or "no"
        own = f"{self.publication.description.strip()} " if self.publication.description else ""
        return (
            f"{own}How photographs were retouched in Safelight, a game: each episode is one player's treatment of one "
            f"dark, linear photograph in at most five steps out of eight filters. {self.tables['episodes']:,} episodes "
            f"by {players} players, {self.tables['steps']:,} steps, {self.tables['events']:,} recorded actions, "
            f"{self.tables['photos']:,} photographs."
        )

    @property
    def citation(self) -> str:
        """How to cite it."""
        authors = ", ".join(self.publication.authors) or "Authors not stated"
        year = self.publication.date[:4] or str(self.manifest.get("exported_at", ""))[:4] or "n.d."
        where = f" https://doi.org/{self.publication.doi}" if self.publication.doi else ""
        return f"{authors} ({year}). {self.title}, version {self.version}.{where or ' ' + self.publication.url}".strip()


def licence_id(licence: str) -> str:
    """Return how SPDX names a licence that somebody wrote, in small letters; empty where it is none of the usual."""
    return next((name for name, written in _LICENCES.items() if licence.lower() in written), "")


def about(snapshot: Snapshot, publication: Publication) -> About:
    """Return what there is to say of a snapshot.

    Raises:
        InvalidSnapshot: a table cannot be read.
    """
    manifest = snapshot.manifest
    study = str(manifest.get("study") or "retouching")
    licences = manifest.get("data_licences") or {}
    licence = publication.licence or "; ".join(sorted(set(map(str, licences.values()))))
    photos = snapshot.table("photos", ["licence"])
    counted = pc.value_counts(photos.column("licence").combine_chunks()).to_pylist()
    return About(
        publication=publication,
        name="".join(letter if letter.isalnum() else "-" for letter in study).strip("-") or "retouching",
        title=publication.title or f"Retouching trajectories: {study}",
        version=str(manifest.get("version") or "unnumbered"),
        licence=licence,
        licence_id=licence_id(licence),
        tables={name: count for name, count in rows_of_tables(snapshot).items() if name in ALL_SCHEMAS},
        numbers=described(snapshot),
        photo_licences={str(entry["values"]): int(entry["counts"]) for entry in counted},
        manifest=manifest,
    )
