"""The report: one page that stands alone, looks the same each time, and says what is missing."""

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editing.game.filters import apply_steps
from editing.game.rules import Step
from learning.comparison.film_strips import data_uri, film_strips
from learning.comparison.plan import Plan, departures, read_plan
from learning.comparison.results import clip_to_display
from learning.comparison.sentences import answer, interval, number, stand_in
from learning.comparison.sides import ComparisonError, Side, choose_players, read_side
from tests.command_line import safelight, safelight_output
from tests.learning.snapshots import Play, photo_sha256, picture, write

VOID = {"meta", "link", "img", "br"}
TONE = ("tone", {f"slope_{index}": 1.5 if index < 4 else 0.75 for index in range(8)})


class Page(HTMLParser):
    """Checks that tags close in order, and keeps ids, addresses and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.pictures: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.ids += [known["id"]] if "id" in known else []
        self.addresses += [known[name] for name in ("src", "href", "xlink:href", "srcset") if name in known]
        self.pictures += [known["src"]] if tag == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += " " + " ".join(data.split())


def people_and_agent(folder: Path) -> tuple[Path, Path]:
    people = [
        Play(
            f"player-{index % 5}", f"photo{index % 3}", (("exposure", {"ev": 0.2 * (index + 1)}), TONE)[: 1 + index % 2]
        )
        for index in range(15)
    ]
    agent = [
        Play("agent:<&> $x$", f"photo{index % 3}", (("gamma", {"gamma": 0.7}), ("color", {"red_0": 1.08})))
        for index in range(6)
    ]
    return write(folder / "export", [*people, Play("lost", "photo0", (), {"status": "open"})]), write(
        folder / "play", agent
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Play by people, and by an agent."""
    return people_and_agent(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def sides(folders: tuple[Path, Path]) -> tuple[Side, Side]:
    return read_side(folders[0], "export"), read_side(folders[1], "play")


@pytest.fixture(scope="module")
def said(folders: tuple[Path, Path]) -> tuple[Path, list[str]]:
    """The folder of a report, and what the command said while it made it."""
    out = folders[0].parent / "out"
    return out, safelight_output("compare", *folders, "-o", out).splitlines()


@pytest.fixture(scope="module")
def report(said: tuple[Path, list[str]]) -> Path:
    return said[0]


@pytest.fixture(scope="module")
def page(report: Path) -> Page:
    return Page((report / "report.html").read_text(encoding="utf-8"))


def test_the_page_is_well_formed_and_no_id_stands_twice(page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_nothing_is_loaded_from_elsewhere(report: Path, page: Page) -> None:
    text = (report / "report.html").read_text(encoding="utf-8")
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert "<script" not in text
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert not re.search(r"https?://", text)


def test_every_reference_within_the_page_has_its_target(report: Path, page: Page) -> None:
    text = (report / "report.html").read_text(encoding="utf-8")
    targets = {address[1:] for address in page.addresses if address.startswith("#")} | set(
        re.findall(r"url\(#([^)]+)\)", text)
    )
    assert targets
    assert targets <= set(page.ids)


def test_the_page_holds_no_nan_none_or_template_residue(page: Page) -> None:
    assert not re.search(r"\bnan\b|\bNone\b|\{\{|\}\}|\{%|Undefined", page.text)


def test_counts_and_reasons_are_on_the_page(page: Page) -> None:
    text = " ".join(page.text.split())
    assert "People 15 5 3 0 1 not submitted (open) <&> $x$ 6 1 3 0" in text


def test_the_first_line_says_whose_play_is_compared_and_the_last_but_one_answers(
    said: tuple[Path, list[str]],
) -> None:
    lines = said[1]
    assert lines[0] == "Comparing 15 episodes by 5 people with 6 episodes by agent:<&> $x$ and the baselines."
    assert re.match(r"On 3 photos, .* scores .* for its pictures, where 0 is a random legal player and 1", lines[-2])


def test_the_page_opens_with_the_question_the_number_and_its_interval(page: Page) -> None:
    assert re.search(r"How like people is .*\? .*95 % interval .*On 3 photos, ", page.text[:900])


def test_robots_in_peoples_place_are_said_to_be_no_people(tmp_path: Path) -> None:
    plays = [Play(f"r{n}", "sea", (("exposure", {"ev": 0.5 * (n + 1)}),), {"player_kind": "robot"}) for n in range(3)]
    everybody = read_side(write(tmp_path / "export", [*plays, Play("agent:a", "sea")]), "export")
    robots, _ = choose_players(everybody, ["robots", "agents"])
    assert stand_in(robots.label) == (
        "No person is in this comparison: robots stand in their place, and say nothing of people."
    )


def test_a_score_above_1_and_a_spread_of_0_are_said_in_words() -> None:
    centre = {"human_likeness": {"value": 1.3, "low": 1.2, "high": 1.4}, "spread": {"value": 0.0}}
    told = answer(
        {
            "method": {"primary_distance": "picture"},
            "human_likeness": {"picture": {"defined": True, "groups": {"centre": centre}}},
            "people": {"label": "People"},
            "players": [{"label": "centre"}],
            "photos": {"compared": 40},
            "overlaps": {},
        }
    )
    assert told["number"] == "1.30"
    assert "nearer to the centre of the crowd than a single person is. That is no better" in told["meaning"]
    assert "differ by 0.00 times as much as those by different people" in told["meaning"]


@pytest.mark.parametrize("drawings", ["without_plots", pytest.param("caches", marks=pytest.mark.long)])
def test_where_robots_stand_in_nothing_on_the_page_calls_them_people(
    tmp_path: Path, request: pytest.FixtureRequest, drawings: str
) -> None:
    request.getfixturevalue(drawings)
    robots = [
        Play(f"r{n}", f"photo{photo}", (("exposure", {"ev": 0.8 + 0.1 * n}),), {"player_kind": "robot"})
        for n in range(6)
        for photo in range(6)
    ]
    agents = [
        Play(f"agent:{name}", f"photo{photo}", (("exposure", {"ev": ev}),))
        for name, ev in (("one", 1.2), ("two", 2.0))
        for photo in range(6)
    ]
    export = write(tmp_path / "export", [*robots, *agents])
    said = safelight_output("compare", export, "-o", tmp_path / "out", "--players", "robots,agents")
    assert "robots stand in their place" in said.splitlines()[-2]
    text = " ".join(Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text.split())
    text = text.replace("robots stand in their place, and say nothing of people.", "")
    assert not re.findall(r".{30}\b(?:[Pp]eople|human )\b.{20}", text)
    assert "About 24 robots and 24 photos" in text
    assert "6 robots, 6 photos rank among robots’ leave-one-out distances; p is at least 1/7" in text
    assert "Could one be one of these robots? " in text
    assert "Is one as far from robots as two? " in text
    assert not re.search(r"Robots’s|robots’s|\ba robots\b|\bone robots\b", text)


@pytest.mark.usefixtures("without_plots")
def test_who_had_seen_a_reveal_is_counted_and_told(tmp_path: Path) -> None:
    plays = [Play(f"p{n}", "sea", (("exposure", {"ev": 0.5 * (n + 1)}),), {"saw_reveal": n > 0}) for n in range(3)]
    safelight_output(
        "compare", write(tmp_path / "export", [*plays, Play("agent:a", "sea")]), "-o", tmp_path / "out", "--seed", 4
    )
    text = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text
    assert "People 3 3 1 2" in text
    assert "Of 3 episodes by people, 2 came after a reveal of pictures by others, which may have taught them" in text


def test_the_report_prints_its_command_without_paths_and_the_versions(page: Page, report: Path) -> None:
    made_by = json.loads((report / "comparison.json").read_text(encoding="utf-8"))["made_by"]
    assert made_by["command"] == "safelight compare export play -o report"
    assert f"Made by safelight compare export play -o report , with safelight {made_by['versions']['safelight']}" in (
        " ".join(page.text.split())
    )
    assert {"filters", "Python", "numpy"} <= set(made_by["versions"])


def test_strips_show_the_untouched_photo_and_each_step(sides: tuple[Side, Side]) -> None:
    strips = film_strips(*sides, apart([3.0, 1.0, 2.0]), 2, 2)
    assert all([strip.side for strip in photo.strips] == ["a", "a", "b", "b"] for photo in strips)
    agent = strips[0].strips[-1]
    assert [(cell.label, cell.value) for cell in agent.cells[:2]] == [("Original", ""), ("Gamma", "1/1.43")]
    assert len(agent.cells[2].curves) == 3


def apart(means: Sequence[float]) -> dict[str, dict[str, float | None]]:
    return {photo_sha256(f"photo{n}"): {"a_b": mean, "a_players": None} for n, mean in enumerate(means)}


@pytest.mark.parametrize(("photos", "ranks"), [(0, []), (1, [2]), (2, [1, 3]), (3, [1, 2, 3]), (9, [1, 2, 3])])
def test_strips_are_of_the_nearest_the_furthest_and_the_photos_between(
    photos: int, ranks: list[int], sides: tuple[Side, Side]
) -> None:
    strips = film_strips(*sides, apart([3.0, 1.0, 2.0]), photos, 1)
    assert [photo.rank for photo in strips] == ranks
    names = {1: "photo1", 2: "photo2", 3: "photo0"}
    assert [photo.sha256 for photo in strips] == [photo_sha256(names[rank]) for rank in ranks]


def test_the_most_typical_play_stands_for_a_side(tmp_path: Path) -> None:
    plays = [Play(f"p{n}", "sea", (("exposure", {"ev": ev}),)) for n, ev in enumerate((3.0, 0.9, 1.0, 1.1, -1.0))]
    a = read_side(write(tmp_path / "a", plays), "a")
    b = read_side(write(tmp_path / "b", [Play("agent:x", "sea")]), "b")
    (photo,) = film_strips(a, b, {photo_sha256("sea"): {"a_b": 1.0, "a_players": 1.0}}, 1, 1)
    assert photo.strips[0].player == "p2"


def test_the_pictures_of_a_strip_are_those_that_the_filters_make() -> None:
    pixels = picture("photo0").astype(np.float32)
    expected = clip_to_display(apply_steps(pixels, [Step("gamma", {"gamma": 0.7})]))
    uri = data_uri(apply_steps(pixels, [Step("gamma", {"gamma": 0.7})]))
    decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))), np.float32) / 255
    assert decoded.shape == expected.shape
    assert np.abs(decoded.mean((0, 1)) - expected.mean((0, 1))).max() < 0.02


