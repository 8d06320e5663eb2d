"""What the pages of explanation in ``docs/`` say in numbers and names is what the program does."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from editing.game.events import EVENT_KINDS
from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from editing.photos.colour import linear_to_srgb
from editing.photos.preview import AGENT_VIEW_SIZE, LARGE_EDGE, LONG_EDGE
from editing.trajectories.schemas import PLAYER_KINDS
from learning.comparison import compare, intervals, significance
from learning.configuration import FastConfig, PaperConfig
from learning.training.fast_recipe import R1_EVERY
from webapp.datasets import choosing, old_exports
from webapp.http import models as pace
from webapp.logins import models as logins
from webapp.logins import sessions
from webapp.studies import invitations, log
from webapp.studies.configuration import setting
from webapp.studies.withdrawing import POLICIES

DAY = 24 * 3600


@pytest.fixture
def page(root: Path, request: pytest.FixtureRequest) -> str:
    """The page that a test is about, its white space normalised within lines and paragraphs."""
    text = (root / "docs" / request.param).read_text(encoding="utf-8")
    return "\n".join(re.sub(r"(?<!\|)\n *(?![|\n#-])", " ", part) for part in text.split("\n\n"))


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", [name], indirect=True, ids=[name])


def names_in_first_column(page: str, heading: str) -> list[str]:
    """The names in backticks in the first column of the table whose head begins with a word."""
    rows = re.search(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n?)+)", page, re.M)
    assert rows, heading
    return [name for row in rows[1].splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]


def number(value: float) -> str:
    fraction = {1 / 3: "1/3"}
    return fraction.get(value, f"{value:g}")


@of("the-game.md")
def test_the_game_has_the_filters_with_their_ranges(page: str) -> None:
    assert names_in_first_column(page, "filter") == list(FILTERS)
    for slug, definition in FILTERS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{slug}` |"))
        first = definition.parameters[0]
        assert f"{number(first.low)} to {number(first.high)}" in row
        names = definition.by_name
        assert f"{len(names)} slopes" in row if definition.curves else all(f"`{name}`" in row for name in names)


@of("the-game.md")
def test_the_game_has_every_event_and_every_kind_of_player(page: str) -> None:
    assert sorted(names_in_first_column(page, "event")) == sorted(EVENT_KINDS)
    assert sorted(names_in_first_column(page, "player")) == sorted(PLAYER_KINDS)


@of("the-game.md")
def test_the_game_has_the_numbers_of_the_rules(page: str) -> None:
    orders = sum(math.perm(len(FILTERS), steps) for steps in range(1, MAXIMUM_STEPS + 1))
    assert f"{orders:,} possible orders" in page
    assert MAXIMUM_STEPS == 5
    assert "at most five steps" in page
    assert f"0.18 where a finished picture has {float(linear_to_srgb(np.float32([0.18]))[0]):.2f}" in page
    assert f"preview of {LONG_EDGE:,} pixels, or of {LARGE_EDGE:,} on" in page
    assert f"averaged down to {AGENT_VIEW_SIZE} x {AGENT_VIEW_SIZE}" in page


@of("the-agent.md")
def test_the_agent_has_the_settings_of_the_recipes(page: str) -> None:
    fast, paper = FastConfig(), PaperConfig()
    words = {3: "three", 4: "four", 7: "seven", 8: "eight"}
    photos = words[fast.batch // fast.games_per_photo]
    assert f"a batch has {fast.batch} games: {photos} photos, {words[fast.games_per_photo]} games on each" in page
    faster = words[round(fast.critic_rate / fast.agent_rate)]
    assert f"{words[fast.critic_updates]} updates, at about {faster} times the actor's rate" in page
    assert (R1_EVERY, fast.final_rate, fast.entropy_bonus_at_end) == (4, 0.01, 0)
    assert "Every fourth has a penalty" in page
    assert "fall to a hundredth" in page
    assert "it fades to nothing" in page
    assert f"critic at {words[round(paper.critic_factor / paper.agent_factor)]} times the actor's rate" in page
    assert f"{paper.iterations:,} iterations, first layer {paper.widths.width} wide" in page
    assert f"| {fast.iterations}, {fast.widths.width} wide |" in page


@of("the-statistics.md")
def test_the_statistics_have_the_numbers_of_the_comparison(page: str) -> None:
    assert f"bootstrap, {intervals.RESAMPLES:,} resamples" in page
    assert intervals.MINIMUM_CLUSTERS == 5
    assert "Fewer than five of one kind" in page
    assert f"Intervals hold {intervals.LEVEL:.0%}".replace("%", " %") in page
    assert f"in which group, {significance.PERMUTATIONS:,} times | {significance.MINIMUM_PLAYERS} in each" in page
    signs = f"{significance.PERMUTATIONS:,} times; all of them for {significance._EXACT_PHOTOS} photos or fewer"
    assert f"signs flipped by photo, {signs}" in page
    assert f"compared at {compare.DISTANCE_EDGE} pixels" in page
    fewest = next(people for people in range(1, 100) if 1 / (people + 1) <= 0.05)
    assert f"with fewer than {fewest} people" in page


@of("privacy.md")
def test_privacy_has_the_times_for_which_things_are_kept(page: str) -> None:
    for name in ("identity_days", "payment_days"):
        assert f"`{name}` ({setting(name).get_default()})" in page
    for name in ("DOWNLOAD_DAYS", "BACKUP_DAYS"):
        assert f"`{name}` ({getattr(settings, name):g})" in page
    assert f"the study is erased; {log.KEPT_FOR.days} days |" in page
    assert f"files, for members of the study | {old_exports.KEPT.days} days, or somebody withdraws |" in page
    assert f"or {invitations.LASTS.days} days have passed" in page
    assert f"requests are counted for {pace.COUNTED_FOR.total_seconds() / 60:g} minutes" in page
    assert f"logins are counted for {logins.COUNTED_FOR.total_seconds() / 60:g} minutes" in page
    assert choosing.SMALLEST_CELL == 5
    assert "cells of fewer than five people" in page


@of("privacy.md")
def test_privacy_has_what_browsers_keep(page: str, root: Path) -> None:
    idle = f"a researcher's login ends after {sessions.LONGEST_IDLE.days} idle days"
    assert f"| {settings.SESSION_COOKIE_AGE / DAY:g} days; {idle} |" in page
    for name, age in (
        (settings.CSRF_COOKIE_NAME, settings.CSRF_COOKIE_AGE),
        (settings.LANGUAGE_COOKIE_NAME, settings.LANGUAGE_COOKIE_AGE),
    ):
        assert age == pytest.approx(365 * DAY, rel=0.01)
        assert re.search(rf"\| cookie `{name}` \| .* \| a year \|", page)
    for store in ("play", "answering"):
        source = (root / "frontend" / "src" / store / "store.ts").read_text(encoding="utf-8")
        name = re.search(r'const NAME = "(.+)";', source)
        assert name
        assert f"| database `{name[1]}` |" in page


def test_the_rows_that_lead_to_a_person_are_listed(root: Path) -> None:
    text = (root / "docs" / "personal-data.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(.+?)` \|", text, re.M) == list(POLICIES)
