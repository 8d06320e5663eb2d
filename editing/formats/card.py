"""The card of a data set, ``README.md``, with the YAML by which Hugging Face's ``datasets`` opens each table."""

from collections.abc import Mapping
from typing import Any

import yaml

from editing.formats.about import About
from editing.trajectories.schemas import ALL_SCHEMAS

# Hugging Face's classes of size, by the rows that they end at.
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M"}
_LARGEST = "10M<n<100M"
_NOT_STATED = "no licence stated: ask before you pass them on"


def card(about: About) -> str:
    """Return the card as Markdown with YAML."""
    return front_matter(about.title, about.licence_id, about.tables) + _text(about)


def front_matter(title: str, licence: str, tables: Mapping[str, int]) -> str:
    """Return the YAML that a card begins with.

    Args:
        licence: of the data, as SPDX names it in small letters; empty for another, or none.
        tables: how many rows each has that is there.
    """
    largest = max(tables.values(), default=0)
    told: dict[str, Any] = {"pretty_name": title, "license": licence or "other"}
    if not licence:
        told["license_name"] = "see-card"
    told |= {
        "size_categories": [next((name for rows, name in _SIZES.items() if largest < rows), _LARGEST)],
        "tags": ["photo retouching", "human behaviour", "trajectories", "imitation learning"],
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": "train", "path": f"{name}.parquet"}],
                **({"default": True} if name == "episodes" else {}),
            }
            for name in tables
        ],
    }
    return f"---\n{yaml.safe_dump(told, sort_keys=False, allow_unicode=True)}---\n\n"


def _text(about: About) -> str:
    rows = "\n".join(
        f"| `{name}` | {count:,} | {ALL_SCHEMAS[name].metadata[b'description'].decode()} |"
        for name, count in about.tables.items()
    )
    photos = "\n".join(
        f"- {count} {'photo' if count == 1 else 'photos'}: {licence or _NOT_STATED}"
        for licence, count in sorted(about.photo_licences.items())
    )
    left_out = about.manifest.get("episodes_left_out") or {}
    missing = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    return f"""# {about.title}

{about.summary}

Version {about.version}. Licence of the data: {about.licence or "not stated; ask before you pass it on"}.

| table | rows | one row for each |
|---|---|---|
{rows}

Every column describes itself in the metadata of its Parquet file: what it is, its unit and range, and what an empty
cell means. `previews/<preview_sha256>.npy` are the photos before any step: float16 (H, W, 3), linear light.
`manifest.json` lists every file with its SHA-256.

```python
from datasets import load_dataset

steps = load_dataset("FOLDER", "steps")["train"]   # or any other table
```

With the package of the project, `import safelight; data = safelight.load("FOLDER")` opens it with pictures.

## What is not in it

{f"Episodes left out: {missing}." if missing else "No episode was left out."} {_withdrawn(about)}

## Licences of the photos

{photos or "There are none."}

## Citation

{about.citation}
"""


def _withdrawn(about: About) -> str:
    if "tombstones" not in about.tables:
        return "Nothing is here of people who withdrew before it was made."
    return (
        "Nothing is here of people who have withdrawn. `tombstones.parquet` lets whoever has an older copy find their "
        "rows and delete them."
    )
