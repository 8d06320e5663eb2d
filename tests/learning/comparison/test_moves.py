"""How well an agent foretells people's next filter, against two who do not look."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from learning.agent.checkpoint import load_agent
from learning.agent.games import GameRequest
from learning.agent.playing import play
from learning.comparison.moves import match_moves
from learning.comparison.sides import choose_players, read_side
from tests.command_line import safelight_output
from tests.learning.snapshots import Play, photo_sha256, picture, write

EXPOSURE, GAMMA = ("exposure", {"ev": 1.0}), ("gamma", {"gamma": 0.7})


def test_any_filter_and_what_others_take_are_as_worked_out_by_hand(tmp_path: Path) -> None:
    plays = [Play(name, "sea", (EXPOSURE, GAMMA)) for name in ("ann", "bob", "cy")]
    people, _ = choose_players(read_side(write(tmp_path / "export", plays), "export"), ["people"])
    matched = match_moves(people, load_agent(Path("pretrained")), 0)
    assert matched["moves"] == 6
    # 8 filters are unused at first, then 7.
    assert matched["any filter"]["top_1"]["value"] == pytest.approx((1 / 8 + 1 / 7) / 2)
    assert matched["any filter"]["log_likelihood"]["value"] == pytest.approx(-(math.log(8) + math.log(7)) / 2)
    # The two others take the same: 3 of 10 of all filters' chances, each counted once more, then 3 of 9.
    assert matched["what others take"]["top_1"]["value"] == 1
    assert matched["what others take"]["log_likelihood"]["value"] == pytest.approx(
        (math.log(3 / 10) + math.log(3 / 9)) / 2
    )


def test_an_agent_foretells_its_own_moves(tmp_path: Path) -> None:
    checkpoint = load_agent(Path("pretrained"))
    names = ("sea", "hill")
    pictures = {name: picture(name, 64, 64) for name in names}
    requests = [GameRequest(photo_sha256(name), 0, pictures[name].astype(np.float32)) for name in names]
    games = play(checkpoint.agent.double(), checkpoint.widths, requests, 5)
    plays = [
        Play("copy", name, tuple((s.step.filter, dict(s.step.parameters)) for s in steps))
        for name, steps in zip(names, games, strict=True)
    ]
    people, _ = choose_players(read_side(write(tmp_path / "export", plays, pictures), "export"), ["people"])
    matched = match_moves(people, checkpoint, 5)
    assert matched["agent"]["top_1"]["value"] == 1
    probabilities = [s.probabilities[s.step.filter] for steps in games for s in steps]
    assert matched["agent"]["log_likelihood"]["value"] == pytest.approx(np.mean(np.log(probabilities)), abs=1e-4)


@pytest.mark.usefixtures("without_plots")
def test_the_report_has_the_moves_where_an_agent_is_named(tmp_path: Path) -> None:
    plays = [Play(name, photo, (EXPOSURE,)) for name in ("ann", "bob") for photo in ("sea", "hill")]
    safelight_output("compare", write(tmp_path / "export", plays), "-o", tmp_path / "out", "--agent", "pretrained")
    numbers = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert numbers["moves"]["pretrained"]["moves"] == 4
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Their next move" in page
