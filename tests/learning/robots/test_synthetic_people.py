"""Synthetic people: they play by the policy that is planted, whose likelihood is known, and write ordinary exports."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from editing.game.coordinates import coordinates_of
from editing.game.filters import apply_steps
from editing.game.rules import STOP
from editing.photos.preview import agent_view
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot
from learning.robots.synthetic_people import (
    ACTIONS,
    TASTES,
    Taste,
    appeal,
    choice_probabilities,
    draw_people,
    draw_step,
    look_at,
    looks_before,
    parameter_distribution,
    trajectory_likelihoods,
)
from learning.robots.synthetic_photos import scene
from learning.robots.synthetic_play import MANIFEST_KEY, draw_trajectory
from tests.command_line import safelight_output

VIEW = agent_view(scene(0, 3).astype(np.float32))
MOODY = TASTES["moody"]


@pytest.mark.long
def test_first_filters_are_drawn_by_the_probabilities_that_the_likelihood_has() -> None:
    random = np.random.default_rng(1)
    firsts = Counter(draw_trajectory(MOODY, VIEW, random)[0].filter for _ in range(400))
    expected = choice_probabilities(MOODY, look_at(VIEW), ())
    assert expected[ACTIONS.index(STOP)] == 0
    drawn = np.array([firsts[action] for action in ACTIONS]) / 400
    assert np.abs(drawn - expected).max() < 0.08
    steps = draw_trajectory(MOODY, VIEW, random)
    first = trajectory_likelihoods(MOODY, looks_before(VIEW, steps), steps)[0]
    assert first.choice == pytest.approx(np.log(expected[ACTIONS.index(steps[0].filter)]))


@pytest.mark.parametrize(
    "slug", ["white_balance", *(pytest.param(slug, marks=pytest.mark.long) for slug in ("exposure", "tone", "color"))]
)
def test_parameters_are_drawn_by_the_distribution_that_the_likelihood_has(slug: str) -> None:
    random, look = np.random.default_rng(2), look_at(VIEW)
    mean, deviation = parameter_distribution(MOODY, look, slug)
    steps = [draw_step(MOODY, look, slug, random) for _ in range(300)]
    z = np.array([(coordinates_of(slug, step.parameters) - mean) / deviation for step in steps])
    assert np.abs(z.mean(axis=0)).max() < 0.25
    assert np.abs(z.std(axis=0) - 1).max() < 0.2


def test_a_trajectory_has_a_likelihood_for_each_step_and_for_its_stop() -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        steps = draw_trajectory(TASTES["hasty"], VIEW, random)
        assert len(trajectory_likelihoods(TASTES["hasty"], looks_before(VIEW, steps), steps)) == len(steps) + (
            len(steps) < 5
        )


def test_what_a_picture_lacks_is_mended() -> None:
    careful, random = TASTES["careful"], np.random.default_rng(4)
    finished = [apply_steps(VIEW, draw_trajectory(careful, VIEW, random)) for _ in range(20)]
    assert np.mean([appeal(careful, picture) for picture in finished]) > appeal(careful, VIEW) + 1


def test_people_of_a_temperament_differ_and_are_the_same_again() -> None:
    people = draw_people(["careful", "moody"], 6, seed=5)
    assert people == draw_people(["careful", "moody"], 6, seed=5)
    assert len({taste.brightness for taste in people.values()}) == 6
    assert [taste.temperament for taste in people.values()] == ["careful", "moody"] * 3
    assert all(Taste.from_json(taste.to_json()) == taste for taste in people.values())


def test_the_command_writes_an_ordinary_export_with_changes_of_mind(tmp_path: Path) -> None:
    for name in ("a", "b"):
        output = safelight_output("synthetic-people", "-o", tmp_path / name, "--people", 8, "--each", 4, "--scenes", 6)
    assert "8 synthetic people played 32 games on 6 photos" in output
    snapshot = read_snapshot(tmp_path / "a")
    episodes = list(rows(snapshot.episodes))
    assert {episode["player_kind"] for episode in episodes} == {"robot"}
    assert len({(episode["player"], episode["photo"]) for episode in episodes}) == 32
    kinds = Counter(event["kind"] for event in rows(snapshot.events))
    assert min(kinds[kind] for kind in ("undo", "remove", "adjust", "submit")) > 0
    assert snapshot.manifest[MANIFEST_KEY].keys() == {episode["player"] for episode in episodes}
    for table in ("episodes", "steps", "events", "photos"):
        assert (tmp_path / "a" / f"{table}.parquet").read_bytes() == (tmp_path / "b" / f"{table}.parquet").read_bytes()
