"""Steps as torch learns from them: the state before, the action, and the state after."""

import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from editing.game.filters import FILTERS, PLACES, apply_steps
from editing.game.rules import Step
from editing.photos.preview import agent_view, load_preview
from editing.trajectories.columns import FILTER_COLUMNS
from editing.trajectories.reading import Snapshot
from editing.trajectories.versions import is_known, unknown_text
from learning.agent import state
from learning.environments.game_batch import to_action
from learning.photos.sets import training_square

# Play that says nothing of how somebody edits.
_LEFT_OUT = ("tutorial", "preview", "attention")
_PHOTOS_HELD = 4096  # views of 48 kB


class Transitions(Dataset[dict[str, Tensor]]):
    """The steps of submitted episodes, in order of the table; a map-style Dataset.

    An item is a dict of tensors. ``image`` and ``next_image``: float32 (3, 64, 64), the picture before and after the
    step, as ``EditingGame`` shows it without augmentation: linear light, unclipped. ``state`` and ``next_state``:
    float32 (11,), ``[has_reward, stopped, step, used_0 .. used_7]``. ``filter``: int64, its place among ``FILTERS``.
    ``parameters``: float32 (39,), the sliders of all filters, -1 .. 1, 0 for those of other filters
    (``editing.game.filters.PLACES``); an action of the environments. ``done``: bool, the episode ended there.
    ``episode``: int64, the row of its episode in the table.

    Attributes:
        episodes: (N,) of each item, the row of its episode in the table of episodes.
    """

    def __init__(
        self, snapshot: Snapshot, among: NDArray[np.bool_] | None = None, player_kinds: Sequence[str] | None = None
    ) -> None:
        """Read what is needed of the tables; pictures are made as items are asked for.

        Episodes by a version of the filters that is not known are left out, with a warning that counts them.

        Args:
            among: (episodes,) which rows of the table of episodes; all without it.
            player_kinds: whose; everybody's without it.
        """
        episodes = snapshot.table("episodes", ["id", "photo", "status", "player_kind", "contract_version", *_LEFT_OUT])
        wanted = pc.equal(episodes.column("status"), "submitted").to_numpy()
        for flag in _LEFT_OUT:
            wanted &= ~episodes.column(flag).to_numpy()
        if player_kinds is not None:
            wanted &= pc.is_in(episodes.column("player_kind"), pa.array(list(player_kinds), pa.string())).to_numpy()
        if among is not None:
            wanted &= among
        if left_out := unknown_text(episodes.filter(pa.array(wanted)), "used"):
            warnings.warn(left_out, stacklevel=2)
        wanted &= is_known(episodes)
        columns = ["episode", "index", "filter", *(c for own in FILTER_COLUMNS.values() for c in own.values())]
        steps = snapshot.table("steps", columns)
        episode = pc.index_in(steps.column("episode"), episodes.column("id").combine_chunks()).to_numpy()
        index = steps.column("index").to_numpy()
        order = np.lexsort((index, episode))
        order = order[wanted[episode[order]]]
        self.episodes: NDArray[np.int64] = episode[order].astype(np.int64)
        self._index = index[order].astype(np.int64)
        self._filters = pc.index_in(steps.column("filter"), pa.array(list(FILTERS))).to_numpy()[order].astype(np.int64)
        self._values = np.stack(
            [steps.column(own[name]).to_numpy()[order] for slug, own in FILTER_COLUMNS.items() for name in own], axis=1
        )
        previews = snapshot.table("photos", ["sha256", "preview_sha256"])
        photo = pc.index_in(episodes.column("photo"), previews.column("sha256").combine_chunks()).to_numpy()
        paths = [snapshot.preview_path(sha256) for sha256 in previews.column("preview_sha256").to_pylist()]
        self._paths = [paths[number] for number in photo[self.episodes]]

    def __len__(self) -> int:
        return len(self.episodes)

    def __getitem__(self, item: int) -> dict[str, Tensor]:
        """Make an item.

        Raises:
            IndexError: there is none of that number.
            editing.photos.photo_error.PhotoError: its photo's file is missing or damaged.
        """
        item = range(len(self))[item]
        first = item - int(self._index[item])
        steps = [self._step(number) for number in range(first, item + 1)]
        before = apply_steps(game_view(self._paths[item]), steps[:-1])
        states = torch.zeros(1, state.SIZE)
        for number in range(first, item):
            states = state.next_states(states, torch.from_numpy(self._filters[number : number + 1]))
        choice = torch.from_numpy(self._filters[item : item + 1])
        return {
            "image": _channels_first(before),
            "state": states[0],
            "filter": choice[0],
            "parameters": torch.from_numpy(to_action(steps[-1])["parameters"]),
            "next_image": _channels_first(apply_steps(before, steps[-1:])),
            "next_state": state.next_states(states, choice)[0],
            "done": torch.tensor(item + 1 == len(self) or self.episodes[item + 1] != self.episodes[item]),
            "episode": torch.tensor(self.episodes[item]),
        }

    def _step(self, item: int) -> Step:
        slug = list(FILTERS)[self._filters[item]]
        values = self._values[item, PLACES[slug]].tolist()
        return Step(slug, dict(zip(FILTERS[slug].by_name, values, strict=True)))


@lru_cache(_PHOTOS_HELD)
def game_view(path: Path) -> NDArray[np.float32]:
    """(64, 64, 3) what the environments show of a stored preview before the first step, without augmentation.

    Raises:
        PhotoError: it is missing or damaged.
    """
    view = agent_view(training_square(load_preview(path), path.name).astype(np.float32))
    view.setflags(write=False)
    return view


def _channels_first(picture: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))
