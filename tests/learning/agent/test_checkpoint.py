"""A run's folder is read back as it was saved, or refused in one line that says what is wrong."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from editing.game.filters import VERSION
from learning.agent.checkpoint import (
    BEST,
    LAST,
    SHIPPED,
    CheckpointError,
    begin_run,
    check_space,
    load_agent,
    read_config,
    save_checkpoint,
)
from learning.agent.networks import Agent, initialise
from learning.configuration import FastConfig, Widths

SMALL = Widths(width=1, hidden=2)


def agent(widths: Widths = SMALL, seed: int = 4) -> Agent:
    return initialise(Agent(widths), torch.Generator().manual_seed(seed))


def save(run: Path, one: Agent, name: str = LAST, network: str = "agent") -> None:
    begin_run(run, SMALL, {"inputs": "photos"})
    tensors = {f"{network}/weights/{key}": value for key, value in one.state_dict().items()}
    save_checkpoint(run / name, tensors, {"iterations_done": 7})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    save(tmp_path / "run", agent())
    return tmp_path / "run"


def rewrite(run: Path, **changes: object) -> None:
    path = run / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_saved_agent_is_read_back(run: Path) -> None:
    read = load_agent(run)
    original = agent().state_dict()
    assert all(torch.equal(value, original[name]) for name, value in read.agent.state_dict().items())
    assert read.widths == SMALL
    assert read.config["inputs"] == "photos"
    assert read.config["filters_version"] == VERSION
    assert (read.kind, read.about["iterations_done"], read.about["filters_version"]) == ("last", 7, VERSION)
    assert read.sha256 == hashlib.sha256((run / LAST).read_bytes()).hexdigest()


def test_the_best_checkpoint_comes_before_the_last(run: Path) -> None:
    save(run, agent(seed=5), BEST)
    read = load_agent(run)
    assert read.kind == "best"
    assert torch.equal(read.agent.choice.hidden.weight, agent(seed=5).choice.hidden.weight)
    assert {path.name for path in run.iterdir()} == {"config.json", BEST, LAST}


def test_weights_of_other_widths_are_refused(run: Path) -> None:
    save(run, agent(Widths(width=2, hidden=2)))
    with pytest.raises(CheckpointError, match=r"of other widths than config.json says \(width 1, hidden 2\)"):
        load_agent(run)


def test_weights_of_another_network_are_refused(run: Path) -> None:
    save(run, agent(), network="critic")
    with pytest.raises(CheckpointError, match="weights of another network"):
        load_agent(run)


def test_another_version_of_the_filters_is_refused(run: Path) -> None:
    rewrite(run, filters_version=VERSION + 1)
    with pytest.raises(CheckpointError, match=f"version {VERSION + 1} of the filters"):
        load_agent(run)


def test_truncated_weights_are_refused(run: Path) -> None:
    path = run / LAST
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match="damaged"):
        load_agent(run)


def test_missing_weights_are_refused(run: Path) -> None:
    (run / LAST).unlink()
    with pytest.raises(CheckpointError, match=r"last.safetensors is missing"):
        load_agent(run)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    broken = agent()
    with torch.no_grad():
        broken.choice.output.bias[0] = float("nan")
    save(tmp_path / "run", broken)
    with pytest.raises(CheckpointError, match="not finite"):
        load_agent(tmp_path / "run")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "other"}', '{"format": "safelight-run"}'])
def test_a_config_that_is_none_is_refused(run: Path, content: str) -> None:
    (run / "config.json").write_text(content)
    with pytest.raises(CheckpointError):
        load_agent(run)


@pytest.mark.parametrize("widths", [None, {"width": 1}, {"width": "1", "hidden": 2}, {"width": -1, "hidden": 2}])
def test_a_config_without_usable_widths_is_refused(run: Path, widths: object) -> None:
    rewrite(run, widths=widths)
    with pytest.raises(CheckpointError):
        load_agent(run)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not a run of safelight train"):
        load_agent(tmp_path)


def test_a_disk_without_room_for_three_checkpoints_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(free=11 << 20)
    monkeypatch.setattr("learning.agent.checkpoint.shutil.disk_usage", lambda _: free)
    check_space(tmp_path, {"a": torch.zeros(3 << 20, dtype=torch.uint8)})
    with pytest.raises(CheckpointError, match=r"11 MB free; the run needs 13"):
        check_space(tmp_path, {"a": torch.zeros(4 << 20, dtype=torch.uint8)})


# Settings that there are since the agent for photographs was trained.
LATER = {"reward_weight"}


@pytest.mark.parametrize("name", ["pretrained", "pretrained-film"])
def test_the_config_of_a_shipped_agent_has_the_settings_of_its_recipe_by_their_names_of_today(name: str) -> None:
    config = read_config(SHIPPED / name)
    training = dict(config["training"])
    widths = Widths(**training.pop("widths"))
    # An agent of before has those that there were then.
    assert FastConfig(widths, **training).to_json() | config["training"] == FastConfig(widths, **training).to_json()
    assert name == "pretrained-film" or training.keys() | LATER == FastConfig().to_json().keys() - {"widths"}
