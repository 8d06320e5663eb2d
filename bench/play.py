"""An agent at play: how many photos a second, and what a batch gains."""

from functools import partial
from pathlib import Path

import numpy as np
import torch

from bench.figures import Figure, ratio, seconds
from learning.agent.checkpoint import load_agent
from learning.agent.games import GameRequest
from learning.agent.playing import play_all

PHOTOS = 64
BATCH = 64


def measure() -> dict[str, Figure]:
    """Games of the agent that comes with the project, on random photos that are in memory."""
    torch.set_num_threads(1)
    checkpoint = load_agent(Path("pretrained"))
    agent = checkpoint.agent.double()
    views = np.random.default_rng(0).random((PHOTOS, 64, 64, 3), dtype=np.float32) * 0.3
    requests = [GameRequest(str(index), 0, view) for index, view in enumerate(views)]

    def play(batch: int) -> None:
        for _ in play_all(agent, checkpoint.widths, requests, 0, batch):
            pass

    note = f"five steps each, one thread, float64, width {checkpoint.widths.width}; CPU time"
    return {
        "play.photos_per_second": Figure(PHOTOS / seconds(partial(play, BATCH)), "photos/s", "", note),
        "play.batch_over_single": Figure(
            ratio(partial(play, 1), partial(play, BATCH), runs=3), "x", f"batches of {BATCH}, in this run", note
        ),
    }
