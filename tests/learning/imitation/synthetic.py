"""A small export by synthetic people, and a model of them, for tests of what is learned from people."""

from pathlib import Path

import torch

from learning.agent.checkpoint import IMITATION, LAST, begin_run, save_checkpoint
from learning.agent.networks import initialise
from learning.agent.people_model import PeopleModel
from learning.configuration import Widths
from learning.imitation.imitating import players_of_moves
from learning.imitation.moves import moves_of_play, read_play
from learning.imitation.regressions import begin
from tests.command_line import safelight_output

SMALL = Widths(1, 4)


def synthetic_export(folder: Path, people: int = 10, each: int = 5, scenes: int = 8, *more: object) -> Path:
    """Write it, and return its folder."""
    counts = ("--people", people, "--each", each, "--scenes", scenes)
    safelight_output("synthetic-people", "-o", folder, "--temperament", "careful", *counts, *more)
    return folder


def begun_model(folder: Path, export: Path) -> Path:
    """Write a run whose model of an export's people is what it begins as, and return its folder."""
    play = read_play(export, "robots")
    moves = moves_of_play(play)
    model = initialise(PeopleModel(SMALL), torch.Generator().manual_seed(0)).requires_grad_(False)
    begin(model, moves, players_of_moves(play, moves, play.people), len(play.people))
    begin_run(folder, SMALL, {"recipe": IMITATION, "training": {"stop": True}})
    save_checkpoint(folder / LAST, {f"agent/weights/{name}": value for name, value in model.state_dict().items()}, {})
    return folder
