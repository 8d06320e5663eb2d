"""Who is compared, and the numbers of two sides, against figures worked out by hand on a few lines of play."""

import gc
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editing.game.filters import FILTERS
from editing.game.rules import Step
from editing.photos.colour import lab
from learning.comparison.intervals import Estimate, Resampling, difference
from learning.comparison.pair_distances import measure_distances
from learning.comparison.results import thumbnail
from learning.comparison.sentences import who_is_compared
from learning.comparison.side_by_side import compare_sides
from learning.comparison.sides import (
    ComparisonError,
    Episode,
    Side,
    choose_players,
    merge,
    read_play,
    read_side,
    shared_photos,
)
from learning.comparison.statistics import Sample, order, parameters
from learning.metrics.histogram_intersection import picture_statistics
from tests.learning.snapshots import Play, photo_sha256, write

EXPOSURE, CONTRAST = ("exposure", {"ev": 1.0}), ("contrast", {"amount": 0.5})
GAMMA = ("gamma", {"gamma": 0.5})


def compared(folder: Path, a: list[Play], b: list[Play], seed: int = 0) -> dict[str, Any]:
    sides = [read_side(write(folder / name, plays), name) for name, plays in (("a", a), ("b", b))]
    return both_sides(sides[0], sides[1], seed)


def both_sides(a: Side, b: Side, seed: int = 0) -> dict[str, Any]:
    originals = {photo: thumbnail(a.previews[a.played[photo]], 24) for photo in shared_photos(a, b)}
    on_shared = [[episode for episode in side.episodes if episode.photo in originals] for side in (a, b)]
    measured = measure_distances(on_shared[0], {b.label: on_shared[1]}, originals, (seed,))
    return compare_sides(a, b, measured, seed)


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    people = [
        Play("ann", "sea", (EXPOSURE, CONTRAST)),
        Play("ann", "hill", (EXPOSURE,)),
        Play("bob", "sea", (CONTRAST, EXPOSURE)),
        Play("bob", "town", (EXPOSURE, CONTRAST)),
    ]
    agent = [Play("agent:one", "sea", (("exposure", {"ev": 2.0}), GAMMA)), Play("agent:one", "town", (GAMMA,))]
    return compared(tmp_path_factory.mktemp("numbers"), people, agent)


def test_counts_what_was_compared(numbers: dict[str, Any]) -> None:
    a, b = numbers["sides"]["a"], numbers["sides"]["b"]
    assert (a["episodes"], a["players"], a["photos"]) == (4, 2, 3)
    assert a["kinds"] == {"human": {"episodes": 4, "players": 2}}
    assert b["kinds"] == {"agent": {"episodes": 2, "players": 1}}
    assert numbers["shared_photos"] == 2
    assert a["first_played"] == "2026-01-05"


def test_shares_are_of_the_episodes_that_use_a_filter(numbers: dict[str, Any]) -> None:
    use = numbers["filter_use"]
    assert use["contrast"]["a"] == {"episodes": 3, "value": 0.75, "low": None, "high": None}
    assert use["gamma"]["b"]["value"] == 1.0
    assert use["contrast"]["difference"]["value"] == 0.75


def test_number_of_steps(numbers: dict[str, Any]) -> None:
    assert numbers["step_counts"]["a"]["episodes"] == [0, 1, 3, 0, 0, 0]
    assert numbers["step_counts"]["a"]["mean"]["value"] == 1.75
    assert numbers["step_counts"]["difference"]["value"] == 0.25


def test_positions_transitions_and_whole_orders(numbers: dict[str, Any]) -> None:
    order_a = numbers["order"]["a"]
    assert order_a["positions"]["exposure"] == [3, 1, 0, 0, 0]
    assert order_a["mean_position"]["exposure"]["value"] == 1.25
    assert order_a["transitions"]["start"]["exposure"] == 3
    assert order_a["transitions"]["exposure"]["contrast"] == 2
    assert order_a["transitions"]["exposure"]["end"] == 2
    assert order_a["frequent_orders"][0] == {"filters": ["exposure", "contrast"], "episodes": 2, "share": 0.5}
    assert order_a["distinct_orders"] == 3


