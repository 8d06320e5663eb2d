"""What a run records of the people and photos that it was trained on, and who learns of it."""

import json
from pathlib import Path

import pytest
import torch

from editing.trajectories.snapshot import read_snapshot
from learning.agent.checkpoint import CONFIG, LAST, begin_run, load_agent, save_checkpoint
from learning.agent.networks import Agent, initialise
from learning.agent.training_data import TRAINED_ON, TrainingData
from learning.configuration import Widths
from tests.command_line import safelight
from tests.learning.snapshots import Play, photo_sha256, write

BRIGHT = (("exposure", {"ev": 1.5}),)


def test_digests_of_players_tell_who_was_seen_and_name_nobody() -> None:
    data = TrainingData.of(["a1", "b2"], ["ann", "bob"])
    stored = json.loads(json.dumps(data.to_json()))
    assert "ann" not in json.dumps(stored)
    read = TrainingData.from_json(stored)
    assert read == data
    assert read.seen_players(["ann", "cid"]) == {"ann"}
    assert read.seen_photos(["b2", "c3"]) == {"b2"}
    assert (read | TrainingData.of([], ["cid"])).seen_players(["cid"]) == {"cid"}


@pytest.mark.parametrize(
    "value", [None, [], {"photos": []}, {"photos": [1], "players": []}, {"photos": "a", "players": []}]
)
def test_what_is_no_record_is_none(value: object) -> None:
    assert TrainingData.from_json(value) is None


def test_a_run_on_an_export_records_its_photos_and_those_whose_pictures_it_learned_from(tmp_path: Path) -> None:
    photos = write(tmp_path / "photos", [Play("dan", "lake"), Play("dan", "wood")])
    people = write(tmp_path / "people", [Play("ann", "sea", BRIGHT), Play("bob", "hill", BRIGHT)])
    small = ["--width", 1, "--hidden", 2, "--batch", 8, "--iterations", 1, "--picture-every", 0]
    run = tmp_path / "run"
    trained = safelight("train", "--inputs", photos, "--targets", people, "--out", run, "--cache", tmp_path, *small)
    assert trained.exit_code == 0, trained.output
    data = TrainingData.from_json(json.loads((run / CONFIG).read_text())[TRAINED_ON])
    assert data is not None
    # The inputs' players made none of what was learned from.
    assert data.seen_players(["ann", "bob", "dan"]) == {"ann", "bob"}
    assert data.photos == {photo_sha256(name) for name in ("lake", "wood", "sea", "hill")}


def test_an_agents_play_hands_on_what_it_was_trained_on(tmp_path: Path) -> None:
    run, widths = tmp_path / "run", Widths(1, 2)
    data = TrainingData.of([], ["ann"])
    begin_run(run, widths, {TRAINED_ON: data.to_json()})
    agent = initialise(Agent(widths), torch.Generator().manual_seed(0))
    save_checkpoint(run / LAST, {f"agent/weights/{k}": v for k, v in agent.state_dict().items()}, {})
    export = write(tmp_path / "export", [Play("ann", "sea")])
    assert safelight("play", "--agent", run, export, "-o", tmp_path / "play").exit_code == 0
    assert read_snapshot(tmp_path / "play").trained_on == {load_agent(run).sha256: data.to_json()}
