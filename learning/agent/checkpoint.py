"""A run's folder: ``config.json``, which says how the run is made, and its checkpoints as safetensors.

``last.safetensors`` is all that a run needs to continue, ``best.safetensors`` the weights of the networks when the
results were nearest to the targets, on what is held out. Each is one file, written whole or not at all.

torch, which is long to import, is only imported where networks are made or written.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from safetensors import SafetensorError, safe_open

from editing.files import write_atomically
from editing.game.filters import VERSION
from learning.configuration import Normalisation, Widths

if TYPE_CHECKING:
    from torch import Tensor, nn

    from learning.agent.critic import Critic
    from learning.agent.networks import Agent
    from learning.agent.people_model import PeopleModel

CONFIG = "config.json"
LAST = "last.safetensors"
BEST = "best.safetensors"
# A folder in a run's, with the agent as it was between.
KEPT = "checkpoints"
# A folder in a run's, with a critic that is not the run's own, see ``learning.training.reward_critic``.
CRITIC = "critic"
FORMAT = "safelight-run"
WEIGHTS = "/weights/"
# The recipe of runs whose agent is a model of people.
IMITATION = "imitate"
# That of critics that learned from preferences.
PREFERENCES = "preferences"
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

Network = TypeVar("Network", bound="nn.Module")


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
    from safetensors.torch import save

    contiguous = {name: value.contiguous() for name, value in tensors.items()}
    metadata = {"safelight": json.dumps({"filters_version": VERSION} | dict(about), sort_keys=True)}
    write_atomically(path, save(contiguous, metadata))


def read_checkpoint(
    path: Path, prefix: str = "", framework: Literal["pt", "np"] = "pt"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the tensors whose names begin with ``prefix``, by their full names, and the values beside them.

    Args:
        framework: "pt" for tensors of torch, "np" for NumPy's arrays.

    Raises:
        CheckpointError: if the file is missing, damaged, or of another version of the filters.
    """
    try:
        with safe_open(path, framework) as file:
            about = json.loads((file.metadata() or {}).get("safelight", "{}"))
            names = [name for name in sorted(file.keys()) if name.startswith(prefix)]
            tensors = {RENAMED.get(name, name): file.get_tensor(name) for name in names}
    except FileNotFoundError:
        raise CheckpointError(f"{path} is missing") from None
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged, or no safetensors file ({str(error).splitlines()[0]})") from None
    _check_version(path, about.get("filters_version"))
    return tensors, about


def load_agent(directory: Path, path: Path | None = None) -> Checkpoint:
    """Return the agent of a run: its best checkpoint if there is one, else its last; or that of another of its files.

    The name of an agent in ``SHIPPED`` stands for its folder there, unless there is such a folder here.

    Raises:
        CheckpointError: if the folder, its config or its weights are missing, damaged, of another version of the
            filters, or do not fit each other.
    """
    from learning.agent.networks import Agent
    from learning.agent.people_model import PeopleModel

    directory = run_folder(directory)
    config = read_config(directory)
    normalisation = read_normalisation(directory, config)
    build: Callable[[Widths], Agent] = partial(Agent, normalisation=normalisation, stops=read_stops(config))
    if is_people_model(config):
        build = PeopleModel
    agent, widths = _untrained(build, directory, config)
    path = path or chosen_checkpoint(directory)
    about = _load_weights("agent", agent, path, widths)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Checkpoint(agent.eval(), widths, digest, config, about, path.stem)


def load_people_model(directory: Path) -> tuple[PeopleModel, Checkpoint]:
    """Return the model of people of a run of ``safelight imitate``, and the checkpoint that holds it.

    Raises:
        CheckpointError: as ``load_agent``, or where the run's agent is no model of people.
    """
    from learning.agent.people_model import PeopleModel

    checkpoint = load_agent(directory)
    if not isinstance(checkpoint.agent, PeopleModel):
        raise CheckpointError(f"{directory} is no model of people: name a run of safelight imitate")
    return checkpoint.agent, checkpoint


def save_critic(directory: Path, critic: Critic) -> None:
    """Write a critic that is not a run's own into its folder, which ``begin_run`` has made; in half precision."""
    weights = {f"critic{WEIGHTS}{name}": value.half() for name, value in critic.state_dict().items()}
    save_checkpoint(directory / BEST, weights, {})