def test_parameters_of_a_linear_and_of_a_logarithmic_filter(tmp_path: Path) -> None:
    a = [
        Play("ann", "sea", (("exposure", {"ev": ev}), ("gamma", {"gamma": gamma}))) for ev, gamma in ((1, 0.5), (2, 2))
    ]
    b = [Play("bob", "sea", (("exposure", {"ev": 0.5}), ("gamma", {"gamma": 2.0})))]
    found = compared(tmp_path, a, b)["parameters"]
    ev, gamma = found["exposure"]["parameters"]["ev"], found["gamma"]["parameters"]["gamma"]
    assert ev["a"]["mean"]["value"] == 1.5
    assert ev["a"]["quantiles"]["0.5"] == 1.5
    assert ev["difference"]["value"] == pytest.approx(1.0, abs=1e-6)
    assert gamma["a"]["mean"]["value"] == pytest.approx(1.0, abs=1e-6)
    assert gamma["ratio"]["value"] == pytest.approx(0.5, abs=1e-6)
    assert sum(ev["a"]["histogram"]) == 2


def test_curves_are_compared_by_the_ratios_of_their_slopes() -> None:
    slopes = {f"slope_{index}": 2.0 if index == 0 else 1.0 for index in range(8)}
    halved = {name: slope / 2 for name, slope in slopes.items()}
    episodes = [Episode(str(i), "ann", "human", "sea", "", (Step("tone", s),)) for i, s in enumerate((slopes, halved))]
    side = Sample.of(episodes, (0,))
    curve = parameters(side, side)["tone"]["curves"][0]["a"]  # type: ignore[index]
    assert [slope["value"] for slope in curve["slopes"]] == pytest.approx([16 / 9] + [8 / 9] * 7)
    assert curve["mean"] == pytest.approx([0, 2 / 9, *((2 + index) / 9 for index in range(1, 8))])
    assert curve["low"] == pytest.approx(curve["high"])


def test_the_same_results_do_not_differ_and_others_do(numbers: dict[str, Any], tmp_path: Path) -> None:
    plays = [Play("ann", "sea"), Play("bob", "sea")]
    pairs = compared(tmp_path, plays, [Play("agent:one", "sea")])["color_difference"]["pairs"]
    assert pairs["a_b"]["value"] == pairs["a_players"]["value"] == 0
    assert pairs["original_a"]["value"] > 1
    assert pairs["ratio_to_a_players"]["value"] is None
    assert numbers["color_difference"]["pairs"]["a_b"] == {
        "photos": 2,
        "value": pytest.approx(
            np.mean([row["a_b"] for row in numbers["color_difference"]["photos"].values()]), abs=1e-5
        ),
        "low": None,
        "high": None,
    }


def test_distances_of_one_player_are_kept_apart_from_those_of_several(numbers: dict[str, Any], tmp_path: Path) -> None:
    agent = [Play("agent:one", "sea", (("exposure", {"ev": ev}),)) for ev in (1.0, 2.0)]
    row = compared(tmp_path, [Play("ann", "sea")], agent)["color_difference"]["photos"][photo_sha256("sea")]
    assert row["b_players"] is None
    assert row["b_same_player"] > 0
    sea = numbers["color_difference"]["photos"][photo_sha256("sea")]
    assert sea["a_players"] > 0
    assert sea["a_same_player"] is None


def test_result_statistics_of_flat_pictures_are_their_own_values(tmp_path: Path) -> None:
    grey = {"sea": np.full((8, 8, 3), 0.125, np.float16)}
    sides = [read_side(write(tmp_path / name, [Play("ann", "sea")], grey), name) for name in ("a", "b")]
    results = both_sides(sides[0], sides[1])["results"]
    assert results["luminance"]["a"]["mean"]["value"] == pytest.approx(0.25, abs=1e-6)
    assert results["luminance"]["untouched"] == pytest.approx(0.125, abs=1e-6)
    assert results["contrast"]["a"]["mean"]["value"] == pytest.approx(0, abs=1e-5)
    assert results["saturation"]["a"]["mean"]["value"] == pytest.approx(0, abs=1e-5)


