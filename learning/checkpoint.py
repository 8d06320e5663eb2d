"""A run's folder, which is the checkpoint: ``config.json`` and the weights of each network as safetensors.

The config says which networks the weights are for, and of which version of the filters.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from editing.filters import VERSION
from learning.networks import Agent, Networks, Widths

CONFIG = "config.json"
FORMAT = "safelight-run"


class CheckpointError(ValueError):
    """A run's folder cannot be used; the message is one line."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained agent, read from a run's folder.

    Attributes:
        sha256: of the file with the agent's weights.
        made: when the run was saved, UTC.
        config: all of ``config.json``.
    """

    agent: Agent
    widths: Widths
    sha256: str
    made: datetime
    config: Mapping[str, Any]


def check_free(directory: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        CheckpointError: naming it.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise CheckpointError(f"{directory} exists and is not empty; name another folder, or remove it first")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it: it is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def save_run(directory: Path, networks: Networks, config: Mapping[str, Any]) -> None:
    """Write the weights, then the config; an earlier save of the same run is replaced, file by file.

    Args:
        config: JSON values of how the run was made; what describes the checkpoint itself is added.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, network in networks.modules.items():
        tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
        write_atomically(_weights(directory, name), save(tensors))
    about = {
        "format": FORMAT,
        "filters_version": VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "widths": {"width": networks.widths.width, "hidden": networks.widths.hidden},
    }
    text = json.dumps(about | dict(config), indent=1, ensure_ascii=False)
    write_atomically(directory / CONFIG, (text + "\n").encode())


def load_agent(directory: Path) -> Checkpoint:
    """The agent of a run.

    Raises:
        CheckpointError: if the folder, its config or its weights are missing, damaged, of another version of the
            filters, or do not fit each other.
    """
    config = _read_config(directory)
    try:
        widths = Widths(**config["widths"])
        made = datetime.fromisoformat(config["made"])
        agent = Agent(widths)
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise CheckpointError(
            f"{directory / CONFIG}: it does not say how wide the networks are, or when made"
        ) from None
    path = _weights(directory, "agent")
    _load_weights(agent, path, widths)
    return Checkpoint(agent.eval(), widths, hashlib.sha256(path.read_bytes()).hexdigest(), made, config)


def _weights(directory: Path, name: str) -> Path:
    return directory / f"{name}.safetensors"


def _read_config(directory: Path) -> dict[str, Any]:
    path = directory / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"{directory} is not a finished run of safelight train: it has no {CONFIG}") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from None
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not the config of a run of safelight train")
    version = config.get("filters_version")
    if version != VERSION:
        raise CheckpointError(
            f"{directory} was trained with version {version} of the filters, and this is version {VERSION}: train anew"
        )
    return config


def _load_weights(network: nn.Module, path: Path, widths: Widths) -> None:
    try:
        tensors = load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing") from None
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged, or no safetensors file ({str(error).splitlines()[0]})") from None
    expected = network.state_dict()
    if tensors.keys() != expected.keys():
        name = sorted(tensors.keys() ^ expected.keys())[0]
        raise CheckpointError(f"{path} holds the weights of another network: {name} is in one of them alone")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            found, wanted = (" x ".join(map(str, one.shape)) for one in (tensor, expected[name]))
            raise CheckpointError(
                f"{path} is of other widths than {CONFIG} says (width {widths.width}, hidden {widths.hidden}): "
                f"{name} is {found}, not {wanted}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{path}: {name} holds numbers that are not finite")
    network.load_state_dict(tensors)
