"""The replay pool: images in the middle of their episodes, and finished ones."""

from collections.abc import Callable

import torch
from torch import Tensor

from learning.agent import state


class ReplayPool:
    """A fixed number of records (image, state), topped up with fresh photos.

    The agent's draw takes records out, and its results go back in; finished ones that it meets are thrown away. The
    critic's draw leaves the pool as it is.
    """

    def __init__(self, capacity: int, fresh: Callable[[int], Tensor], generator: torch.Generator) -> None:
        """Fill the pool.

        Args:
            capacity: how many records it holds.
            fresh: gives so many new photos, (n, 3, 64, 64).
            generator: of the CPU; draws the order of records.
        """
        self.images = fresh(capacity)
        self.states = state.fresh_states(capacity, self.images)
        self._occupied = torch.ones(capacity, dtype=torch.bool)
        self._fresh = fresh
        self._generator = generator

    def __len__(self) -> int:
        return len(self._occupied)

    @property
    def held(self) -> int:
        """How many records it holds now; less than its capacity between the agent's draw and its results."""
        return int(self._occupied.sum())

    def tensors(self) -> dict[str, Tensor]:
        """All that the pool holds, by name; the very tensors, not copies."""
        return {"images": self.images, "states": self.states, "occupied": self._occupied}

    def records(self) -> tuple[Tensor, Tensor]:
        """Return the images that it holds, (n, 3, 64, 64), and whether each is finished, (n,)."""
        held = self._occupied.nonzero().squeeze(1)
        return self._at(held)[0], self._finished()[held].to(self.images.device)

    @property
    def has_finished(self) -> bool:
        """Whether the critic can draw."""
        return bool((self._occupied & self._finished()).any())

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Take ``count`` unfinished records out, (count, 3, 64, 64) and (count, 11).

        Finished ones that come up before are thrown away. A pool that runs empty is filled with fresh photos.
        """
        if count > len(self):
            raise ValueError(f"a pool of {len(self)} records cannot give {count}")
        order = self._shuffled(self._occupied)
        unfinished = ~self._finished()[order]
        if int(unfinished.sum()) < count:
            self._occupied[order[~unfinished]] = False
            self._fill()
            order = self._shuffled(self._occupied)
            unfinished = torch.ones(len(order), dtype=torch.bool)
        last = int(unfinished.nonzero()[count - 1])
        met = order[: last + 1]
        taken = met[unfinished[: last + 1]]
        self._occupied[met] = False
        return self._at(taken)

    def put_back(self, images: Tensor, states: Tensor) -> None:
        """Put the agent's results in, finished or not, and top the pool up with fresh photos."""
        free = (~self._occupied).nonzero().squeeze(1)[: len(images)]
        self._write(free, images.detach(), states.detach())
        self._fill()

    def draw_finished(self, count: int) -> Tensor:
        """(count,) where in ``images`` finished ones are, each as often as another, give or take one; they stay.

        Raises:
            ValueError: if none is finished.
        """
        order = self._shuffled(self._occupied & self._finished())
        if not len(order):
            raise ValueError("the pool holds no finished image")
        return order[torch.arange(count) % len(order)]

    def _finished(self) -> Tensor:
        return state.finished(self.states).cpu()

    def _shuffled(self, which: Tensor) -> Tensor:
        records = which.nonzero().squeeze(1)
        return records[torch.randperm(len(records), generator=self._generator)]

    def _at(self, records: Tensor) -> tuple[Tensor, Tensor]:
        records = records.to(self.images.device)
        return self.images[records], self.states[records]

    def _write(self, records: Tensor, images: Tensor, states: Tensor) -> None:
        on_device = records.to(self.images.device)
        self.images[on_device] = images
        self.states[on_device] = states
        self._occupied[records] = True

    def _fill(self) -> None:
        free = (~self._occupied).nonzero().squeeze(1)
        if len(free):
            images = self._fresh(len(free))
            self._write(free, images, state.fresh_states(len(free), images))