def test_saturation_and_contrast_of_a_known_picture() -> None:
    half = np.zeros((2, 2, 3), np.float32)
    half[0] = (0.5, 0, 0)
    luminance, contrast, saturation = picture_statistics(half)
    assert luminance == pytest.approx(0.27 * 0.5 / 2)
    assert contrast == pytest.approx(0.27 * 0.5)
    assert saturation == pytest.approx(0.5)


def test_saturation_of_nearly_white_stays_within_one() -> None:
    nearly = np.full((1, 1, 3), (1, 1, np.nextafter(np.float32(1), np.float32(0))), np.float32)
    assert 0 <= picture_statistics(nearly)[2] <= 1


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colors(rgb: tuple[float, ...], expected: tuple[float, ...]) -> None:
    assert lab(np.full((1, 1, 3), rgb, np.float32))[0, 0] == pytest.approx(expected, abs=0.05)


LEFT_OUT: dict[str, dict[str, Any]] = {
    "tutorial": {"tutorial": True},
    "a researcher's preview of a study": {"preview": True},
    "attention check, played to an instruction": {"attention": True},
    "not submitted (open)": {"status": "open"},
    "not submitted (abandoned)": {"status": "abandoned"},
    "excluded: asked for it": {"status": "excluded", "exclusion_reason": "asked for it"},
}


def test_only_submitted_play_counts_and_the_rest_is_counted_with_its_reason(tmp_path: Path) -> None:
    plays = [Play("ann", "sea", (EXPOSURE,), row) for row in LEFT_OUT.values()]
    side = read_side(write(tmp_path / "a", [*plays, Play("ann", "sea"), Play("ann", "sea", row={"repeat": True})]), "a")
    assert len(side.episodes) == 2
    assert side.left_out == dict.fromkeys(LEFT_OUT, 1)


MIXED = [
    Play("ann", "sea"),
    Play("agent:one", "sea"),
    Play("r2", "sea", row={"player_kind": "robot"}),
    Play("r2", "hill", row={"player_kind": "robot"}),
]
AGENT, PERSON, ROBOT = MIXED[1:2], MIXED[0:1], MIXED[2:]


def chosen(folder: Path, plays: list[Play], *names: str) -> list[tuple[str, list[str]]]:
    people, others = choose_players(read_side(write(folder / "export", plays), "export"), names)
    return [(side.label, sorted({episode.player for episode in side.episodes})) for side in (people, *others)]


def test_people_are_compared_with_every_agent_unless_others_are_chosen(tmp_path: Path) -> None:
    plays = [*MIXED, Play("agent:two", "sea")]
    assert chosen(tmp_path, plays) == [("People", ["ann"]), ("one", ["agent:one"]), ("two", ["agent:two"])]


def test_players_are_chosen_by_name_and_kinds_never_mix(tmp_path: Path) -> None:
    assert chosen(tmp_path / "1", MIXED, "robots", "agent:one") == [("Robots", ["r2"]), ("one", ["agent:one"])]
    assert chosen(tmp_path / "2", MIXED, "people", "robots") == [("People", ["ann"]), ("Robots", ["r2"])]


@pytest.mark.parametrize(
    ("plays", "names", "reason"),
    [
        (
            AGENT + ROBOT,
            (),
            "no play by people is in export, only 2 by robots, 1 by agents: robots are no people; safelight compare",
        ),
        (AGENT, (), "no play by people is in export, only 1 by agents$"),
        (
            [Play("ann", "sea", (), {"status": "open"})],
            (),
            r"no episode in export counts, .*: 1 not submitted \(open\)",
        ),
        (MIXED, ("people", "agent:two"), "no play by agent:two is in export; the agents there are agent:one"),
        (MIXED, ("people", "experts"), "no play by experts"),
        (MIXED, ("humans",), "humans is none of people, robots, baselines, experts, agents and agent:NAME"),
        (MIXED, ("people", "agents", "agent:one"), "names agent:one twice"),
        (PERSON, ("agents",), "asks for agents, and no agent’s play is in export"),
    ],
)
def test_players_who_are_not_there_are_refused_with_what_to_do(
    tmp_path: Path, plays: list[Play], names: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ComparisonError, match=reason):
        chosen(tmp_path, plays, *names)


