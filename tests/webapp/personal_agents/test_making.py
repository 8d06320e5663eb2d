"""An agent that edits like one participant: from whose photos, when, and what becomes of it."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from editing.processes import Crashed, Stopped
from editing.trajectories.snapshot import read_snapshot
from tests.webapp.personal_agents.conftest import (
    AGENT,
    NUMBERS,
    agent_of,
    make_agents,
    participation_of,
)
from tests.webapp.ratings.conftest import do_photo
from tests.webapp.test_withdrawing import withdraw
from webapp.datasets import learning_command, personal_play
from webapp.datasets.own_data import own_data
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent, PersonalPicture
from webapp.personal_agents.pictures import file_of, personal_picture
from webapp.studies.models import Participation, Study
from webapp.studies.retention import anonymise


def test_it_is_told_of_that_person_alone_and_once(player, other_player, eight, ten, asked):
    for photo in ten[:3]:
        do_photo(other_player, photo, 1.0)
    make_agents()
    make_agents()
    ((adapt, _, told),) = asked
    name = participation_of(player).pseudonym
    assert told == ["default", *[name] * 8]
    assert adapt[adapt.index("--person") + 1] == name
    assert agent_of(player).numbers == NUMBERS
    assert PersonalAgent.objects.count() == 1


@pytest.mark.parametrize("which", ["seven photos", "not allowed", "no model", "an attention item", "anonymised"])
def test_it_is_made_of_nobody_else(player, eight, asked, which):
    last = Episode.objects.filter(photo=eight[-1])
    if which == "seven photos":
        last.update(status="open")
    elif which == "not allowed":
        Study.objects.update(personal_agents=False)
    elif which == "no model":
        ModelOfPeople.objects.all().delete()
    elif which == "an attention item":
        last.update(attention=True)
    else:
        Participation.objects.update(anonymised=timezone.now())
    make_agents()
    assert not asked
    assert not PersonalAgent.objects.exists()


def test_it_counts_nowhere_and_is_in_no_export(player, eight, asked, tmp_path):
    before = Episode.objects.count(), Participant.objects.count()
    make_agents()
    assert (Episode.objects.count(), Participant.objects.count()) == before
    call_command("export_dataset", output=tmp_path / "export", study="default", stdout=StringIO())
    exported = read_snapshot(tmp_path / "export")
    assert exported.episodes.num_rows == 8
    assert set(exported.episodes.column("player_kind").to_pylist()) == {"human"}


def test_withdrawing_erases_it_with_its_pictures(player, eight, asked):
    make_agents()
    picture = PersonalPicture.objects.first()
    personal_picture(picture)
    assert file_of(picture).exists()
    assert own_data(participation_of(player))["personal_agent"]["numbers"] == NUMBERS
    assert "a program edits like you" in player.get("/play/default/mine/").content.decode()
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        withdraw(player)
    assert not PersonalAgent.objects.exists()
    assert not PersonalPicture.objects.exists()
    assert not file_of(picture).exists()


def test_it_goes_at_the_retention_date(player, eight, asked):
    make_agents()
    anonymise(participation_of(player).pk)
    assert not PersonalAgent.objects.exists()
    assert not PersonalPicture.objects.exists()
    assert Episode.objects.count() == 8


@pytest.mark.parametrize(
    "how",
    [
        "withdrawn",
        *(pytest.param(how, marks=pytest.mark.long) for how in ("no longer allowed", "no model any more")),
    ],
)
def test_what_is_no_longer_wanted_as_it_comes_is_dropped(player, eight, asked, monkeypatch, how):
    real = personal_play.run_isolated

    def run(*arguments: Any, **options: Any) -> None:
        real(*arguments, **options)
        if how == "withdrawn":
            withdraw(player)
        elif how == "no longer allowed":
            Study.objects.update(personal_agents=False)
        else:
            ModelOfPeople.objects.all().delete()

    monkeypatch.setattr(personal_play, "run_isolated", run)
    make_agents()
    assert not PersonalAgent.objects.exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(Crashed(), "ran out of memory", marks=pytest.mark.long),
        pytest.param(Stopped(), "too long", marks=pytest.mark.long),
        (learning_command.CommandFailed("no model of people"), "no model of people"),
    ],
)
def test_what_fails_is_said_to_the_researcher_who_lets_it_be_tried_again(
    player, researcher, eight, monkeypatch, error, reason
):
    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(personal_play, "run_isolated", fail)
    make_agents()
    assert agent_of(player).state == "failed"
    page = researcher.get("/desk/studies/default/personal-agents/").content.decode()
    assert reason in page
    assert participation_of(player).pseudonym in page
    answer = researcher.client.post(
        "/desk/studies/default/personal-agents/change/",
        {"act": "retry", "csrfmiddlewaretoken": researcher.client.cookies["csrftoken"].value},
    )
    assert answer.status_code == 302
    assert not PersonalAgent.objects.exists()


def test_a_worker_that_is_stopped_leaves_nothing(player, eight, monkeypatch):
    def stopped(*arguments: Any, **options: Any) -> None:
        raise Stopped

    monkeypatch.setattr(personal_play, "run_isolated", stopped)
    assert not personal_play.make_next(lambda: True)
    assert not PersonalAgent.objects.exists()


class TestShowing:
    def state(self, player):
        answer = player.get(AGENT)
        assert answer.status_code == 200
        return answer.json()

    def picture(self, player, address):
        answer = player.get(address)
        if answer.streaming:
            assert b"".join(answer.streaming_content)[8:12] == b"WEBP"
        return answer.status_code

    def test_both_pictures_of_a_photo_are_shown_once_all_is_done(self, player, ten, eight, asked):
        make_agents()
        assert self.state(player) == {"state": "later", "done": 8, "needed": 8, "pairs": []}
        hidden = PersonalPicture.objects.first()
        assert self.picture(player, f"{AGENT}{hidden.pk}/agent/") == 404
        for photo in ten[8:]:
            do_photo(player, photo, 0.5)
        shown = self.state(player)
        assert (shown["state"], shown["done"], len(shown["pairs"])) == ("ready", 10, 6)
        # First those that it had not learned from.
        assert [pair["learned"] for pair in shown["pairs"]] == [False, False, *[True] * 4]
        assert {pair["photo"]["id"] for pair in shown["pairs"][:2]} == {photo.pk for photo in ten[8:]}
        for address in (shown["pairs"][0]["yours"], shown["pairs"][0]["agents"]):
            assert self.picture(player, address) == 200

    def test_nobody_else_sees_them(self, player, other_player, stranger, ten, eight, asked):
        make_agents()
        Study.objects.update(state="closed")
        address = self.state(player)["pairs"][0]["agents"]
        assert self.picture(player, address) == 200
        assert self.picture(other_player, address) == 404
        assert self.picture(stranger, address) == 401
        assert self.state(other_player)["pairs"] == []

    def test_a_study_that_does_not_allow_it_shows_nothing(self, player, eight, asked):
        make_agents()
        Study.objects.update(state="closed")
        address = self.state(player)["pairs"][0]["agents"]
        Study.objects.update(personal_agents=False)
        assert self.state(player) == {"state": "off", "done": 0, "needed": 8, "pairs": []}
        assert self.picture(player, address) == 404

    def test_too_few_photos_what_waits_and_what_has_failed_are_said(self, player, other_player, ten, eight, asked):
        do_photo(other_player, ten[0], 0.5)
        assert self.state(other_player) == {"state": "too_few", "done": 1, "needed": 8, "pairs": []}
        Study.objects.update(state="closed")
        assert self.state(player)["state"] == "waiting"
        PersonalAgent.objects.create(participation=participation_of(player), state="failed", reason="no memory")
        failed = player.get(AGENT)
        assert failed.json()["state"] == "failed"
        assert "no memory" not in failed.content.decode()

    def test_a_photo_that_was_removed_is_left_out(self, player, eight, asked):
        make_agents()
        Study.objects.update(state="closed")
        PersonalPicture.objects.exclude(photo=eight[0]).delete()
        eight[0].removed_at = timezone.now()
        eight[0].save()
        assert self.state(player)["pairs"] == []