def test_different_players_come_first_in_the_strips(tmp_path: Path) -> None:
    plays = [Play(player, "sea") for player in ("ann", "ann", "ann", "bob", "cy")]
    a = read_side(write(tmp_path / "a", plays), "a")
    b = read_side(write(tmp_path / "b", [Play("agent:<&> $x$", "sea")]), "b")
    (photo,) = film_strips(a, b, {photo_sha256("sea"): {"a_b": 1.0, "a_players": 1.0}}, 1, 3)
    assert {strip.player for strip in photo.strips if strip.side == "a"} == {"ann", "bob", "cy"}


@pytest.mark.usefixtures("without_plots")
def test_the_number_of_photos_and_episodes_shown_is_bounded(folders: tuple[Path, Path], tmp_path: Path) -> None:
    safelight_output("compare", *folders, "-o", tmp_path / "out", "--photos", 1, "--episodes", 1)
    found = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    # One of each side in the opening, and again below.
    assert found.text.count("Original") == 4


@pytest.mark.long
def test_another_process_gives_the_same_bytes_and_imports_no_torch(tmp_path: Path, report: Path) -> None:
    code = (
        "import sys; from learning.commands.compare import command; "
        "command(standalone_mode=False); sys.exit('torch' in sys.modules)"
    )
    folders = [report.parent / "export", report.parent / "play", "-o", tmp_path / "out"]
    arguments = [*map(str, folders)]
    subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, env={"PYTHONHASHSEED": "7"}, capture_output=True
    )
    for name in ("comparison.json", "report.html", "human-likeness.csv", "tests.tex"):
        assert (tmp_path / "out" / name).read_bytes() == (report / name).read_bytes()


