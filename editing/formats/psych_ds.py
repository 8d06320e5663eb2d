"""A data set in the form of Psych-DS: CSV files with keywords in their names, and one JSON-LD that says what they are.

https://psychds-docs.readthedocs.io, schema version 1.5.1.
"""

import json
from pathlib import Path
from typing import Any

from editing.formats.about import About
from editing.formats.csv_files import present_tables, write_codebook, write_csv
from editing.formats.datasheet import datasheet
from editing.trajectories.columns import column_description
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS

SCHEMA_VERSION = "1.5.1"


def write_psych_ds(snapshot: Snapshot, about: About, folder: Path) -> dict[str, int]:
    """Write a data set into an empty folder; return how many rows each table has.

    Tables without rows are left out: each variable that is described stands in a file.
    """
    (folder / "data").mkdir()
    tables = [name for name in present_tables(snapshot) if about.tables.get(name)]
    counts = write_csv(snapshot, folder / "data", lambda table: data_name(about.name, table), tables)
    description = json.dumps(_description(about, tables), indent=1, ensure_ascii=False)
    (folder / "dataset_description.json").write_text(description + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_readme(about, tables), encoding="utf-8")
    (folder / "CHANGES.md").write_text(f"# Changes\n\nVersion {about.version}.\n", encoding="utf-8")
    (folder / "documentation").mkdir()
    write_codebook(folder / "documentation" / "codebook.csv", tables)
    (folder / "documentation" / "datasheet.md").write_text(datasheet(about), encoding="utf-8")
    return counts


def data_name(study: str, table: str) -> str:
    """Return the name of a table's file; a keyword's value has letters and digits alone."""
    value = "".join(letter for letter in study if letter.isascii() and letter.isalnum()) or "study"
    return f"study-{value}_description-{table}_data.csv"


def _description(about: About, tables: list[str]) -> dict[str, Any]:
    publication = about.publication
    told = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": about.title,
        "description": about.summary,
        "schemaVersion": f"Psych-DS {SCHEMA_VERSION}",
        "license": about.licence,
        "author": [{"@type": "Person", "name": name} for name in publication.authors],
        "citation": about.citation,
        "url": publication.url,
        "identifier": f"https://doi.org/{publication.doi}" if publication.doi else "",
        "keywords": ["photo retouching", "human behaviour", "trajectories"],
        "variableMeasured": _variables(tables),
    }
    return {key: value for key, value in told.items() if value}


def _variables(tables: list[str]) -> list[dict[str, Any]]:
    """Return what each column is, by its name; columns of one name in several tables are told of in one place."""
    found: dict[str, dict[str, Any]] = {}
    texts: dict[str, dict[str, list[str]]] = {}
    for table in tables:
        for field in ALL_SCHEMAS[table]:
            told = column_description(field)
            empty = f" Empty: {told['null']}." if "null" in told else ""
            texts.setdefault(field.name, {}).setdefault(told["description"] + empty, []).append(table)
            variable = {"@type": "PropertyValue", "name": field.name}
            variable |= {
                key: told[own]
                for key, own in (("unitText", "unit"), ("minValue", "low"), ("maxValue", "high"))
                if own in told
            }
            found.setdefault(field.name, variable)
    for name, variable in found.items():
        own = texts[name]
        variable["description"] = (
            next(iter(own)) if len(own) == 1 else " ".join(f"In {', '.join(t)}: {text}" for text, t in own.items())
        )
    return list(found.values())


def _readme(about: About, tables: list[str]) -> str:
    files = "\n".join(f"- `data/{data_name(about.name, table)}`: {about.tables[table]:,} rows" for table in tables)
    return f"# {about.title}\n\n{about.summary}\n\n{files}\n\n`documentation/codebook.csv` describes every column.\n"
