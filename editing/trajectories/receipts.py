"""Receipts: what is there of each participation, counted and digested, so that it can be computed again anywhere.

The site computes them from its database, and a reader from an export alone, by the same functions.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from editing.trajectories.columns import rows
from editing.trajectories.reading import Snapshot

Row = Mapping[str, Any]
COUNTED = "submitted"
_PLAYERS_AT_ONCE = 20


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
    problems = []
    if numbers != list(range(len(numbers))):
        problems.append(f"the events of episode {episode} are not numbered 0 to {len(numbers) - 1}, each once")
    if not numbered or numbered[-1]["kind"] != "submit":
        problems.append(f"episode {episode} was handed in, and its last event does not say so")
    return problems


def receipts_of(snapshot: Snapshot) -> list[Receipt]:
    """Return the receipts of an export, from its rows alone, compared with those that the site wrote into it."""
    found: dict[tuple[str, str], Receipt] = {}
    played: dict[tuple[str, str], list[str]] = {}
    columns = ["id", "study", "player", "player_kind", "condition", "status", "tutorial"]
    for episode in rows(snapshot.table("episodes", columns)):
        if episode["status"] != COUNTED or episode["tutorial"] or episode["player_kind"] not in ("human", "robot"):
            continue
        key = (episode["study"], episode["player"])
        found.setdefault(key, Receipt(episode["player"], episode["study"], episode["condition"]))
        played.setdefault(key, []).append(episode["id"])
    for key, events in _events_of_players(snapshot, played):
        _count_events(found[key], played[key], events)
    said = {table: said_in_tasks(rows(snapshot.table(table))) for table in _SAID}
    for key in {*said["judgements"], *said["answers"]}:
        found.setdefault(key, Receipt(key[1], key[0], digest=digest(())))
    for key, receipt in found.items():
        judgements, answers = said["judgements"].get(key, []), said["answers"].get(key, [])
        receipt.judgements, receipt.answers = len(judgements), len(answers)
        receipt.answers_digest = answers_digest(judgements, answers)
    _compare(found, _written(snapshot))
    return sorted(found.values(), key=lambda receipt: (receipt.study, receipt.player))


def _count_events(receipt: Receipt, episodes: list[str], events: Mapping[str, list[Row]]) -> None:
    own = [events.get(episode, []) for episode in episodes]
    receipt.episodes, receipt.events = len(own), sum(map(len, own))
    for episode, its_events in zip(episodes, own, strict=True):
        receipt.problems += event_problems(episode, its_events)
    receipt.digest = digest(event for its_events in own for event in its_events)


def _events_of_players(
    snapshot: Snapshot, played: Mapping[tuple[str, str], list[str]]
) -> Iterator[tuple[tuple[str, str], dict[str, list[Row]]]]:
    """Yield each player's events by episode; some players at a time, since events as rows take much memory."""
    in_file = snapshot.events.column("episode")
    remaining = iter(played)
    while group := list(islice(remaining, _PLAYERS_AT_ONCE)):
        wanted = pa.array([episode for key in group for episode in played[key]], pa.string())
        events: dict[str, list[Row]] = {}
        for event in rows(snapshot.events.filter(pc.is_in(in_file, wanted))):
            events.setdefault(event["episode"], []).append(event)
        yield from ((key, events) for key in group)


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