@pytest.mark.parametrize(
    ("plays", "reason"),
    [
        (
            [Play("ann", "sea", (), {"status": "abandoned"})],
            "no episode in export counts, so there is nothing to compare: 1 not submitted (abandoned)",
        ),
        (
            [Play("ann", "sea"), Play("agent:a", "sea")],
            "only one person has played; how far people are apart takes two",
        ),
        (
            [Play("ann", "sea"), Play("bob", "hill"), Play("agent:a", "sea")],
            "no photo was played by two of the 2 people, so how far they are apart is unknown",
        ),
        (
            [Play("ann", "sea"), Play("bob", "sea"), Play("agent:a", "hill")],
            "no photo was played by two people and by a:",
        ),
        (
            [Play("r2", "sea", row={"player_kind": "robot"})],
            "no play by people is in export, only 1 by robots: robots are no people",
        ),
    ],
)
def test_too_little_to_compare_is_one_sentence_and_writes_nothing(
    tmp_path: Path, plays: list[Play], reason: str
) -> None:
    result = safelight("compare", write(tmp_path / "export", plays), "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert reason in " ".join(result.output.split())
    assert len(result.output.strip().splitlines()) <= 2
    assert not (tmp_path / "out").exists()


def test_the_json_holds_the_numbers_of_the_page(report: Path) -> None:
    numbers = json.loads((report / "comparison.json").read_text(encoding="utf-8"))
    assert numbers["people"]["label"] == "People"
    assert numbers["planning"] == ""  # three photos tell nothing of more
    assert numbers["side_by_side"]["<&> $x$"]["filter_use"]["gamma"]["b"]["value"] == 1
    assert set(numbers["human_likeness"]) == {"picture", "steps", "order"}
    # The agent's gamma is seen on every photo.
    assert numbers["steps"]["<&> $x$"]["gamma"] == {"steps": 6, "unseen": 0}


def test_the_tables_hold_the_numbers_of_the_json_and_latex_takes_every_name(report: Path) -> None:
    numbers = json.loads((report / "comparison.json").read_text(encoding="utf-8"))
    with (report / "human-likeness.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["player"], row["distance"]): row for row in csv.DictReader(file)}
    for measure, likeness in numbers["human_likeness"].items():
        for player, figures in likeness["groups"].items():
            value = figures["human_likeness"]["value"]
            assert rows[player, measure]["human_likeness"] == ("" if value is None else str(value))
    latex = (report / "human-likeness.tex").read_text(encoding="utf-8")
    assert r"\textless{}\&\textgreater{} \$x\$ & " in latex
    assert latex.count(r"\\") == 1 + len(numbers["human_likeness"]["picture"]["groups"])
    assert len((report / "tests.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(numbers["tests"])


def test_an_output_folder_that_holds_something_is_refused_and_left_alone(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    result = safelight("compare", *folders, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "exists and is not empty" in result.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_refusals_are_one_line_and_leave_nothing_behind(tmp_path: Path) -> None:
    a, b = people_and_agent(tmp_path)
    for damaged in (a / "previews").iterdir():
        (b / "previews" / damaged.name).write_bytes(b"not an array")
    for arguments in ((tmp_path / "missing", b), (tmp_path, b), (a, b)):
        result = safelight("compare", *arguments, "-o", tmp_path / "out")
        assert result.exit_code == 1
        *before, error = result.output.strip().splitlines()
        assert error.startswith("Error: ")
        assert all(line.startswith("Comparing ") for line in before)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".out", "out"))]


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(None, 2, "–"), (-0.001, 2, "0.00"), (-1.5, 1, "−1.5"), (1234.5, 0, "1,234")]
)
def test_numbers_as_people_read_them(value: float | None, digits: int, text: str) -> None:
    assert number(value, digits) == text


def test_an_interval_that_is_missing_is_a_dash() -> None:
    assert interval({"low": None, "high": None}) == "–"
    assert interval({"low": -0.5, "high": 0.5}, 1, sign=True) == "−0.5 to +0.5"


def planned(folders: tuple[Path, Path], tmp_path: Path, plan: object, *options: str) -> tuple[dict[str, object], str]:
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    safelight_output("compare", *folders, "-o", tmp_path / "out", "--plan", tmp_path / "plan.json", *options)
    numbers = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    return numbers, Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).text