def test_garbage_is_collected_again_after_play_was_read_or_refused(tmp_path: Path) -> None:
    read_play([write(tmp_path / "play", [Play("p", "sea")])])
    assert gc.isenabled()
    with pytest.raises(ComparisonError):
        read_play([tmp_path / "nothing"])
    assert gc.isenabled()


def test_an_episode_in_two_snapshots_counts_once(tmp_path: Path) -> None:
    side = read_side(write(tmp_path / "export", MIXED), "export")
    more = read_side(write(tmp_path / "play", AGENT), "play")
    assert len(merge([side, side, more]).episodes) == len(MIXED) + 1


def test_whose_play_is_compared_is_said_first_with_what_that_leaves_out(tmp_path: Path) -> None:
    everybody = read_side(write(tmp_path / "export", MIXED), "export")
    assert who_is_compared(everybody, *choose_players(everybody)) == [
        "Comparing 1 episode by one person with 1 episode by agent:one and the baselines.",
        "Left out: 2 by robots. --players chooses others.",
    ]


def test_small_samples_strange_photos_and_single_players_are_said(tmp_path: Path) -> None:
    notes = " ".join(compared(tmp_path, [Play("ann", "sea")], [Play("agent:one", "hill")])["notes"])
    assert "a: a small sample (n = 1)" in notes
    assert "too few for an interval" in notes
    assert "No photo was played on both sides" in notes


def test_a_photo_decoded_in_two_ways_is_not_compared_pixel_by_pixel(tmp_path: Path) -> None:
    bright = {"sea": np.full((8, 8, 3), 0.5, np.float16)}
    a = read_side(write(tmp_path / "a", [Play("ann", "sea")]), "a")
    b = read_side(write(tmp_path / "b", [Play("bob", "sea")], bright), "b")
    found = both_sides(a, b)
    assert found["shared_photos"] == 0
    assert any("differently decoded" in note for note in found["notes"])


@pytest.mark.parametrize("empty", ["a", "b", "ab"])
def test_a_side_without_episodes_gives_nulls_and_no_nan(tmp_path: Path, empty: str) -> None:
    nothing = [Play("ann", "sea", (), {"status": "open"})]
    a, b = (nothing if side in empty else [Play("bob", "sea")] for side in "ab")
    found = compared(tmp_path, a, b)
    json.dumps(found, allow_nan=False)
    assert found["filter_use"]["exposure"][empty[0]]["value"] is None
    assert any("no episode counts" in note for note in found["notes"])


def test_an_untouched_episode_counts_with_no_steps(tmp_path: Path) -> None:
    found = compared(tmp_path, [Play("still", "sea", (), {"player_kind": "baseline"})], [Play("ann", "sea")])
    assert found["step_counts"]["a"]["episodes"] == [1, 0, 0, 0, 0, 0]
    assert found["order"]["a"]["transitions"]["start"]["end"] == 1
    assert found["color_difference"]["pairs"]["original_a"]["value"] == 0


def test_the_same_seed_gives_the_same_numbers_and_another_seed_other_intervals(tmp_path: Path) -> None:
    plays = [
        Play(f"p{index % 6}", f"photo{index % 4}", (EXPOSURE, CONTRAST, GAMMA)[: 1 + index % 6 % 3])
        for index in range(12)
    ]
    a, b = (read_side(write(tmp_path / name, plays), name) for name in "ab")
    assert json.dumps(both_sides(a, b, 1)) == json.dumps(both_sides(a, b, 1))
    means = [both_sides(a, b, seed)["results"]["luminance"]["a"]["mean"] for seed in (1, 2)]
    assert means[0]["value"] == means[1]["value"]
    assert means[0]["low"] != means[1]["low"]


def test_intervals_resample_players_where_there_are_five_and_else_photos() -> None:
    assert Resampling(["a", "b", "c", "d", "e"], ["x"] * 5, (0,)).cluster == "player"
    photos = Resampling(["a"] * 5, ["v", "w", "x", "y", "z"], (0,))
    assert (photos.cluster, photos.count) == ("photo", 5)
    assert Resampling(["a"] * 4, ["w", "x", "y", "z"], (0,)).ratio([1, 0, 1, 0]) == Estimate(0.5)


