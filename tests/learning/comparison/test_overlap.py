"""An agent that was trained on the people or photos that it is compared on gets no number."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from learning.agent.training_data import TRAINED_ON, TrainingData
from learning.comparison.overlap import SEEN, find_overlaps, leave_out_seen
from learning.comparison.sides import ComparisonError, Side, choose_players, read_play
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, photo_sha256, write

CHECKPOINT = "c" * 64
PHOTOS = ("sea", "hill", "town")


def bright(ev: float) -> tuple[tuple[str, dict[str, float]], ...]:
    return (("exposure", {"ev": ev}),)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    people = [
        Play(name, photo, bright(0.5 + 0.4 * n + 0.1 * m))
        for n, name in enumerate(("ann", "bob", "cid"))
        for m, photo in enumerate(PHOTOS)
    ]
    agent = [Play("agent:taught", photo, bright(1.0), {"checkpoint_hash": CHECKPOINT}) for photo in PHOTOS]
    return write(tmp_path / "people", people), write(tmp_path / "play", agent)


def teach(play: Path, photos: Sequence[str], players: Sequence[str]) -> None:
    """Write into the play's manifest what its agent was trained on, as was done before the table of agents said it."""
    path = play / "manifest.json"
    data = TrainingData.of([photo_sha256(photo) for photo in photos], players)
    manifest = json.loads(path.read_text()) | {TRAINED_ON: {CHECKPOINT: data.to_json()}}
    path.write_text(json.dumps(manifest))


def sides(folders: tuple[Path, Path]) -> tuple[Side, Side, tuple[Side, ...]]:
    everybody = read_play(folders)
    return everybody, *choose_players(everybody)


@pytest.mark.usefixtures("without_plots")
def test_there_is_no_number_for_an_agent_that_saw_these_people_and_the_others_keep_theirs(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    teach(folders[1], [], ["ann", "zoe"])
    said = safelight_output("compare", *folders, "-o", tmp_path / "report")
    assert "There is no number for taught: it learned from others’ play, and was trained on 1 of these people." in said
    numbers = json.loads((tmp_path / "report" / "comparison.json").read_text())
    groups = numbers["human_likeness"]["picture"]["groups"]
    assert groups["taught"]["human_likeness"]["value"] is None
    assert groups["untouched"]["human_likeness"]["value"] is not None
    assert not any("taught" in test["question"] for test in numbers["tests"])
    assert numbers["overlaps"]["taught"]["refused"]


def test_photos_alone_are_enough_to_refuse_but_not_for_an_agent_that_saw_nobodys_play(
    folders: tuple[Path, Path],
) -> None:
    teach(folders[1], ["sea", "hill"], ["zoe"])
    everybody, people, others = sides(folders)
    overlap = find_overlaps(people, others, everybody.trained_on)["taught"]
    assert (overlap.photos, overlap.people, overlap.refused) == (2, 0, True)
    teach(folders[1], ["sea", "hill"], [])
    everybody, people, others = sides(folders)
    overlap = find_overlaps(people, others, everybody.trained_on)["taught"]
    assert (overlap.photos, overlap.refused) == (2, False)


@pytest.mark.usefixtures("without_plots")
def test_unseen_leaves_out_the_people_and_photos_of_the_training(folders: tuple[Path, Path], tmp_path: Path) -> None:
    teach(folders[1], ["town"], ["cid"])
    everybody, people, others = sides(folders)
    left, (agent,) = leave_out_seen(people, others, everybody.trained_on)
    assert {(episode.player, episode.photo) for episode in left.episodes} == {
        (name, photo_sha256(photo)) for name in ("ann", "bob") for photo in ("sea", "hill")
    }
    assert len(agent.episodes) == 2
    assert left.left_out[SEEN] == 5
    said = safelight_output("compare", *folders, "-o", tmp_path / "report", "--unseen")
    assert "On 2 photos, taught scores" in said


def test_nothing_left_unseen_is_said(folders: tuple[Path, Path], tmp_path: Path) -> None:
    teach(folders[1], PHOTOS, ["ann"])
    result = safelight("compare", *folders, "-o", tmp_path / "report", "--unseen")
    assert result.exit_code == 1
    assert "trained on all of these people or photos: hold some of both out" in result.output
    assert not (tmp_path / "report").exists()


def test_an_agent_whose_training_is_not_known_is_noted(folders: tuple[Path, Path]) -> None:
    everybody, people, others = sides(folders)
    overlap = find_overlaps(people, others, everybody.trained_on)["taught"]
    assert not overlap.known
    assert not overlap.refused


def test_more_steps_than_fit_in_memory_are_refused_before_they_are_read(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learning.comparison.sides.MAXIMUM_STEPS_READ", 11)
    monkeypatch.setattr("learning.comparison.sides.read_side", None)
    with pytest.raises(ComparisonError, match="there are 12 steps in people, play, and at most 11 are compared"):
        read_play(folders)
