"""An agent's play: legal, repeatable, whatever the batch, and in the form of an export."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step
from editing.trajectories.columns import rows
from editing.trajectories.reading import Snapshot
from editing.trajectories.snapshot import read_snapshot
from learning.agent.checkpoint import LAST, begin_run, load_agent, save_checkpoint
from learning.agent.games import GameRequest
from learning.agent.networks import create_networks
from learning.agent.playing import play, play_all
from learning.configuration import Widths
from tests.command_line import safelight, safelight_output

SMALL = Widths(width=1, hidden=4)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    networks = create_networks(SMALL, torch.Generator().manual_seed(0))
    with torch.no_grad():  # bolder than at the start of training, so that games differ
        for head in (networks.agent.choice, *networks.agent.heads.values()):
            head.output.weight.mul_(8)
    begin_run(folder, SMALL, {})
    weights = {f"agent/weights/{name}": value for name, value in networks.agent.state_dict().items()}
    save_checkpoint(folder / LAST, weights, {"iterations_done": 3})
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(5)
    for index in range(3):
        Image.fromarray(random.integers(0, 120, (40, 50, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    return folder


def played(*arguments: object) -> Snapshot:
    safelight_output("play", *arguments)
    return read_snapshot(Path(str(arguments[list(arguments).index("-o") + 1])))


def all_rows(snapshot: Snapshot) -> list[list[dict[str, Any]]]:
    return [list(rows(table)) for table in (snapshot.episodes, snapshot.steps, snapshot.events, snapshot.photos)]


def test_it_plays_five_legal_steps_on_each_photo(run: Path, photos: Path, tmp_path: Path) -> None:
    snapshot = played("--agent", run, photos, "-o", tmp_path / "play")
    episodes, steps, events, photo_rows = all_rows(snapshot)
    assert [len(table) for table in (episodes, steps, events, photo_rows)] == [3, 15, 48, 3]
    for episode in episodes:
        own = [step for step in steps if step["episode"] == episode["id"]]
        assert len({step["filter"] for step in own}) == 5
        for index, step in enumerate(own):
            probabilities = step["probabilities"]
            assert probabilities[step["filter"]] == max(probabilities.values())
            assert {slug for slug, p in probabilities.items() if p == 0} == {other["filter"] for other in own[:index]}
    assert {(row["player"], row["player_kind"], row["status"]) for row in episodes} == {
        ("agent:tiny", "agent", "submitted")
    }
    assert all(snapshot.preview_path(row["preview_sha256"]).is_file() for row in photo_rows)


def test_playing_twice_gives_the_same_rows_whatever_the_batch(run: Path, photos: Path, tmp_path: Path) -> None:
    first = played("--agent", run, photos, "-o", tmp_path / "first", "--samples", 2, "--seed", 3)
    again = played("--agent", run, photos, "-o", tmp_path / "again", "--samples", 2, "--seed", 3, "--batch", 1)
    tables = [all_rows(first), all_rows(again)]
    for episodes, *_ in tables:
        for row in episodes:
            del row["started"]
    assert tables[0] == tables[1]


def test_a_game_is_dated_by_when_it_was_played_not_by_its_checkpoint(run: Path, photos: Path, tmp_path: Path) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    old = json.loads((run / "config.json").read_text()) | {"made": "2020-01-01T00:00:00+00:00"}
    shutil.copytree(run, tmp_path / "old")
    (tmp_path / "old" / "config.json").write_text(json.dumps(old))
    started = {
        row["started"] for row in rows(played("--agent", tmp_path / "old", photos, "-o", tmp_path / "p").episodes)
    }
    assert len(started) == 1
    assert began <= started.pop() <= datetime.now(UTC)


def test_seeds_and_samples_give_other_episodes(run: Path, photos: Path, tmp_path: Path) -> None:
    first = played("--agent", run, photos, "-o", tmp_path / "first", "--samples", 2, "--seed", 3)
    other = played("--agent", run, photos, "-o", tmp_path / "other", "--seed", 4)
    ids = [row["id"] for snapshot in (first, other) for row in rows(snapshot.episodes)]
    assert len(set(ids)) == 9
    parameters = {str(row["parameters"]) for snapshot in (first, other) for row in rows(snapshot.steps)}
    assert len(parameters) == 45


def test_an_export_is_played_from_its_previews_which_are_handed_on(run: Path, photos: Path, tmp_path: Path) -> None:
    export = played("--agent", run, photos, "-o", tmp_path / "export")
    snapshot = played("--agent", run, export.directory, "-o", tmp_path / "play", "--name", "second")
    assert all_rows(snapshot)[3] == all_rows(export)[3]
    for row in rows(export.photos):
        name = row["preview_sha256"]
        assert snapshot.preview_path(name).read_bytes() == export.preview_path(name).read_bytes()
    assert {row["player"] for row in rows(snapshot.episodes)} == {"agent:second"}
    assert {row["study"] for row in rows(snapshot.episodes)} == {row["study"] for row in rows(export.episodes)}
    assert not {row["id"] for row in rows(snapshot.episodes)} & {row["id"] for row in rows(export.episodes)}


def test_a_game_depends_neither_on_the_others_nor_on_their_order(run: Path) -> None:
    checkpoint = load_agent(run)
    agent = checkpoint.agent.double()
    views = np.random.default_rng(2).random((7, 64, 64, 3), dtype=np.float32) * 0.3
    requests = [GameRequest(str(index), sample, view) for index, view in enumerate(views) for sample in range(2)]
    together = dict(zip(map(name, requests), play(agent, SMALL, requests, seed=1), strict=True))
    backwards = {name(request): game for request, game in play_all(agent, SMALL, reversed(requests), seed=1, batch=3)}
    assert together == backwards
    assert len({str(game) for game in together.values()}) == len(requests)


def name(request: GameRequest) -> tuple[str, int]:
    return request.photo, request.sample


def test_no_more_turns_are_taken_than_are_played_at_once(run: Path) -> None:
    taken = 0

    def requests() -> Iterator[GameRequest]:
        nonlocal taken
        for taken in range(1, 8):
            yield GameRequest(str(taken), 0, np.full((64, 64, 3), 0.2, np.float32))

    games = play_all(load_agent(run).agent.double(), SMALL, requests(), seed=0, batch=3)
    assert [taken for _ in games] == [3, 3, 3, 6, 6, 6, 7]


def test_parameters_of_saturated_outputs_are_in_range() -> None:
    networks = create_networks(SMALL, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for sign, head in zip([1, -1] * 4, networks.agent.heads.values(), strict=True):
            head.output.bias.fill_(sign * 100.0)
    view = np.full((64, 64, 3), 0.2, np.float32)
    requests = [GameRequest(str(index), 0, view) for index in range(4)]
    for game in play(networks.agent.double(), SMALL, requests, seed=0):
        for step in (one.step for one in game):
            FILTERS[step.filter].check(step.parameters)
            for name, parameter in FILTERS[step.filter].by_name.items():
                assert parameter.low <= step.parameters[name] <= parameter.high


def test_the_agent_that_comes_with_the_project_plays_and_brightens(tmp_path: Path) -> None:
    dark = np.random.default_rng(1).integers(10, 60, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(dark).save(tmp_path / "dark.png")
    snapshot = played("--agent", "pretrained", tmp_path / "dark.png", "-o", tmp_path / "play", "--transfer", "linear")
    (episode,) = rows(snapshot.episodes)
    assert episode["player"] == "agent:pretrained"
    steps = [Step(row["filter"], row["parameters"]) for row in rows(snapshot.steps)]
    before = dark.astype(np.float32) / 255
    assert len(steps) == 5
    assert apply_steps(before, steps).mean() > 1.2 * before.mean()


def test_unreadable_photos_are_named_and_left_out(run: Path, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"")
    result = safelight("play", "--agent", run, photos, tmp_path / "broken.jpg", "-o", tmp_path / "play")
    assert result.exit_code == 0
    assert "Left out: broken.jpg: it is empty" in result.output
    assert "agent:tiny is the last checkpoint, of 3 iterations." in result.output
    assert "played 3 games on 3 photos" in result.output


@pytest.mark.parametrize(
    ("missing", "reason"), [("agent", "not a run of safelight train"), ("photos", "there is no such file or folder")]
)
def test_what_is_missing_is_refused_and_nothing_written(
    run: Path, photos: Path, tmp_path: Path, missing: str, reason: str
) -> None:
    agent = tmp_path / "none" if missing == "agent" else run
    source = tmp_path / "none" if missing == "photos" else photos
    result = safelight("play", "--agent", agent, source, "-o", tmp_path / "play")
    assert result.exit_code == 1
    assert reason in result.output
    assert list(tmp_path.iterdir()) == []


def test_an_occupied_folder_is_refused(run: Path, photos: Path) -> None:
    result = safelight("play", "--agent", run, photos, "-o", photos)
    assert result.exit_code == 1
    assert "exists and is not empty" in result.output
