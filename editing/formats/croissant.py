"""A data set's record in Croissant 1.1 (JSON-LD for search engines and loaders), with its responsible-AI fields."""

from datetime import datetime
from typing import Any

import pyarrow as pa

from editing.formats.about import About
from editing.trajectories.checksums import file_sha256
from editing.trajectories.columns import column_description
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS, ORDER

PREVIEWS = "previews"  # the folder, and the set of its files
_NUMPY_FORMAT = "https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"
CONFORMS_TO = "http://mlcommons.org/croissant/1.1"


def croissant(snapshot: Snapshot, about: About) -> dict[str, Any]:
    """Return the record as JSON-LD, written by ``mlcroissant``, of the extra ``formats``.

    Raises:
        ImportError: that is not installed.
    """
    try:
        import mlcroissant as mlc
    except ImportError:
        raise ImportError("a record in Croissant needs mlcroissant: install the extra formats") from None

    publication = about.publication
    context = mlc.Context(conforms_to=type(mlc.Context().conforms_to)(CONFORMS_TO))
    distribution, record_sets = [], []
    for name in about.tables:
        path = snapshot.path(name)
        file = mlc.FileObject(
            ctx=context,
            id=path.name,
            name=path.name,
            description=ALL_SCHEMAS[name].metadata[b"description"].decode(),
            content_url=path.name,
            content_size=f"{path.stat().st_size} B",
            encoding_formats=["application/x-parquet"],
            sha256=file_sha256(path),
        )
        distribution.append(file)
        record_sets.append(_record_set(mlc, context, name, path.name))
    if next((snapshot.directory / PREVIEWS).glob("*.npy"), None):
        distribution.append(_preview_files(mlc, context))
    metadata = mlc.Metadata(
        ctx=context,
        name=about.name,
        description=about.summary,
        version=f"{about.version}.0.0" if about.version.isdigit() else "0.0.0",
        license=[_licence_url(about)] if about.licence else None,
        url=_address(snapshot, about),
        creators=[mlc.Person(ctx=context, name=name) for name in publication.authors],
        date_published=_date(publication.date or about.manifest.get("exported_at")),
        cite_as=about.citation,
        keywords=["photo retouching", "human behaviour", "trajectories"],
        distribution=distribution,
        record_sets=record_sets,
        **_responsible_ai(about),
    )
    record: dict[str, Any] = metadata.to_json()
    return record


def _record_set(mlc: Any, context: Any, table: str, file: str) -> Any:
    fields = []
    for field in ALL_SCHEMAS[table]:
        told = column_description(field)
        unit = f" In {told['unit']}." if "unit" in told else ""
        empty = f" Empty: {told['null']}." if "null" in told else ""
        fields.append(
            mlc.Field(
                ctx=context,
                id=f"{table}/{field.name}",
                name=field.name,
                description=told["description"] + unit + empty,
                data_types=[_data_type(mlc, field.type)],
                is_array=True if pa.types.is_list(field.type) else None,
                array_shape="-1" if pa.types.is_list(field.type) else None,
                source=mlc.Source(ctx=context, file_object=file, extract=mlc.Extract(ctx=context, column=field.name)),
            )
        )
    description = ALL_SCHEMAS[table].metadata[b"description"].decode()
    key = [f"{table}/{name}" for name in _KEYS.get(table, ())]
    return mlc.RecordSet(ctx=context, id=table, name=table, description=description, key=key or None, fields=fields)


def _preview_files(mlc: Any, context: Any) -> Any:
    """Return the set of the previews; records of it there are none, since Croissant reads no arrays."""
    return mlc.FileSet(
        ctx=context,
        id=PREVIEWS,
        name=PREVIEWS,
        description="The photos before any step, named by photos.preview_sha256: NumPy arrays, float16 (H, W, 3), "
        "linear light.",
        encoding_formats=["application/octet-stream", _NUMPY_FORMAT],
        includes=[f"{PREVIEWS}/*.npy"],
    )


# By which columns a row is one of its kind.
_KEYS = {
    "episodes": ("id",),
    "steps": ORDER["steps"],
    "events": ("id",),
    "photos": ORDER["photos"],
    "tombstones": ORDER["tombstones"],
}


def _data_type(mlc: Any, type_: Any) -> Any:
    types = mlc.DataType
    if pa.types.is_boolean(type_):
        return types.BOOL
    if pa.types.is_timestamp(type_):
        return types.DATETIME
    if pa.types.is_integer(type_):
        return types.INTEGER
    return types.FLOAT if pa.types.is_floating(type_) else types.TEXT


def _responsible_ai(about: About) -> dict[str, Any]:
    people = about.numbers["players"].get("human", 0)
    return {
        "data_collection": "Players retouched photos in a game in their browser; each action was recorded as an event.",
        "data_collection_type": ["Experiments", "Software Collection"],
        "data_collection_raw_data": "The table events is what was recorded; steps are derived from it by the rules.",
        "data_collection_missing_data": "Empty cells mean what each column's description says.",
        "data_preprocessing_protocol": ["Photos were decoded to linear sRGB previews, as photos.decoding says."],
        "data_biases": [f"{people:,} people, who chose to take part; the photos are those that the researchers chose."],
        "data_limitations": ["Eight filters, each once, at most five steps: an edit outside them cannot be made."],
        "data_use_cases": ["Studying how people retouch photos.", "Training and comparing agents at the same game."],
        "data_social_impact": "None is known beyond the usual of data on people; see personal information.",
        "personal_sensitive_information": [
            "Players have pseudonyms of the study's own; no account, name or address is in it."
        ],
        "data_release_maintenance_plan": "Versions are numbered; after a withdrawal the next one is a successor, with "
        "tombstones by which holders of older copies find and delete the rows.",
    }


def _address(snapshot: Snapshot, about: About) -> str:
    """Return where the data set is, or, where it is nowhere yet, a name that only it has."""
    publication = about.publication
    where = publication.url or (f"https://doi.org/{publication.doi}" if publication.doi else "")
    return where or f"urn:sha256:{file_sha256(snapshot.path('episodes'))}"


def _licence_url(about: About) -> str:
    if about.licence_id == "cc0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if about.licence_id:
        return f"https://creativecommons.org/licenses/{about.licence_id[3:-4]}/4.0/"
    return about.licence


def _date(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
