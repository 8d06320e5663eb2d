"""Play as a snapshot: rows streamed from the database into Parquet files, with photos' previews and a card.

Nothing is replayed here: the server did that as each episode was handed in, and ``safelight dataset validate`` does it
for whoever wants to.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import connection, models, transaction
from django.utils import timezone

from editing.files import check_free, new_folder
from editing.formats.about import licence_id
from editing.formats.card import front_matter
from editing.trajectories.columns import rows
from editing.trajectories.reading import Snapshot, open_snapshot
from editing.trajectories.schemas import ALL_SCHEMAS, FLAGS, ORDER
from editing.trajectories.snapshot import tables_of_rows, write_manifest, write_previews, write_tables
from editing.trajectories.tombstones import write_tombstones
from webapp.datasets.answer_rows import answer_rows, judgement_row
from webapp.datasets.copying import copied
from webapp.datasets.counted import CountedExport
from webapp.datasets.naming import Naming
from webapp.datasets.participations import participation_rows
from webapp.datasets.selection import Selection
from webapp.photos.models import Photo
from webapp.storage.site_file import scratch
from webapp.studies.models import Participation, pseudonym_in_study

_CHUNK = 2000
Row = dict[str, Any]


@dataclass
class Tally:
    """How many rows are written so far, for who watches."""

    rows: int = 0

    def counting(self, tables: Iterable[Any]) -> Iterator[Any]:
        """Hand tables on, and count their rows."""
        for table in tables:
            yield table
            self.rows += table.num_rows


@dataclass(frozen=True)
class Request:
    """An export that is asked for.

    Attributes:
        about: what else the manifest says.
        tombstones: of who has withdrawn.
    """

    selection: Selection
    naming: Naming = field(default_factory=Naming)
    about: Mapping[str, Any] = field(default_factory=dict)
    tombstones: Iterable[str] = ()
    tally: Tally = field(default_factory=Tally)


def export(directory: Path, selection: Selection) -> Snapshot:
    """Write a snapshot with its card, as the database stands at one moment.

    Raises:
        FileExistsError: the folder is not free.
        editing.trajectories.schemas.InvalidSnapshot: a row does not fit its columns.
    """
    check_free(directory)
    with new_folder(directory) as unfinished:
        about = {"exported": timezone.now().isoformat(timespec="seconds")}
        write_export(unfinished, Request(selection, about=about))
    return open_snapshot(directory)


def write_export(folder: Path, request: Request) -> None:
    """Write the files of an export into an empty folder."""
    selection = request.selection
    with _previews_held(selection) as held, _one_moment():
        counts = write_tables(folder, _tables(request), selection.trained_on)
        if digests := list(request.tombstones):
            counts["tombstones"] = write_tombstones(folder, digests)
        write_previews(folder, {photo.preview_sha256: held(photo) for photo in list(selection.photos)})
        about = selection.about | {"writer": f"pyarrow {pa.__version__}"} | dict(request.about)
        _write_card(folder, counts, about)
        write_manifest(folder, counts, about)


def _tables(request: Request) -> dict[str, Iterable[Any]]:
    """Return the tables, each after those that it refers to; they are read as they are written."""
    selection, naming, counted = request.selection, request.naming, CountedExport()
    judgements, answers = selection.judgements, selection.answers
    tables: dict[str, Iterable[Any]] = {
        "episodes": counted.episodes(selection.reduced("episodes", naming.named(_episodes(selection, naming)))),
        "steps": _steps(selection, naming),
        "events": counted.events(selection.reduced("events", _events(selection, naming))),
        "photos": tables_of_rows("photos", map(photo_row, selection.photos.iterator(_CHUNK))),
    }
    if judgements.exists():
        judged = selection.judged
        names = {key: naming.episode(key) for key in judged}
        made = (judgement_row(row, names) for row in judgements.iterator(_CHUNK))
        tables["judgements"] = counted.said("judgements", _in_order("judgements", made, request))
    if answers.exists():
        given = answer_rows(answers.iterator(_CHUNK))
        tables["answers"] = counted.said("answers", _in_order("answers", given, request))
    if selection.participations.exists():
        are_whole = selection.are_whole()

        def receipt(row: Participation) -> Any:
            if not are_whole.get(row.pk):
                return None
            return counted.receipt(naming.study_name(row.study.slug), naming.player(row.pseudonym))

        joined = participation_rows(selection.participations, receipt, selection.counted)
        tables["participations"] = _in_order("participations", joined, request)
    return {name: request.tally.counting(parts) for name, parts in tables.items()}


def _in_order(name: str, table_rows: Iterable[Row], request: Request) -> Iterator[Any]:
    """Yield a small table in its order, which names decide."""
    named = request.naming.named(tables_of_rows(name, table_rows))
    parts = list(request.selection.reduced(name, named))
    yield pa.concat_tables([ALL_SCHEMAS[name].empty_table(), *parts]).sort_by(
        [(own, "ascending") for own in ORDER[name]]
    )


def _sql(query: models.QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    sql: tuple[str, tuple[Any, ...]] = query.query.sql_with_params()
    return sql


def _microseconds(column: str) -> str:
    return f"(extract(epoch from {column}) * 1000000)::bigint"


def _episodes(selection: Selection, naming: Naming) -> Iterator[Any]:
    same = ("status", "contract_version", "step_count", "duration_ms", *FLAGS, "surplus", "condition", "seed", "sample")
    columns = {name: name for name in same} | {
        "id": naming.id_sql("id"),
        "player": "player",
        "player_kind": "kind",
        "photo": "photo_id",
        "study": "slug",
        "exclusion_reason": "nullif(exclusion_reason, '')",
        "started": _microseconds("started"),
        "checkpoint_hash": "nullif(checkpoint_hash, '')",
    }
    names = ("id", "photo_id", "exclusion_reason", "started", "checkpoint_hash", *same)
    chosen = selection.episodes.order_by().annotate(
        player=pseudonym_in_study(), kind=models.F("participant__kind"), slug=models.F("study__slug")
    )
    sql, parameters = _sql(chosen.values(*names, "player", "kind", "slug"))
    order = naming.id_sql("id")
    yield from copied("episodes", columns, f"FROM ({sql}) AS episode ORDER BY started, {order}", parameters)


def _steps(selection: Selection, naming: Naming) -> Iterator[Any]:
    columns = {
        "episode": naming.id_sql("episode_id"),
        "index": '"index"',
        **{name: name for name in ("filter", "ms_spent", "parameters", "probabilities")},
    }
    yield from copied("steps", columns, *_of_episodes("games_step", selection, f'{columns["episode"]}, "index"'))


def _events(selection: Selection, naming: Naming) -> Iterator[Any]:
    same = ("seq", "kind", "step", "filter", "ms", "contract_version", "parameters", "gesture")
    ids = {"id": naming.id_sql("id"), "episode": naming.id_sql("episode_id")}
    source = _of_episodes("games_event", selection, f"{ids['episode']}, seq")
    yield from copied("events", ids | {name: name for name in same}, *source)


def _of_episodes(table: str, selection: Selection, order: str) -> tuple[str, tuple[Any, ...]]:
    sql, parameters = _sql(selection.episodes.order_by().values("pk"))
    return f"FROM {table} WHERE episode_id IN ({sql}) ORDER BY {order}", parameters


@contextmanager
def _previews_held(selection: Selection) -> Iterator[Callable[[Photo], Path]]:
    """Hold the previews by a copy each: their photos may be removed while others are written.

    Yields where a photo's preview lies.
    """
    with scratch() as folder:
        for photo in list(selection.photos):
            with suppress(FileNotFoundError):
                photo.preview.fetch(folder)

        def preview(photo: Photo) -> Path:
            path = folder / Path(photo.preview.name).name
            return path if path.exists() else photo.preview.fetch(folder)

        yield preview


@contextmanager
def _one_moment() -> Iterator[None]:
    """Open a transaction in which all tables show the same moment, whatever is played meanwhile."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def photo_row(photo: Photo) -> Row:
    """Return the photo's row in a snapshot."""
    columns = ("sha256", "preview_sha256", "name", "width", "height", "preview_width", "preview_height")
    texts = ("working_space", "licence", "attribution")
    row = {name: getattr(photo, name) for name in (*columns, *texts)}
    return row | {"decoding": json.dumps(photo.decoding, sort_keys=True, ensure_ascii=False)}