def test_an_interval_is_wider_where_players_repeat_themselves() -> None:
    players = [f"p{index // 10}" for index in range(100)]
    clustered = Resampling(players, players, (0,)).ratio(np.repeat(np.arange(10) % 2, 10))
    mixed = Resampling(players, players, (0,)).ratio(np.arange(100) % 2)
    assert clustered.value == mixed.value == 0.5
    assert (mixed.low, mixed.high) == (0.5, 0.5)
    assert clustered.high is not None
    assert clustered.high - 0.5 > 0.2


def test_a_share_of_none_or_all_keeps_an_exact_limit() -> None:
    names = [f"p{index}" for index in range(10)]
    resampling = Resampling(names, names, (0,))
    none, every = resampling.share(np.zeros(10, bool)), resampling.share(np.ones(10, bool))
    assert [none.low, none.high] == pytest.approx([0, 0.3085], abs=1e-4)
    assert [every.low, every.high] == pytest.approx([0.6915, 1], abs=1e-4)
    gap = difference(every, none)
    assert gap.value == 1
    assert gap.low == pytest.approx(0.383, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.booleans()), min_size=1, max_size=40))
def test_an_estimate_is_the_plain_ratio_and_lies_within_its_limits(data: list[tuple[int, bool]]) -> None:
    players = [f"p{player}" for player, _ in data]
    estimate = Resampling(players, players, (0,)).share([used for _, used in data])
    assert estimate.value == pytest.approx(sum(used for _, used in data) / len(data))
    if estimate.low is not None:
        assert estimate.high is not None
        assert 0 <= estimate.low <= estimate.high <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(list(FILTERS)), unique=True, max_size=5), min_size=1, max_size=12))
def test_every_step_stands_in_one_position_and_every_episode_starts_and_ends(orders: list[list[str]]) -> None:
    episodes = [
        Episode(str(i), "ann", "human", "sea", "", tuple(Step(slug, FILTERS[slug].neutral) for slug in slugs))
        for i, slugs in enumerate(orders)
    ]
    found: Any = order(Sample.of(episodes, (0,)))
    assert sum(map(sum, found["positions"].values())) == sum(map(len, orders))
    assert sum(found["transitions"]["start"].values()) == len(orders)
    assert sum(row["end"] for row in found["transitions"].values()) == len(orders)
    for slug in FILTERS:
        assert sum(found["transitions"][slug].values()) == sum(
            row[slug] for row in found["transitions"].values() if slug in row
        )


def test_a_missing_folder_and_one_that_is_no_snapshot_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ComparisonError, match="missing does not exist"):
        read_side(tmp_path / "missing", "a")
    with pytest.raises(ComparisonError, match="is not a snapshot"):
        read_side(tmp_path, "a")


def spoiled(folder: Path, table: str, column: str, value: object) -> Path:
    """The snapshot with one value of a table's first row replaced."""
    path = folder / f"{table}.parquet"
    known = pq.read_table(path)
    changed = known.to_pylist()
    changed[0][column] = value
    pq.write_table(pa.Table.from_pylist(changed, schema=known.schema), path)
    return folder


def test_an_invalid_snapshot_is_refused_with_folder_row_and_reason(tmp_path: Path) -> None:
    folder = spoiled(write(tmp_path / "bad", [Play("ann", "sea")]), "steps", "exposure_ev", 9.0)
    with pytest.raises(ComparisonError, match=r"bad is not a valid snapshot: steps\.parquet, row 0: .*ev is 9"):
        read_side(folder, "a")


def test_play_by_a_version_of_the_filters_that_is_not_known_is_left_out_and_counted(tmp_path: Path) -> None:
    folder = spoiled(write(tmp_path / "old", [Play("ann", "sea")]), "episodes", "contract_version", 99)
    side = read_side(folder, "a")
    assert side.episodes == ()
    assert side.left_out == {"played by version 99 of the filters; this is version 1": 1}


def test_no_number_is_other_than_finite(numbers: dict[str, Any]) -> None:
    def finite(value: object) -> bool:
        if isinstance(value, dict):
            return all(map(finite, value.values()))
        if isinstance(value, list):
            return all(map(finite, value))
        return not isinstance(value, float) or math.isfinite(value)

    assert finite(numbers)
