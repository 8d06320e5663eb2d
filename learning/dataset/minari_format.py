"""Episodes as a Minari data set, for libraries of offline reinforcement learning.

What is recorded is what ``safelight/EditingGame-v0`` shows without augmentation: played back there, the actions give
the same observations. Images are float32; as JPEG, which is Minari's own choice, dark tones would be lost.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from editing.files import new_folder
from editing.formats.sizes import minari_bytes
from editing.game.rules import MAXIMUM_STEPS
from editing.trajectories.reading import Snapshot
from learning.dataset.transitions import Transitions
from learning.environments.editing_game import action_space, observation_space


def chosen_episodes(transitions: Transitions, most: int | None = None, seed: int = 0) -> list[range]:
    """Return the items of each episode that is written, in order; episodes without a step have none.

    Args:
        most: so many at most, drawn by the seed; all without it.
    """
    starts = np.flatnonzero(np.diff(transitions.episodes, prepend=-1))
    ends = np.append(starts[1:], len(transitions))
    chosen = np.arange(len(starts))
    if most is not None and most < len(chosen):
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, most, replace=False))
    return [range(int(starts[number]), int(ends[number])) for number in chosen]


def size_of(episodes: list[range]) -> int:
    """Return about how many bytes the data set takes."""
    return minari_bytes(len(episodes), sum(map(len, episodes)))


def write_minari(
    snapshot: Snapshot,
    transitions: Transitions,
    episodes: list[range],
    directory: Path,
    name: str,
    authors: Sequence[str] = (),
) -> tuple[int, int]:
    """Write a Minari data set, whole or not at all, one episode in memory at a time; return episodes and steps.

    There is no reward in people's play: 0 is written. An episode of five steps is terminated, a shorter one, which its
    player finished, truncated. ``options`` of an episode has its id, player and photo.

    Args:
        directory: a folder that does not exist, or is empty; ``minari.MinariDataset(directory / "data")`` opens it.
        name: of the data set.

    Raises:
        ImportError: Minari is not installed; the extra ``formats`` has it.
        FileExistsError: the folder holds something already.
    """
    try:
        import minari
        from minari.dataset.minari_storage import MinariStorage
    except ImportError:
        raise ImportError("a Minari data set needs minari with h5py: install the extra formats") from None

    told = snapshot.table("episodes", ["id", "player", "photo"]).to_pylist()
    with new_folder(directory) as unfinished:
        storage = MinariStorage.new(
            (unfinished / "data").resolve(),  # Minari joins a relative path twice
            observation_space=observation_space(),
            action_space=action_space(stop=False),
            jpeg_encoding=False,
        )
        storage.update_metadata(
            {
                "dataset_id": f"safelight/{name}-v0",
                "author": set(authors),
                "description": "Photo retouching by people and agents; see safelight/EditingGame-v0.",
                "algorithm_name": "recorded play",
                "minari_version": minari.__version__,
            }
        )
        storage.update_episodes(_buffers(transitions, episodes, told))
        return int(storage.total_episodes), int(storage.total_steps)


def _buffers(transitions: Transitions, episodes: list[range], told: list[dict[str, str]]) -> Iterator[Any]:
    from minari.data_collector import EpisodeBuffer

    for number, items in enumerate(episodes):
        steps = [transitions[item] for item in items]
        images = [step["image"] for step in steps] + [steps[-1]["next_image"]]
        states = [step["state"] for step in steps] + [steps[-1]["next_state"]]
        terminated = len(steps) == MAXIMUM_STEPS
        yield EpisodeBuffer(
            id=number,
            options=told[int(steps[0]["episode"])],
            observations={
                "image": np.stack([image.permute(1, 2, 0).numpy() for image in images]),
                "state": np.stack([state.numpy() for state in states]),
            },
            actions={
                "filter": np.array([int(step["filter"]) for step in steps]),
                "parameters": np.stack([step["parameters"].numpy() for step in steps]),
            },
            rewards=[0.0] * len(steps),
            terminations=[False] * (len(steps) - 1) + [terminated],
            truncations=[False] * (len(steps) - 1) + [not terminated],
        )
