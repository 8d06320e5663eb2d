"""Receipts: what is there of each participation, counted and digested, so that it can be computed again anywhere.

The site computes them from its database, and a reader from an export alone, by the same functions.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from editing.trajectories.columns import rows
from editing.trajectories.event_lines import event_lines
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import ALL_SCHEMAS

Row = Mapping[str, Any]
COUNTED = "submitted"
_EVENTS_AT_ONCE = 100_000


@dataclass
class Receipt:
    """A participation.

    Attributes:
        player: the pseudonym.
        complete: whether it was completed, by the site's word.
        episodes, events: how many are there of what was handed in, tutorials aside.
        digest: of these events, SHA-256.
        judgements, answers: how many are there of what was said in tasks of judging, and to questionnaires.
        answers_digest: of both.
        problems: what does not add up, in sentences.
    """

    player: str
    study: str
    condition: str = ""
    complete: bool = False
    episodes: int = 0
    events: int = 0
    digest: str = ""
    judgements: int = 0
    answers: int = 0
    answers_digest: str = ""
    problems: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def digest(events: Iterable[Row]) -> str:
    """Return the SHA-256 of events, whatever their order; every field of each counts.

    Columns that came later count where they say something, so that the digests of before stay what they were.
    """
    added = ("gesture", None)
    told = ({name: value for name, value in event.items() if (name, value) != added} for event in events)
    lines = sorted(json.dumps(event, sort_keys=True, default=str) for event in told)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


# Of a judgement and an answer, what is the same in every export: not which episodes it names, nor from when it counts.
_SAID = {
    "judgements": ("task", "position", "kind", "photo", "makers", "repeat", "attention", "failed", "answer", "ms"),
    "answers": ("questionnaire", "question", "answer", "language", "ms"),
}


def answers_digest(judgements: Iterable[Row], answers: Iterable[Row]) -> str:
    """Return the SHA-256 of what somebody said in tasks of judging and to questionnaires, whatever the order."""
    told = {"judgements": judgements, "answers": answers}
    return digest({name: row[name] for name in _SAID[table]} for table, said in told.items() for row in said)


def event_problems(episode: str, events: Iterable[Row]) -> list[str]:
    """Return what is wrong with the events of an episode that was handed in: gaps, doubles, no end."""
    numbered = sorted(events, key=lambda event: event["seq"])
    numbers = [event["seq"] for event in numbered]
    ended = bool(numbered) and numbered[-1]["kind"] == "submit"
    return _problems(episode, len(numbers), numbers == list(range(len(numbers))), ended)


def _problems(episode: str, count: int, gapless: bool, ended: bool) -> list[str]:
    problems = []
    if not gapless:
        problems.append(f"the events of episode {episode} are not numbered 0 to {count - 1}, each once")
    if not ended:
        problems.append(f"episode {episode} was handed in, and its last event does not say so")
    return problems


def receipts_of(snapshot: Snapshot) -> list[Receipt]:
    """Return the receipts of an export, from its rows alone, compared with those that the site wrote into it."""
    found: dict[tuple[str, str], Receipt] = {}
    played: dict[str, Receipt] = {}
    columns = ["id", "study", "player", "player_kind", "condition", "status", "tutorial"]
    for episode in rows(snapshot.table("episodes", columns)):
        if episode["status"] != COUNTED or episode["tutorial"] or episode["player_kind"] not in ("human", "robot"):
            continue
        key = (episode["study"], episode["player"])
        played[episode["id"]] = found.setdefault(
            key, Receipt(episode["player"], episode["study"], episode["condition"], digest=digest(()))
        )
        played[episode["id"]].episodes += 1
    _count_events(snapshot, played)
    said = {table: said_in_tasks(rows(snapshot.table(table))) for table in _SAID}
    for key in {*said["judgements"], *said["answers"]}:
        found.setdefault(key, Receipt(key[1], key[0], digest=digest(())))
    for key, receipt in found.items():
        judgements, answers = said["judgements"].get(key, []), said["answers"].get(key, [])
        receipt.judgements, receipt.answers = len(judgements), len(answers)
        receipt.answers_digest = answers_digest(judgements, answers)
    _compare(found, _written(snapshot))
    return sorted(found.values(), key=lambda receipt: (receipt.study, receipt.player))


def _count_events(snapshot: Snapshot, played: Mapping[str, Receipt]) -> None:
    """Count and digest the events of episodes into the receipt of each, by columns."""
    if not played:
        return
    events = _events_of(snapshot, pa.array(list(played), pa.string()))
    receipts = list({id(receipt): receipt for receipt in played.values()}.values())
    place = {id(receipt): index for index, receipt in enumerate(receipts)}
    episode = events.column("number").to_numpy()
    _name_problems(events, list(played.items()))
    receipt_of = np.array([place[id(receipt)] for receipt in played.values()])[episode]
    ends = np.cumsum(np.bincount(receipt_of, minlength=len(receipts)))
    start = 0
    while start < len(receipts):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _EVENTS_AT_ONCE, side="right")))
        of_group = pa.array((receipt_of >= start) & (receipt_of < stop))
        group = pa.table({"receipt": receipt_of, "line": events.column("line")}).filter(of_group)
        lines = group.take(pc.sort_indices(group, [("receipt", "ascending"), ("line", "ascending")])).column("line")
        for receipt, first, end in zip(receipts[start:stop], (before, *ends[start:]), ends[start:stop], strict=False):
            receipt.events = int(end - first)
            own = lines.slice(first - before, receipt.events).to_pylist()
            receipt.digest = hashlib.sha256("\n".join(own).encode()).hexdigest()
        start = stop


def _events_of(snapshot: Snapshot, ids: Any) -> Any:
    """Return the events of some episodes: each one's number among the ids, its seq and kind, and its line of JSON."""
    none = ALL_SCHEMAS["events"].empty_table()
    return pa.concat_tables([_counted_columns(part, ids) for part in chain([none], snapshot.batches("events"))])


