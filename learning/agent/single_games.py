"""One game at a time, by any agent: without torch where the agent allows it, as it is long to import."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from learning.agent.checkpoint import is_people_model, load_agent, read_config, run_folder
from learning.agent.games import GameRequest, PlayedStep
from learning.agent.numpy_agent import load_numpy_agent


class SinglePlayer(Protocol):
    """Who plays games one by one."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file with the weights."""

    def play(self, request: GameRequest, seed: int) -> list[PlayedStep]:
        """Play a game as `learning.agent.playing.play` does."""


@dataclass(frozen=True)
class _TorchPlayer:
    agent: Any
    widths: Any
    sha256: str

    def play(self, request: GameRequest, seed: int) -> list[PlayedStep]:
        """Play a game."""
        from learning.agent.playing import play

        return play(self.agent, self.widths, [request], seed)[0]


def load_single_player(directory: Path) -> SinglePlayer:
    """Return the agent of a run: of a model of people by torch, else without.

    Raises:
        CheckpointError: as ``load_agent``.
    """
    if not is_people_model(read_config(run_folder(directory))):
        return load_numpy_agent(directory)
    checkpoint = load_agent(directory)
    return _TorchPlayer(checkpoint.agent.double(), checkpoint.widths, checkpoint.sha256)
