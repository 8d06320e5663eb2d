"""Human-likeness over training: several seeds, checkpoints that were kept, and ablations in the report."""

import json
from pathlib import Path

import pytest
import torch

from learning.agent.checkpoint import BEST, KEPT, LAST, CheckpointError, begin_run, save_checkpoint
from learning.agent.networks import Agent, initialise
from learning.agent.training_data import TRAINED_ON, TrainingData
from learning.comparison.ablations import read_ablation
from learning.comparison.runs import compare_runs, kept_checkpoints
from learning.comparison.sides import ComparisonError, choose_players, read_side
from learning.configuration import Widths
from tests.command_line import safelight_output
from tests.learning.snapshots import Play, write

WIDTHS = Widths(1, 2)
TONE = ("gamma", {"gamma": 0.7})


def run(folder: Path, seed: int, config: dict[str, object] | None = None) -> Path:
    """Write a run whose agent was kept after 10 iterations, and is best at 20."""
    begin_run(folder, WIDTHS, config or {})
    (folder / KEPT).mkdir()
    for place, name in enumerate((f"{KEPT}/0000010.safetensors", BEST, LAST)):
        agent = initialise(Agent(WIDTHS), torch.Generator().manual_seed(seed + place))
        weights = {f"agent/weights/{key}": value for key, value in agent.state_dict().items()}
        save_checkpoint(folder / name, weights, {"iterations_done": 10 * (place + 1)})
    return folder


@pytest.fixture
def export(tmp_path: Path) -> Path:
    plays = [
        Play(f"p{n}", photo, (("exposure", {"ev": 1.2 + 0.1 * n + 0.2 * m}), TONE))
        for n in range(5)
        for m, photo in enumerate(("sea", "hill", "town"))
    ]
    return write(tmp_path / "export", plays)


def test_each_checkpoint_plays_and_the_mean_is_over_the_runs_that_play(export: Path, tmp_path: Path) -> None:
    several = tmp_path / "several"
    for seed in (1, 2):
        run(several / f"seed-{seed}", 10 * seed)
    people, _ = choose_players(read_side(export, "export"))
    result, notes = compare_runs(people, [several], 0)
    assert notes == []
    assert result is not None
    assert [(row["run"], row["checkpoint"], row["iterations"]) for row in result["checkpoints"]] == [
        (f"several seed-{seed}", name, iterations)
        for seed in (1, 2)
        for name, iterations in (("0000010", 10), ("best", 20), ("last", 30))
    ]
    own = [row["human_likeness"]["value"] for row in result["checkpoints"] if row["plays"]]
    assert len(own) == result["runs"] == 2
    assert result["mean"] == pytest.approx(sum(own) / 2, abs=1e-5)
    assert result["spread"] == pytest.approx(abs(own[0] - own[1]) / 2**0.5, abs=1e-5)


@pytest.mark.long
def test_a_run_plays_the_same_again(export: Path, tmp_path: Path) -> None:
    people, _ = choose_players(read_side(export, "export"))
    first, again = (compare_runs(people, [run(tmp_path / name / "run", 1)], 0)[0] for name in ("first", "again"))
    assert first is not None
    assert first == again


def test_a_run_that_saw_these_people_is_left_out_with_a_note(export: Path, tmp_path: Path) -> None:
    taught = run(tmp_path / "taught", 1, {TRAINED_ON: TrainingData.of([], ["p1"]).to_json()})
    people, _ = choose_players(read_side(export, "export"))
    result, notes = compare_runs(people, [taught], 0)
    assert result is None
    assert "There is no number for taught" in notes[0]


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="it has no checkpoint"):
        kept_checkpoints([tmp_path])


def test_runs_and_ablations_stand_in_the_report(export: Path, tmp_path: Path) -> None:
    figures = {"rmse": 0.1234, "score": 71.5, "orders": 3}
    ablation = tmp_path / "ablation.json"
    ablation.write_text(json.dumps({"photos": 4, "samples": 1, "seed": 0, "choices": {"most probable": figures}}))
    options = ["--players", "people", "--runs", run(tmp_path / "mine", 1), "--ablation", ablation]
    safelight_output("compare", export, "-o", tmp_path / "report", *options)
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Over training" in page
    assert "Human-likeness over training, a line for each run" in page
    assert "What the choice of filters is worth" in page
    assert "0.123" in page


@pytest.mark.parametrize(
    "content", ["nothing", "[]", '{"photos": 1}', '{"photos": 1, "samples": 1, "choices": {"a": {}}}']
)
def test_what_is_no_ablation_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(ComparisonError, match=r"file\.json is no"):
        read_ablation(tmp_path / "file.json")
