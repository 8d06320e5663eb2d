"""The receipts of an export, counted and digested from its tables as they are written."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pyarrow.compute as pc

from editing.trajectories.columns import rows
from editing.trajectories.event_lines import event_lines
from editing.trajectories.receipts import COUNTED, Receipt, Row, answers_digest, said_in_tasks

Key = tuple[str, str]
_COUNTED_KINDS = ("human", "robot")


class CountedExport:
    """What there is of each participation, by study and player as the export names them.

    The tables are taken in an order in which each follows those that it refers to, events in order of their episodes.
    """

    def __init__(self) -> None:
        self._players: dict[str, Key] = {}
        self._episodes: dict[Key, int] = defaultdict(int)
        self._events: dict[Key, int] = defaultdict(int)
        self._digests: dict[Key, Any] = {}
        self._episode, self._lines = "", list[str]()  # whose events come
        self._said: dict[str, dict[Key, list[Row]]] = {"judgements": {}, "answers": {}}

    def episodes(self, tables: Iterable[Any]) -> Iterator[Any]:
        """Take the episodes, and hand them on."""
        columns = ["id", "study", "player", "player_kind", "status", "tutorial"]
        for table in tables:
            for key, study, player, kind, status, tutorial in zip(
                *(table.column(name).to_pylist() for name in columns), strict=True
            ):
                if status == COUNTED and not tutorial and kind in _COUNTED_KINDS:
                    self._players[key] = (study, player)
                    self._episodes[study, player] += 1
            yield table

    def events(self, tables: Iterable[Any]) -> Iterator[Any]:
        """Take the events, and hand them on. Their digest needs them in order: episode by episode, sorted within."""
        # Beside whoever reads and writes the tables.
        with ThreadPoolExecutor(1) as thread:
            before = None
            for table in tables:
                if before is not None:
                    before.result()
                before = thread.submit(self._digest, table)
                yield table
            if before is not None:
                before.result()
        self._end_episode()

    def _digest(self, table: Any) -> None:
        lines = event_lines(table).to_pylist()
        ids = table.column("episode").combine_chunks()
        changes = np.flatnonzero(np.asarray(pc.not_equal(ids[1:], ids[:-1]))) + 1
        for start, end in pairwise([0, *changes.tolist(), len(ids)]):
            if (current := ids[start].as_py()) != self._episode:
                self._end_episode()
                self._episode = current
            self._lines += lines[start:end]

    def _end_episode(self) -> None:
        lines, self._lines = self._lines, []
        key = self._players.get(self._episode)
        if key is None:
            return
        self._events[key] += len(lines)
        if key in self._digests:
            self._digests[key].update(b"\n")
        else:
            self._digests[key] = hashlib.sha256()
        self._digests[key].update("\n".join(sorted(lines)).encode())

    def said(self, name: str, tables: Iterable[Any]) -> Iterator[Any]:
        """Take the judgements or the answers, and hand them on."""
        kept = list(tables)
        self._said[name] = said_in_tasks(chain.from_iterable(rows(table) for table in kept))
        yield from kept

    def receipt(self, study: str, player: str) -> Receipt:
        """Return what there is of a participation."""
        key = (study, player)
        judgements, answers = (self._said[name].get(key, []) for name in ("judgements", "answers"))
        return Receipt(
            player,
            study,
            episodes=self._episodes[key],
            events=self._events[key],
            digest=self._digests[key].hexdigest() if key in self._digests else hashlib.sha256().hexdigest(),
            judgements=len(judgements),
            answers=len(answers),
            answers_digest=answers_digest(judgements, answers),
        )
