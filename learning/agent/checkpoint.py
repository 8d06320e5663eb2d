"""A run's folder: ``config.json``, which says how the run is made, and its checkpoints as safetensors.

``last.safetensors`` is all that a run needs to continue, ``best.safetensors`` the weights of the networks when the
results were nearest to the targets, on what is held out. Each is one file, written whole or not at all.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from editing.files import write_atomically
from editing.game.filters import VERSION
from learning.agent.critic import Critic
from learning.agent.networks import Agent
from learning.configuration import Widths

CONFIG = "config.json"
LAST = "last.safetensors"
BEST = "best.safetensors"
FORMAT = "safelight-run"
WEIGHTS = "/weights/"
# What has another name now: of a setting in ``config.json``, or of a tensor in a checkpoint. Both names are read.
RENAMED = {
    "ring_batches": "fake_buffer_batches",
    "gradient_penalty": "r1_gamma",
    "copies": "games_per_photo",
    "memory/ring": "memory/fake_buffer",
}
# The agents that come with the project: a run's folder each.
SHIPPED = Path(__file__).parents[1] / "shipped"
# Free space for this many checkpoints: the last, the best, and one that is being written.
CHECKPOINTS_WORTH = 3

Network = TypeVar("Network", bound=nn.Module)


class CheckpointError(ValueError):
    """A run's folder cannot be used; the message is one line."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained agent, read from a run's folder.

    Attributes:
        sha256: of the file with the agent's weights.
        config: all of ``config.json``.
        about: what the checkpoint says of itself, as ``save_checkpoint`` had it.
        kind: ``best`` or ``last``.
    """

    agent: Agent
    widths: Widths
    sha256: str
    config: Mapping[str, Any]
    about: Mapping[str, Any]
    kind: str


def begin_run(directory: Path, widths: Widths, config: Mapping[str, Any]) -> None:
    """Make the folder and its ``config.json``.

    Args:
        config: JSON values of how the run is made; what describes the checkpoints is added.
    """
    directory.mkdir(parents=True, exist_ok=True)
    about = {
        "format": FORMAT,
        "filters_version": VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "widths": {"width": widths.width, "hidden": widths.hidden},
    }
    text = json.dumps(about | dict(config), indent=1, ensure_ascii=False)
    write_atomically(directory / CONFIG, (text + "\n").encode())


def check_space(directory: Path, state: Mapping[str, Tensor]) -> None:
    """Refuse a disk without room for a run's checkpoints.

    Raises:
        CheckpointError: saying how much is free, and needed.
    """
    needed = CHECKPOINTS_WORTH * sum(value.nbytes for value in state.values())
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise CheckpointError(f"{directory} is on a disk with {free >> 20} MB free; the run needs {(needed >> 20) + 1}")


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors, and JSON values beside them; the same ones are the same bytes."""
    contiguous = {name: value.contiguous() for name, value in tensors.items()}
    metadata = {"safelight": json.dumps({"filters_version": VERSION} | dict(about), sort_keys=True)}
    write_atomically(path, save(contiguous, metadata))


def read_checkpoint(path: Path, prefix: str = "") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors whose names begin with ``prefix``, by their full names, and the values beside them.

    Raises:
        CheckpointError: if the file is missing, damaged, or of another version of the filters.
    """
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get("safelight", "{}"))
            names = [name for name in sorted(file.keys()) if name.startswith(prefix)]
            tensors = {RENAMED.get(name, name): file.get_tensor(name) for name in names}
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing") from None
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged, or no safetensors file ({str(error).splitlines()[0]})") from None
    _check_version(path, about.get("filters_version"))
    return tensors, about


def load_agent(directory: Path) -> Checkpoint:
    """Return the agent of a run: its best checkpoint if there is one, else its last.

    The name of an agent in ``SHIPPED`` stands for its folder there, unless there is such a folder here.

    Raises:
        CheckpointError: if the folder, its config or its weights are missing, damaged, of another version of the
            filters, or do not fit each other.
    """
    directory = _run_folder(directory)
    config = read_config(directory)
    agent, widths = _untrained(Agent, directory, config)
    path = _chosen_checkpoint(directory)
    about = _load_weights("agent", agent, path, widths)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Checkpoint(agent.eval(), widths, digest, config, about, path.stem)


def load_critic(directory: Path) -> tuple[Critic, dict[str, Any]]:
    """Return the critic of a run, from the checkpoint that ``load_agent`` takes, and the run's config.

    Raises:
        CheckpointError: as ``load_agent``; the agent that comes with the project has no critic.
    """
    directory = _run_folder(directory)
    config = read_config(directory)
    critic, widths = _untrained(Critic, directory, config)
    _load_weights("critic", critic, _chosen_checkpoint(directory), widths)
    return critic.eval().requires_grad_(False), config


def _run_folder(directory: Path) -> Path:
    shipped = SHIPPED / directory
    return shipped if not directory.exists() and (shipped / CONFIG).exists() else directory


def _chosen_checkpoint(directory: Path) -> Path:
    return directory / (BEST if (directory / BEST).exists() else LAST)


def _untrained(
    build: Callable[[Widths], Network], directory: Path, config: Mapping[str, Any]
) -> tuple[Network, Widths]:
    """Return a network of the widths that a run's config states."""
    try:
        widths = Widths(**config["widths"])
        return build(widths), widths
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise CheckpointError(f"{directory / CONFIG}: it does not say how wide the networks are") from None


def read_config(directory: Path) -> dict[str, Any]:
    """Read a run's ``config.json``, its settings by their names of today.

    Raises:
        CheckpointError: if it is missing, or no config, or of another version of the filters.
    """
    path = directory / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"{directory} is not a run of safelight train: it has no {CONFIG}") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from None
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not the config of a run of safelight train")
    _check_version(directory, config.get("filters_version"))
    if isinstance(training := config.get("training"), dict):
        config["training"] = {RENAMED.get(name, name): value for name, value in training.items()}
    return config


def _check_version(path: Path, version: object) -> None:
    if version != VERSION:
        raise CheckpointError(
            f"{path} was trained with version {version} of the filters, and this is version {VERSION}: train anew"
        )


def _load_weights(kind: str, network: nn.Module, path: Path, widths: Widths) -> Mapping[str, Any]:
    prefix = f"{kind}{WEIGHTS}"
    stored, about = read_checkpoint(path, prefix)
    if not stored:
        raise CheckpointError(f"{path} holds the weights of another network alone, not of a run's {kind}")
    tensors = {name.removeprefix(prefix): tensor for name, tensor in stored.items()}
    expected = network.state_dict()
    if tensors.keys() != expected.keys():
        name = sorted(tensors.keys() ^ expected.keys())[0]
        raise CheckpointError(f"{path} holds the weights of another network: {name} is in one of them alone")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            actual, expected_shape = (" x ".join(map(str, weights.shape)) for weights in (tensor, expected[name]))
            raise CheckpointError(
                f"{path} is of other widths than {CONFIG} says (width {widths.width}, hidden {widths.hidden}): "
                f"{name} is {actual}, not {expected_shape}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{path}: {name} holds numbers that are not finite")
    network.load_state_dict(tensors)
    return about