@pytest.mark.usefixtures("without_plots")
def test_a_plan_fixes_players_distance_and_seed_and_nothing_departs_from_it(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    plan = {"players": ["people", "agents"], "distance": "steps", "seed": 7, "people": 5}
    numbers, text = planned(folders, tmp_path, plan)
    assert numbers["plan"] == {
        "sha256": hashlib.sha256((tmp_path / "plan.json").read_bytes()).hexdigest(),
        "departures": [],
    }
    method = numbers["method"]
    assert isinstance(method, dict)
    assert (method["seed"], method["primary_distance"]) == (7, "steps")
    assert "This analysis is the one that it says" in text


@pytest.mark.usefixtures("without_plots")
def test_what_departs_from_a_plan_is_on_the_page(folders: tuple[Path, Path], tmp_path: Path) -> None:
    text = planned(folders, tmp_path, {"seed": 7, "people": 60}, "--seed", "8", "--players", "people")[1]
    assert "Compared were people; the plan names people, agents." in text
    assert "The seed was 8; the plan has 7." in text
    assert "Compared were 5 people; the plan asks for at least 60." in text


def test_exclusions_that_a_plan_does_not_name_are_told() -> None:
    everybody = Side("all", (), {"excluded: too fast": 2, "excluded: asked for it": 1, "tutorial": 3}, {}, {})
    numbers = {"people": {"label": "People"}, "compared_people": 5, "photos": {"compared": 5}}
    plan = Plan(exclusions=("too fast",))
    assert departures(plan, plan.players, 0, everybody, numbers) == [
        "Excluded for “asked for it”, which the plan does not name: 1 episode."
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
        ('{"metric": 1}', "metric is none of players, distance, seed"),
        ('{"seed": true}', "seed must be a whole number"),
        ('{"distance": "rmse"}', "distance must be one of picture, steps, order"),
        ('{"players": "people"}', "players must be a list of texts"),
    ],
)
def test_a_plan_that_is_wrong_is_refused_by_name(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(ComparisonError, match=reason):
        read_plan(tmp_path / "plan.json")
