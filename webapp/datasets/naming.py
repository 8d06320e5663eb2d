"""How a data set calls its study and the people in it, and from when its times count."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

PEOPLE = ("human", "robot")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = 32  # 128 bits


@dataclass(frozen=True)
class Naming:
    """The names and times of a data set; without a key they are the site's own.

    Attributes:
        study: its name in all rows.
        key: 32 random bytes, under which pseudonyms are made.
        opened: from when times count.
        renames_episodes: whether episodes and events get ids of their own too, so that nothing leads to another data
            set of the study.
    """

    study: str = ""
    key: bytes = b""
    opened: datetime | None = None
    renames_episodes: bool = False

    def player(self, pseudonym: str) -> str:
        """Return what somebody is called here."""
        if not self.key:
            return pseudonym
        return hmac.digest(self.key, pseudonym.encode(), hashlib.sha256).hex()[:_DIGITS]

    def study_name(self, slug: str) -> str:
        """Return what a study is called here."""
        return self.study or slug

    def episode(self, key: UUID) -> str:
        """Return the id of an episode here."""
        if not self.renames_episodes:
            return str(key)
        return str(UUID(bytes=hashlib.sha256(self.key + key.bytes).digest()[:16]))

    def id_sql(self, column: str) -> str:
        """Return SQL that gives the id here of what has one in a column; Postgres sorts by it too."""
        if not self.renames_episodes:
            return column
        # The key has a fixed length, and nobody sees the rest of the digest: this serves as a keyed digest.
        return f"encode(substring(sha256('\\x{self.key.hex()}'::bytea || uuid_send({column})) FOR 16), 'hex')::uuid"

    def named(self, tables: Iterable[Any]) -> Iterator[Any]:
        """Yield pyarrow tables of the schemas with the names and times of here."""
        for table in tables:
            if self.key:
                yield self._named(table)
            else:
                yield table

    def _named(self, table: Any) -> Any:
        for number, field in enumerate(table.schema):
            column = table.column(number)
            if field.name == "player":
                is_person = pc.is_in(table.column("player_kind"), pa.array(PEOPLE))
                renamed = _mapped(column, self.player)
                table = table.set_column(number, field, pc.if_else(is_person, renamed, column))
            elif field.name == "study":
                table = table.set_column(number, field, _mapped(column, self.study_name))
            elif pa.types.is_timestamp(field.type) and self.opened is not None:
                shift = int((self.opened - _BEGINNING).total_seconds() * 1_000_000)
                moved = pc.subtract(pc.cast(column, pa.int64()), shift)
                table = table.set_column(number, field, pc.cast(moved, field.type))
        return table


def _mapped(column: Any, function: Any) -> Any:
    """Return texts with a function applied to each different one."""
    encoded = column.combine_chunks().dictionary_encode()
    values = pa.array([function(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return values.take(encoded.indices)
