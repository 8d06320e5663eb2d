"""An export, or an agent's play, opened: its tables, its pictures, and what torch learns from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from editing.game.filters import apply_steps
from editing.game.rules import Step, why_unknown
from editing.photos.preview import load_preview
from editing.trajectories.columns import FILTER_COLUMNS, column_description
from editing.trajectories.reading import Snapshot, open_snapshot
from editing.trajectories.schemas import ALL_SCHEMAS
from editing.trajectories.splitting import SHARES, episode_parts

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    from PIL import Image

    from learning.dataset.transitions import Transitions


def load(folder: str | Path) -> DataSet:
    """Open an export, or what `safelight play` wrote. Nothing of its tables is read yet.

    Raises:
        editing.trajectories.schemas.InvalidSnapshot: the folder is none; a ValueError.
    """
    return DataSet(open_snapshot(Path(folder)))


class Table:
    """A table of a data set, read when it is asked for, by column.

    Libraries that read the Arrow C stream take it as it is: ``pyarrow.table(data.steps)``, ``polars.DataFrame(...)``,
    ``duckdb.sql(...)`` over a name that it stands under.
    """

    def __init__(self, snapshot: Snapshot, name: str) -> None:
        """Name the table; see ``DataSet``."""
        self._snapshot, self.name = snapshot, name
        self._read: dict[str, Any] = {}

    @property
    def column_names(self) -> list[str]:
        """The names of its columns, which `docs/schema.md` describes."""
        return list(ALL_SCHEMAS[self.name].names)

    @property
    def schema(self) -> Any:
        """Its pyarrow schema."""
        return ALL_SCHEMAS[self.name]

    def describe(self, column: str) -> dict[str, Any]:
        """Return what a column is: type, description, unit, range, and what an empty cell means.

        Raises:
            KeyError: there is no such column.
        """
        return column_description(self.schema.field(column))

    def __len__(self) -> int:
        return int(self.to_arrow(self.column_names[:1]).num_rows)

    def __getitem__(self, column: str) -> Any:
        """Read a column, a pyarrow.ChunkedArray.

        Raises:
            KeyError: there is no such column.
        """
        return self.to_arrow([column]).column(column)

    def to_arrow(self, columns: Sequence[str] | None = None) -> Any:
        """Read the table, or some of its columns, as a pyarrow.Table; a column is read once.

        Raises:
            KeyError: there is no such column.
            editing.trajectories.schemas.InvalidSnapshot: the file is missing or damaged; a ValueError.
        """
        names = self.column_names if columns is None else list(columns)
        if unknown := [name for name in names if name not in self.schema.names]:
            raise KeyError(f"{self.name} has no column {unknown[0]!r}; it has {', '.join(self.column_names)}")
        missing = [name for name in names if name not in self._read]
        if missing:
            table = self._snapshot.table(self.name, missing)
            self._read |= dict(zip(missing, table.columns, strict=True))
        import pyarrow as pa

        schema = pa.schema([self.schema.field(name) for name in names], metadata=self.schema.metadata)
        return pa.Table.from_arrays([self._read[name] for name in names], schema=schema)

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the table, or some of its columns, as a pandas.DataFrame; raises as ``to_arrow``."""
        frame: pd.DataFrame = self.to_arrow(columns).to_pandas()
        return frame

    def to_polars(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read the table, or some of its columns, as a polars.DataFrame; raises as ``to_arrow``."""
        import polars as pl

        return pl.DataFrame(self.to_arrow(columns))

    def batches(self, rows: int = 1 << 16) -> Iterator[Any]:
        """Read the table part by part, as pyarrow tables of so many rows, and keep none."""
        return self._snapshot.batches(self.name, rows)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the table to another library."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"<safelight table {self.name}: {len(self):,} rows, {len(self.column_names)} columns>"


class DataSet:
    """An export, or an agent's play.

    Attributes:
        episodes, steps, events, photos, judgements, answers, participations, agents, tombstones: the tables; those that
            an export lacks have no rows.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        """Take an opened snapshot; ``load`` opens one."""
        self._snapshot = snapshot
        self.episodes = Table(snapshot, "episodes")
        self.steps = Table(snapshot, "steps")
        self.events = Table(snapshot, "events")
        self.photos = Table(snapshot, "photos")
        self.judgements = Table(snapshot, "judgements")
        self.answers = Table(snapshot, "answers")
        self.participations = Table(snapshot, "participations")
        self.agents = Table(snapshot, "agents")
        self.tombstones = Table(snapshot, "tombstones")

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._snapshot.directory

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What its manifest says: study, version, counts, SHA-256 of each file."""
        return self._snapshot.manifest

    def __repr__(self) -> str:
        return f"<safelight data set {self.folder}: {len(self.episodes):,} episodes>"

    @cached_property
    def _photo_of_episode(self) -> dict[str, str]:
        return dict(zip(self.episodes["id"].to_pylist(), self.episodes["photo"].to_pylist(), strict=True))

    @cached_property
    def _version_of_episode(self) -> dict[str, int]:
        return dict(zip(self.episodes["id"].to_pylist(), self.episodes["contract_version"].to_pylist(), strict=True))

    @cached_property
    def _preview_of_photo(self) -> dict[str, str]:
        return dict(zip(self.photos["sha256"].to_pylist(), self.photos["preview_sha256"].to_pylist(), strict=True))

    @cached_property
    def _steps_of_episode(self) -> dict[str, list[tuple[int, int]]]:
        """By episode, the index and the row in the table of each step."""
        found: dict[str, list[tuple[int, int]]] = {}
        numbers = zip(self.steps["episode"].to_pylist(), self.steps["index"].to_pylist(), strict=True)
        for row, (episode, index) in enumerate(numbers):
            found.setdefault(episode, []).append((index, row))
        return found

    def preview(self, photo: str) -> NDArray[np.float32]:
        """(H, W, 3) a photo as it is before any step: linear light, in linear sRGB.

        Args:
            photo: its SHA-256, as the tables have it.

        Raises:
            KeyError: there is no such photo.
            editing.photos.photo_error.PhotoError: its file is missing or damaged.
        """
        if photo not in self._preview_of_photo:
            raise KeyError(f"there is no photo {photo}")
        return load_preview(self._snapshot.preview_path(self._preview_of_photo[photo]))

    def steps_of(self, episode: str) -> tuple[Step, ...]:
        """Return the steps of an episode: each a filter, and its parameters by name; none where it was not handed in.

        Raises:
            KeyError: there is no such episode.
        """
        if episode not in self._photo_of_episode:
            raise KeyError(f"there is no episode {episode}")
        return tuple(self._step(row) for _, row in sorted(self._steps_of_episode.get(episode, [])))

    def _step(self, row: int) -> Step:
        slug = self.steps["filter"][row].as_py()
        columns = FILTER_COLUMNS[slug]
        return Step(slug, {name: self.steps[column][row].as_py() for name, column in columns.items()})

    def edited(self, episode: str) -> NDArray[np.float32]:
        """(H, W, 3) the picture that an episode came to: display-referred, unclipped, shown as ``clip(x, 0, 1)``.

        Raises:
            KeyError: there is no such episode.
            ValueError: it was played by a version of the filters that is not known.
        """
        steps = self.steps_of(episode)
        if reason := why_unknown(self._version_of_episode[episode]):
            raise ValueError(f"{episode} was {reason}")
        return apply_steps(self.preview(self._photo_of_episode[episode]), steps)

    def render(self, episode: str) -> Image.Image:
        """Return the picture that an episode came to, as a screen shows it: sRGB of 8 bits; a notebook displays it.

        Raises:
            KeyError: there is no such episode.
        """
        from learning.dataset.animation import shown_picture

        return shown_picture(self.edited(episode))

    def split(
        self, by: str = "photo", shares: Mapping[str, float] = SHARES, seed: int = 0
    ) -> dict[str, NDArray[np.bool_]]:
        """Split the episodes into parts that share no photo, no player, or neither.

        A photo or a player falls into the same part in every version of a study, for a seed.

        Args:
            by: ``photo``, ``player`` or ``both``. By both, an episode whose photo and player fall into different parts
                is in none.
            shares: of each part, by its name.
            seed: another one gives another split.

        Returns:
            By part, (episodes,) whether each row of ``episodes`` is in it.

        Raises:
            ValueError: there is no such way to split, or a share is not positive.
        """
        parts = episode_parts(self.episodes.to_arrow(["photo", "player"]), shares, by, seed)
        return {name: parts == number for number, name in enumerate(shares)}

    def torch(
        self,
        part: str | None = None,
        by: str = "photo",
        shares: Mapping[str, float] = SHARES,
        seed: int = 0,
        player_kinds: Sequence[str] | None = None,
    ) -> Transitions:
        """Return the steps of submitted episodes as a map-style torch Dataset; needs the extra ``learn``.

        Left out are tutorials, previews of researchers and attention checks.

        Args:
            part: of the split, ``train`` say; all without it.
            by, shares, seed: as for ``split``.
            player_kinds: ``["human"]``, say; all without it.

        Raises:
            KeyError: there is no such part.
            ValueError: as ``split``.
        """
        from learning.dataset.transitions import Transitions

        among = None
        if part is not None:
            parts = self.split(by, shares, seed)
            if part not in parts:
                raise KeyError(f"there is no part {part!r}; there are {', '.join(parts)}")
            among = parts[part]
        return Transitions(self._snapshot, among, player_kinds)