def load_critic(directory: Path) -> tuple[Critic, dict[str, Any]]:
    """Return a critic, and its config: that in the run's folder ``critic``, where there is one, else the run's own.

    A run's own is from the checkpoint that ``load_agent`` takes. The folder of a critic alone will do, too.

    Raises:
        CheckpointError: as ``load_agent``.
    """
    from learning.agent.critic import Critic
    from learning.agent.preference_critic import PreferenceCritic

    directory = critic_folder(directory)
    config = read_config(directory)
    build: type[Critic] = PreferenceCritic if config.get("recipe") == PREFERENCES else Critic
    critic, widths = _untrained(build, directory, config)
    _load_weights("critic", critic, chosen_checkpoint(directory), widths)
    return critic.eval().requires_grad_(False), config


def critic_folder(directory: Path) -> Path:
    """Return where the critic of a run is: in its folder ``critic``, where there is one, else in its own."""
    directory = run_folder(directory)
    own = directory / CRITIC
    return own if (own / CONFIG).exists() else directory


def run_folder(directory: Path) -> Path:
    """Return the folder of a run, or of an agent in ``SHIPPED`` by its name."""
    shipped = SHIPPED / directory
    return shipped if not directory.exists() and (shipped / CONFIG).exists() else directory


def chosen_checkpoint(directory: Path) -> Path:
    """Return the best checkpoint of a run's folder, else the last."""
    return directory / (BEST if (directory / BEST).exists() else LAST)


def _untrained(
    build: Callable[[Widths], Network], directory: Path, config: Mapping[str, Any]
) -> tuple[Network, Widths]:
    """Return a network of the widths that a run's config states."""
    widths = read_widths(directory, config)
    try:
        return build(widths), widths
    except (TypeError, ValueError, RuntimeError):
        raise CheckpointError(_no_widths(directory)) from None


def read_widths(directory: Path, config: Mapping[str, Any]) -> Widths:
    """Return how wide the networks of a run are, by its config.

    Raises:
        CheckpointError: if it does not say so.
    """
    try:
        return Widths(**config["widths"])
    except (KeyError, TypeError, ValueError):
        raise CheckpointError(_no_widths(directory)) from None


def read_normalisation(directory: Path, config: Mapping[str, Any]) -> Normalisation:
    """Return how the agent of a run sees photos, by its config; that of a run of before sees them as they are.

    Raises:
        CheckpointError: if it does not say so.
    """
    try:
        return Normalisation(**config.get("normalisation", {}))
    except TypeError:
        raise CheckpointError(f"{directory / CONFIG}: it does not say how the agent sees photos") from None


def is_people_model(config: Mapping[str, Any]) -> bool:
    """Whether a run's agent is a model of people, of ``safelight imitate``."""
    return config.get("recipe") == IMITATION


def read_stops(config: Mapping[str, Any]) -> bool:
    """Whether the agent of a run may finish before the last step; that of a run of before may not."""
    training = config.get("training")
    return isinstance(training, dict) and bool(training.get("stop", False))


def _no_widths(directory: Path) -> str:
    return f"{directory / CONFIG}: it does not say how wide the networks are"


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
    import torch

    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    tensors, about = read_weights(kind, shapes, path, widths)
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{path}: {name} holds numbers that are not finite")
    network.load_state_dict(tensors)
    return about


def read_weights(
    kind: str,
    shapes: Mapping[str, tuple[int, ...]],
    path: Path,
    widths: Widths,
    framework: Literal["pt", "np"] = "pt",
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return a network's weights by name, which must be of these shapes, and what the checkpoint says of itself.

    Raises:
        CheckpointError: as ``read_checkpoint``, and where the weights are another network's.
    """
    prefix = f"{kind}{WEIGHTS}"
    stored, about = read_checkpoint(path, prefix, framework)
    if not stored:
        raise CheckpointError(f"{path} holds the weights of another network alone, not of a run's {kind}")
    tensors = {name.removeprefix(prefix): tensor for name, tensor in stored.items()}
    if tensors.keys() != shapes.keys():
        name = sorted(tensors.keys() ^ shapes.keys())[0]
        raise CheckpointError(f"{path} holds the weights of another network: {name} is in one of them alone")
    for name, tensor in tensors.items():
        if tuple(tensor.shape) != shapes[name]:
            actual, expected = (" x ".join(map(str, shape)) for shape in (tensor.shape, shapes[name]))
            raise CheckpointError(
                f"{path} is of other widths than {CONFIG} says (width {widths.width}, hidden {widths.hidden}): "
                f"{name} is {actual}, not {expected}"
            )
    return tensors, about