def _write_card(folder: Path, counts: Mapping[str, int], about: Mapping[str, Any]) -> None:
    """Write ``README.md`` into the snapshot's folder."""
    snapshot = Snapshot(folder, {"rows": dict(counts), **about})
    licences = set(about["data_licences"].values())
    licence = licence_id(licences.pop()) if len(licences) == 1 else ""
    front = front_matter(f"Retouching trajectories: {about['study'] or 'all studies'}", licence, counts)
    (folder / "README.md").write_text(front + _card(snapshot), encoding="utf-8")


def left_out_text(left_out: dict[str, int]) -> str:
    """Return a sentence on the episodes that an export lacks, by the reason; empty where it lacks none."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    return f"Episodes left out: {reasons}." if reasons else ""


def _said(snapshot: Snapshot) -> str:
    """Return the lines on judgements and answers, of which a snapshot may have none."""
    lines = {
        "judgements": "answer to pictures that were shown blind: a rating, the better one, who made it, a favourite",
        "answers": "question of a questionnaire that was answered",
    }
    counts = {name: snapshot.manifest["rows"].get(name, 0) for name in lines}
    return "".join(f"| `{name}.parquet` | {lines[name]} | {count} |\n" for name, count in counts.items() if count)


def _licences(snapshot: Snapshot) -> str:
    lines = [f"- {study}: {licence}" for study, licence in sorted(snapshot.manifest["data_licences"].items())]
    return "\n".join(["## Licence of the data", *lines, "\n"]) if lines else ""


def _card(snapshot: Snapshot) -> str:
    counts = snapshot.manifest["rows"]
    sources = Counter((photo["licence"], photo["attribution"]) for photo in rows(snapshot.photos))
    credit = "\n".join(
        f"- {count} {'photo' if count == 1 else 'photos'}: {attribution or 'source not stated'}"
        f" ({licence or 'no licence stated: ask before you pass them on'})"
        for (licence, attribution), count in sorted(sources.items())
    )
    kinds = Counter(snapshot.table("episodes", ["player_kind"]).column(0).to_pylist())
    played = ", ".join(f"{count} by {kind} players" for kind, count in sorted(kinds.items())) or "none"
    removed = snapshot.manifest["photos_removed"]
    withdrawn = snapshot.manifest["withdrawn"]
    notes = left_out_text(snapshot.manifest["episodes_left_out"]) or "Nothing is left out."
    if withdrawn:
        notes += f"\nParticipants who have withdrawn, of whom nothing is here: {withdrawn}."
    if removed:
        notes += f"\nPhotos removed from the site since they were played: {len(removed)}; `manifest.json` names them."
    return f"""# Retouching trajectories

Exported by Safelight on {snapshot.manifest["exported"]}. Each episode is one player's treatment of one dark, linear
photo in at most five steps, out of eight filters.

| file | one row for each | rows |
|---|---|---|
| `episodes.parquet` | episode: player, photo, study, status, time | {counts["episodes"]} ({played}) |
| `steps.parquet` | step of a submitted episode: filter and physical parameters | {counts["steps"]} |
| `events.parquet` | action on the way there, in order | {counts["events"]} |
| `photos.parquet` | photo: how it was decoded, its licence | {counts["photos"]} |
{_said(snapshot)}| `previews/` | the pixels: `<preview_sha256>.npy`, float16 (H, W, 3), linear sRGB | |

{notes}
The steps follow from the events; `manifest.json` says which version of the filters they were played with.

{_licences(snapshot)}## Photos
{credit or "None."}
"""