def _counted_columns(part: Any, ids: Any) -> Any:
    number = pc.index_in(part.column("episode"), ids)
    own = part.filter(pc.is_valid(number))
    lines = event_lines(own) if own.num_rows else pa.array([], pa.string())
    columns = {"number": number.drop_null(), "seq": own.column("seq"), "kind": own.column("kind")}
    return pa.table({**columns, "line": pa.chunked_array([lines])})


def _name_problems(events: Any, played: list[tuple[str, Receipt]]) -> None:
    """Say which episodes have gaps or doubles among the numbers of their events, or no end."""
    episode, seq = events.column("number").to_numpy(), events.column("seq").to_numpy()
    order = np.lexsort((seq, episode))
    counts = np.bincount(episode, minlength=len(played))
    starts = np.cumsum(counts) - counts
    wrong = np.zeros(len(played), dtype=bool)
    wrong[episode[order][seq[order] != np.arange(len(order)) - starts[episode[order]]]] = True
    ends = np.zeros(len(played), dtype=bool)
    there = np.flatnonzero(counts)
    last = order[(starts + counts - 1)[there]]
    ends[there] = pc.equal(events.column("kind"), "submit").to_numpy()[last]
    for index in np.flatnonzero(wrong | ~ends):
        identity, receipt = played[index]
        receipt.problems += _problems(identity, int(counts[index]), not wrong[index], bool(ends[index]))


def said_in_tasks(table_rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Return judgements or answers by study and player; those of the reveal, which is no task, are left out."""
    said: dict[tuple[str, str], list[Row]] = {}
    for row in table_rows:
        if row.get("task") != "" and row["player_kind"] in ("human", "robot"):
            said.setdefault((row["study"], row["player"]), []).append(row)
    return said


def _written(snapshot: Snapshot) -> Iterator[Row]:
    """Yield what the site wrote of each participation; until November 2026 it stood in the manifest."""
    yield from snapshot.manifest.get("participations", ())
    for row in rows(snapshot.participations):
        if row["events_sha256"] is not None:
            digests = {"digest": row["events_sha256"], "answers_digest": row["answers_sha256"]}
            yield row | digests | {"complete": row["completed"] is not None}


def _compare(found: dict[tuple[str, str], Receipt], written: Iterable[Row]) -> None:
    """Add what the site says of each participation, and where that differs from the rows."""
    for row in written:
        key = (row["study"], row["player"])
        receipt = found.setdefault(key, Receipt(row["player"], row["study"], digest=digest([])))
        receipt.answers_digest = receipt.answers_digest or answers_digest((), ())
        receipt.condition, receipt.complete = row["condition"], row["complete"]
        for name in ("episodes", "events", "digest", "judgements", "answers", "answers_digest"):
            # What was said is not counted in exports of before there were tasks beside play.
            if row.get(name) is not None and row[name] != getattr(receipt, name):
                receipt.problems.append(f"{name}: the site wrote {row[name]}, here it is {getattr(receipt, name)}")
