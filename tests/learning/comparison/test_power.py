"""Planning a study: what larger studies find is drawn from a pilot."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from docs.planning import TABLE
from learning.comparison import power
from learning.comparison.power import Design, Pilot, designs, detectable, smallest, with_power
from tests.command_line import safelight, safelight_output
from tests.learning.comparison.test_human_likeness import crowd, photo
from tests.learning.snapshots import Play, picture, write


def pilot(people: int = 12, photos: int = 12) -> Pilot:
    random = np.random.default_rng(1)
    tastes = random.normal(0, 0.7, (people, 3))
    played = [
        photo(crowd(random, tastes), random.normal(0, 3, (16, 3)), {"agent": random.normal(0.8, 0.5, (4, 3))})
        for _ in range(photos)
    ]
    return Pilot("people", people, "agent", None, played)


def test_larger_studies_are_more_exact_and_find_the_same_difference_more_often() -> None:
    small, large = (with_power(Design(photos, 5, people), pilot(), 0.2, (0,)) for photos, people in ((10, 5), (40, 20)))
    assert large.standard_error < 0.75 * small.standard_error
    assert large.power > small.power
    assert with_power(Design(10, 5, 5), pilot(), 1e-6, (0,)).power == pytest.approx(0.05, abs=1e-3)


@pytest.mark.long
def test_what_is_found_with_80_percent_is_2_8_standard_errors() -> None:
    design = with_power(Design(20, 5, 5), pilot(), 0.2, (0,))
    again = with_power(Design(20, 5, 5), pilot(), detectable(design.standard_error), (0,))
    assert again.power == pytest.approx(0.8, abs=1e-3)


def test_people_are_as_many_as_the_photos_that_each_does_ask_for() -> None:
    by_size = {(design.photos, design.treatments): design.people for design in designs(20)}
    assert by_size[20, 5] == 5
    assert by_size[80, 5] == 20
    assert by_size[160, 10] == 80


def test_the_smallest_study_that_is_enough_is_named() -> None:
    tried = [Design(20, 3, 3, 1, 0.5), Design(40, 3, 6, 1, 0.85), Design(20, 10, 10, 1, 0.9)]
    assert smallest(tried) == tried[1]
    assert smallest(tried[:1]) is None


def draw_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have few studies drawn, of few sizes."""
    monkeypatch.setattr(power, "DRAWS", 4)
    monkeypatch.setattr(power, "designs", lambda photos_per_person: designs(photos_per_person)[:2])


def test_the_command_says_what_a_pilot_tells_or_why_it_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_little(monkeypatch)
    plays = [
        Play(f"p{person}", name, (("exposure", {"ev": 1 + 0.1 * person}),))
        for person in range(4)
        for name in ("sea", "hill", "town")
    ]
    agent = [Play("agent:a", name, (("exposure", {"ev": 2.5}),)) for name in ("sea", "hill", "town")]
    export = write(tmp_path / "export", [*plays, *agent])
    text = safelight_output("power", export)
    assert "Pilot: 4 people and a on 3 photos." in text
    assert "small pilot" in text
    assert "is found with at least 80 % from" in text or "is too small" in text
    alone = safelight_output("power", write(tmp_path / "people", plays))
    assert "Pilot: 4 people and one fitted curve on 3 photos." in alone


@pytest.mark.long
def test_robots_of_stated_temperaments_stand_in_before_anybody_has_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_little(monkeypatch)
    (tmp_path / "photos").mkdir()
    for name in ("sea", "hill", "town"):
        pixels = np.round(np.clip(picture(name).astype(np.float32), 0, 1) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{name}.png")
    text = safelight_output("power", tmp_path / "photos", "--temperaments", "hasty, careful")
    assert "Pilot: 24 robots and one fitted curve on 3 photos." in text
    assert "Robots are no people" in text
    play = write(tmp_path / "play", [Play("agent:a", name) for name in ("sea", "hill", "town")])
    assert "Pilot: 24 robots and a on 3 photos." in safelight_output("power", play, "--temperaments", "moody")


def test_a_temperament_that_there_is_not_is_refused(tmp_path: Path) -> None:
    play = write(tmp_path / "play", [Play("agent:a", "sea")])
    result = safelight("power", play, "--temperaments", "moody,bold")
    assert result.exit_code == 1
    assert "bold is none of hasty, careful, colourful, moody" in result.output


def test_the_desks_table_is_of_the_designs_that_are_tried_today_and_names_its_commands() -> None:
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    for pilot in table["pilots"]:
        sizes = [(design["photos"], design["treatments"], design["people"]) for design in pilot["designs"]]
        assert sizes == [(d.photos, d.treatments, d.people) for d in designs(pilot["photos_per_person"])]
        assert any(f"--temperaments {','.join(pilot['temperaments'])} " in command for command in table["commands"])
    assert len(table["pilots"]) == sum(command.startswith("safelight power") for command in table["commands"])
