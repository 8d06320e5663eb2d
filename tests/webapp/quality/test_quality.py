"""Robots with known habits are flagged, each for its own, and careful ones are not, at the thresholds we set."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.core.management import call_command

from bench.robots_study import take_part
from editing.game.events import Event, Gesture
from editing.game.rules import Step
from learning.robots.temperaments import CAREFUL, HABITS
from webapp.games.models import Episode
from webapp.quality.colours import colours_after, distance, mean_colours
from webapp.quality.flags import FLAGS, distributions, flags_of, thresholds_of
from webapp.quality.measuring import measure_events, measure_new, signature, unmeasured
from webapp.quality.models import Measure
from webapp.quality.people import PersonMeasures, measure_people
from webapp.studies.models import Participation

MakePhoto = Callable[..., Any]
# What each habit is flagged for, and what it may be flagged for besides: who rushes makes little of a photo.
DUE = {
    "rushing": {"fast"},
    "routine": {"identical"},
    "idle": {"untouched", "identical"},
    "disobedient": {"attention"},
    "erratic": {"unreliable"},
    "absent": {"away"},
    "scripted": {"synthetic"},
}
POSSIBLE = {"rushing": {"untouched"}}


@pytest.fixture
def photos(make_photo: MakePhoto) -> list[Any]:
    return [make_photo(seed) for seed in range(5)]


def measured(study: Any) -> dict[str, PersonMeasures]:
    measure_new(study)
    return {person.pseudonym: person for person in measure_people(study)}


def test_habits_are_flagged_and_careful_ones_are_not(study, photos, django_assert_num_queries):
    robots = [*[CAREFUL] * 4, *HABITS.values()]
    own = take_part(study, robots, photos[:4], repeats=2, items=photos[4:])
    assert measure_new(study) == len(robots) * 7
    assert not unmeasured().exists()
    with django_assert_num_queries(2):
        people = {person.participation: person for person in measure_people(study)}
    thresholds = thresholds_of(study)
    raised = [{flag.name for flag in flags_of(people[each.pk], thresholds)} for each in own]
    assert raised[:4] == [set()] * 4
    for robot, flags in zip(HABITS.values(), raised[4:], strict=True):
        assert flags - POSSIBLE.get(robot.name, set()) == DUE[robot.name], robot.name
    idle = people[own[robots.index(HABITS["idle"])].pk]
    assert (idle.photos, idle.untouched, idle.identical, idle.attention_items) == (6, 1, 1, 1)
    shown = {each.flag.name: each for each in distributions(people.values(), thresholds)}
    assert shown["fast"].raised == 1
    assert len(shown["fast"].values) == sum(count for *_, count in shown["fast"].histogram()) == len(robots)


def test_thresholds_are_the_studys_own_and_none_flags_nobody(study, photos):
    take_part(study, [CAREFUL], photos[:3])
    (person,) = measured(study).values()
    nobody = dict.fromkeys(thresholds_of(study))
    assert flags_of(person, nobody) == []
    study.flag_seconds = 3600
    assert [flag.name for flag in flags_of(person, thresholds_of(study))] == ["fast"]


def test_on_few_photos_nothing_is_said(study, photos):
    take_part(study, [HABITS["idle"], HABITS["erratic"]], photos[:1], repeats=1)
    assert [flags_of(person, thresholds_of(study)) for person in measured(study).values()] == [[], []]


def test_who_has_handed_in_nothing_is_there_without_numbers(study, photos):
    take_part(study, [CAREFUL], [])
    (person,) = measured(study).values()
    assert (person.photos, person.seconds, person.untouched, person.repeat_ratio) == (0, None, None, None)
    assert flags_of(person, thresholds_of(study)) == []


def test_what_is_excluded_is_measured_too_and_open_episodes_and_tutorials_are_not(study, photos):
    take_part(study, [CAREFUL], photos[:3])
    first, second, third = Episode.objects.all()
    Episode.objects.filter(pk=first.pk).update(status="excluded", exclusion_reason="by hand")
    Episode.objects.filter(pk=second.pk).update(status="excluded", exclusion_reason="photo removed")
    second.events.filter(kind="submit").delete()
    Episode.objects.filter(pk=third.pk).update(tutorial=True)
    measure_new()
    assert [measure.pk for measure in Measure.objects.all()] == [first.pk]


def test_a_lost_preview_leaves_the_rest(study, photos):
    take_part(study, [CAREFUL], photos[:3])
    photos[0].preview.path.unlink()
    (person,) = measured(study).values()
    assert person.photos == 3
    assert Measure.objects.filter(change=None).count() == 1


def test_measures_are_taken_in_portions_and_again_where_their_definition_changed(study, photos, monkeypatch):
    take_part(study, [CAREFUL], photos[:3])
    assert [measure_new(limit=2), measure_new(limit=2), measure_new()] == [2, 1, 0]
    Measure.objects.update(version=0, actions=999)
    assert measure_new() == 3
    assert not Measure.objects.filter(actions=999).exists()


def test_the_command_names_who_is_worth_a_look(study, photos, tmp_path):
    take_part(study, [CAREFUL, HABITS["rushing"]], photos[:3])
    out = StringIO()
    call_command("quality", "default", "-o", str(tmp_path / "people.csv"), stdout=out)
    rushing = Participation.objects.latest("pk").pseudonym
    assert f"{rushing}: fast (" in out.getvalue()
    assert "2 participants, 1 flagged" in out.getvalue()
    lines = (tmp_path / "people.csv").read_text().splitlines()
    assert len(lines) == 3
    assert lines[0].endswith("repeat_ratio,flags")


def event(seq: int, kind: str, ms: int, gesture: Gesture | None = None) -> Event:
    fields: dict[str, Any] = {}
    if kind == "adjust":
        fields = {"step": 0, "filter": "exposure", "parameters": {"ev": 1.0}, "gesture": gesture}
    return Event(id=str(UUID(int=seq)), episode=str(UUID(int=99)), seq=seq, kind=kind, ms=ms, **fields)


def test_time_is_counted_with_the_page_in_sight_and_a_sleeping_machine_is_no_long_look():
    kinds = [("start", 0), ("compare", 1000), ("blur", 3000), ("blur", 3500), ("focus", 10_000), ("compare", 9000)]
    counts = measure_events(event(seq, kind, ms) for seq, (kind, ms) in enumerate([*kinds, ("submit", 10**8)]))
    assert (counts["active_ms"], counts["away_ms"]) == (3000 + 600_000, 7000)
    assert (counts["focus_lost"], counts["actions"], counts["gestures"]) == (1, 2, 0)


def test_gestures_are_summed_up():
    drag, key = Gesture("touch", 9, 200, 2, trusted=True), Gesture("keyboard", 3, 50, 0, trusted=False)
    counts = measure_events([event(0, "adjust", 0, drag), event(1, "adjust", 1, key), event(2, "adjust", 2)])
    names = ("gestures", "untrusted", "by_keyboard", "by_touch", "moves", "reversals")
    assert [counts[name] for name in names] == [2, 1, 1, 1, 12, 2]


def test_steps_are_alike_to_a_hundredth_of_a_range():
    steps = [Step("exposure", {"ev": 1.5}), Step("contrast", {"amount": 0.2})]
    assert signature(steps) == signature([replace(steps[0], parameters={"ev": 1.501}), steps[1]])
    assert signature(steps) != signature(steps[::-1])
    assert signature(steps) != signature([replace(steps[0], parameters={"ev": 1.7}), steps[1]])
    assert signature([]) == ""


def test_a_distance_is_a_difference_of_colours():
    photo = mean_colours(np.full((33, 50, 3), 0.2, np.float32))
    assert photo.shape == (64, 3)
    assert photo == pytest.approx(0.2)
    bright = colours_after(photo, [Step("exposure", {"ev": 1.0})])
    # 0.4 is L* 43.2 on a screen, 0.2 is 21.2.
    assert distance(colours_after(photo, []), bright) == pytest.approx(22, abs=1)
    assert distance(bright, bright) == 0


def test_every_flag_has_a_setting_with_a_default(study):
    assert all(hasattr(study, flag.setting) for flag in FLAGS)
    assert None not in thresholds_of(study).values()
