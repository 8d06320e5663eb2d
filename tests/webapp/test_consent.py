"""Consent: nothing is stored of anybody before they agree to the study's text, and a new version asks again."""

import re
from threading import Barrier, Thread

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction

from tests.webapp.conftest import Player
from webapp.games.models import Event
from webapp.participants.models import Participant
from webapp.studies.models import Consent, Study
from webapp.studies.texts import default_consent_text

JOIN = "/api/studies/default/join/"
PAGE = "/play/default/consent/"


def text(response):
    return response.content.decode()


@pytest.fixture
def new_text(study):
    """The study's text, changed."""
    study.consent_text = "We ask for more now."
    study.save()
    return study


def agree(player, version=1, ticket=""):
    player.get(PAGE)
    token = player.client.cookies["csrftoken"].value
    return player.client.post(PAGE, {"version": version, "ticket": ticket, "csrfmiddlewaretoken": token})


class TestJoining:
    def test_it_stores_who_agreed_to_what_and_when(self, player, study):
        consent = Consent.objects.get()
        assert consent.participant == Participant.objects.get()
        assert (consent.study, consent.version, consent.text) == (study, 1, default_consent_text())
        assert consent.given

    @pytest.mark.parametrize("version", [None, 0, 2])
    def test_without_consent_to_this_version_it_is_refused_and_nothing_is_stored(self, stranger, refused, version):
        assert refused(stranger.post(JOIN, {"kind": "human", "consent": version})) == (403, "consent_needed")
        assert not Participant.objects.exists()
        assert not Session.objects.exists()

    def test_joining_again_asks_nothing_and_stores_no_second_consent(self, player):
        assert player.post(JOIN, {"kind": "human"}).status_code == 200
        assert player.join().status_code == 200
        assert Consent.objects.count() == 1

    def test_the_holder_of_a_ticket_has_agreed_before(self, player, stranger):
        ticket = player.join().json()["ticket"]
        assert stranger.post(JOIN, {"kind": "human", "ticket": ticket}).status_code == 200
        assert Consent.objects.count() == 1

    def test_a_study_without_a_text_asks_nobody(self, stranger, study):
        study.consent_text = ""
        study.save()
        assert stranger.get("/api/studies/default/").json()["consent"] is None
        assert stranger.post(JOIN, {"kind": "human"}).status_code == 200
        assert not Consent.objects.exists()

    def test_a_robot_agrees_as_a_person_does(self, stranger, refused):
        assert refused(stranger.post(JOIN, {"kind": "robot"})) == (403, "consent_needed")
        assert stranger.join("robot").status_code == 200


class TestNewVersion:
    def test_a_changed_text_is_the_next_version_and_the_same_text_is_not(self, study):
        for _ in range(2):
            study.consent_text = "  One.\r\n\r\nTwo. "
            study.save()
        assert (study.consent_version, study.texts.consent_paragraphs) == (2, ["One.", "Two."])
        study.title = "Another title"
        study.save(update_fields=["title"])
        study.consent_text = "Three."
        study.save(update_fields=["consent_text"])
        assert Study.objects.get(pk=study.pk).consent_version == 3

    def test_play_is_refused_until_the_player_has_agreed_again(self, player, photo, played, new_text, refused):
        assert refused(player.send(photo, played)) == (403, "consent_needed")
        assert refused(player.next()) == (403, "consent_needed")
        assert not Event.objects.exists()
        assert player.join().status_code == 200
        assert player.send(photo, played).json()["status"] == "submitted"
        assert list(Consent.objects.order_by("version").values_list("version", flat=True)) == [1, 2]

    def test_a_closed_study_asks_nobody_again(self, player, photo, opened, played, new_text):
        new_text.state = "closed"
        new_text.save()
        assert player.next().json()["error"]["code"] == "study_closed"

    def test_who_joined_a_closed_study_before_it_had_a_text_may_finish(
        self, player, stranger, photo, played, study, refused
    ):
        *opened, submit = played
        player.send(photo, opened)
        Consent.objects.all().delete()
        study.state = "closed"
        study.save()
        assert player.send(photo, [submit]).json()["status"] == "submitted"
        assert refused(stranger.join()) == (403, "study_closed")

    @pytest.mark.parametrize("is_open", [True, False])
    def test_only_the_version_that_is_shown_counts_as_agreed_to(self, player, new_text, is_open):
        new_text.state = "open" if is_open else "closed"
        new_text.save()
        assert new_text.consent_version == 2
        for version in (None, 0, 1, 3, 2**31):
            joined = player.post(JOIN, {"kind": "human", "consent": version})
            assert joined.status_code == (403 if is_open else 200), version
            assert [consent.version for consent in Consent.objects.all()] == [1], version

    def test_who_has_joined_a_closed_study_may_agree_to_the_text_that_it_shows(self, player, new_text):
        new_text.state = "closed"
        new_text.save()
        assert player.join().status_code == 200
        assert Consent.objects.get(version=2).text == "We ask for more now."

    def test_an_older_copy_of_the_study_takes_no_version_back(self, study):
        older = Study.objects.get(pk=study.pk)
        for text in ("Another.", older.consent_text):
            study.consent_text = text
            study.save()
        older.title = "Another title"
        older.save()
        assert Study.objects.get(pk=study.pk).consent_version == 3

    def test_consents_are_never_changed(self, player):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            Consent.objects.update(version=7)


class TestPages:
    def test_the_play_page_leads_to_the_text_and_agreeing_leads_back(self, stranger, study, built):
        study.organiser = "Ada Example, ada@example.org"
        study.save()
        assert stranger.get("/play/default/")["Location"] == PAGE
        page = text(stranger.get(PAGE))
        assert "Taking part is voluntary" in page
        assert "Ada Example, ada@example.org" in page
        assert "Version 1 of this text" in page
        assert not Session.objects.exists()
        assert agree(stranger)["Location"] == "/play/default/"
        assert stranger.get("/play/default/").status_code == 200
        assert Participant.objects.get().kind == "human"
        assert stranger.get(PAGE)["Location"] == "/play/default/"

    @pytest.mark.parametrize("version", [1, 2])
    def test_who_brings_a_ticket_is_the_player_of_before(self, player, stranger, study, version):
        ticket = player.join().json()["ticket"]
        if version == 2:
            study.consent_text = "We ask for more now."
            study.save()
        assert agree(stranger, version, ticket)["Location"] == "/play/default/"
        assert Participant.objects.count() == 1
        assert Consent.objects.count() == version

    def test_agreeing_twice_at_once_makes_one_participant(self, transactional_db, stranger, study):
        stranger.get(PAGE)
        key = re.search(r'name="key" value="(.+?)"', text(stranger.get(PAGE)))[1]
        token = stranger.client.cookies["csrftoken"].value
        form = {"version": 1, "ticket": "", "key": key, "csrfmiddlewaretoken": token}
        barrier, addresses = Barrier(4), []

        def press():
            twin = Player()
            twin.client.cookies.update(stranger.client.cookies)
            barrier.wait()
            try:
                addresses.append(twin.client.post(PAGE, form)["Location"])
            finally:
                connection.close()

        threads = [Thread(target=press) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert addresses == ["/play/default/"] * 4
        assert (Participant.objects.count(), Consent.objects.count()) == (1, 1)
        assert text(stranger.get(PAGE)).count(key) == 0, "each form has a key of its own"

    @pytest.mark.parametrize("key", ["", "x", "9" * 4301])
    def test_a_strange_key_is_none(self, stranger, key):
        stranger.get(PAGE)
        token = stranger.client.cookies["csrftoken"].value
        form = {"version": 1, "key": key, "csrfmiddlewaretoken": token}
        assert stranger.client.post(PAGE, form)["Location"] == "/play/default/"

    def test_a_strange_ticket_makes_a_new_player(self, stranger):
        assert agree(stranger, ticket="x:y")["Location"] == "/play/default/"
        assert Participant.objects.count() == 1

    def test_what_was_agreed_to_can_be_read_again_as_it_was(self, player, stranger, new_text):
        page = text(player.get("/play/default/text/"))
        assert "What you agreed to" in page
        assert "Taking part is voluntary" in page
        assert "Version 1 of this text" in page
        assert "It has been changed since" in page
        assert 'href="/play/default/text/"' in text(player.get("/"))
        for_others = text(stranger.get("/play/default/text/"))
        assert "We ask for more now." in for_others
        assert "agreed to" not in for_others
        assert 'href="/play/default/text/"' not in text(stranger.get("/"))
        new_text.state = "closed"
        new_text.save()
        assert "Version 1 of this text" in text(player.get("/play/default/text/"))

    def test_a_study_without_a_text_says_so(self, stranger, study):
        study.consent_text = ""
        study.save()
        assert "asks for no consent" in text(stranger.get("/play/default/text/"))

    def test_about_how_long_it_takes_is_said_before(self, stranger, study, photo):
        assert "minute" not in text(stranger.get(PAGE))
        study.minutes = 25
        study.save()
        assert "It takes about 25 minutes in all." in text(stranger.get(PAGE))
        assert "about 25 minutes" in text(stranger.get("/"))
        assert stranger.get("/api/studies/default/").json()["minutes"] == 25

    def test_declining_is_fine_and_leaves_nothing(self, stranger):
        stranger.get(PAGE)
        assert "nothing of you has been stored" in text(stranger.get("/play/default/declined/"))
        assert not Session.objects.exists()
        assert not Participant.objects.exists()

    def test_a_new_version_asks_again_and_says_so(self, player, new_text, built):
        assert player.get("/play/default/")["Location"] == PAGE
        page = text(player.get(PAGE))
        assert "The text has changed" in page
        assert "We ask for more now." in page
        assert agree(player, version=2)["Location"] == "/play/default/"

    def test_a_text_that_was_changed_meanwhile_is_shown_anew_and_nothing_is_stored(self, stranger, new_text):
        page = agree(stranger, version=1)
        assert page.status_code == 403
        assert "changed while you read it" in text(page)
        assert not Participant.objects.exists()

    @pytest.mark.parametrize("version", ["", "x", "²", "-1", "1\n", "9" * 4301])
    def test_a_strange_version_is_no_consent(self, stranger, version):
        assert agree(stranger, version).status_code == 403

    def test_a_session_of_a_robot_cannot_go_on_as_a_person(self, stranger, new_text):
        stranger.join("robot")
        new_text.consent_text = "And more."
        new_text.save()
        page = agree(stranger, version=3)
        assert page.status_code == 409
        assert "another kind of player already: robot" in text(page)

    def test_a_closed_study_asks_nothing(self, stranger, study):
        study.state = "closed"
        study.save()
        assert stranger.get(PAGE)["Location"] == "/play/default/"

    def test_too_many_who_join_from_one_address_are_told_to_wait(self, stranger, monkeypatch):
        monkeypatch.setattr("webapp.http.pace.SessionThrottle.THROTTLE_RATES", {"join": "1/min"})
        assert agree(stranger, version=9).status_code == 403
        assert agree(stranger).status_code == 429


def test_the_text_that_a_study_begins_with_is_read_and_agreed_to_in_german(study, stranger):
    german = stranger.get("/api/studies/default/", headers={"Accept-Language": "de"}).json()["consent"]
    assert german["text"].startswith("In dieser Studie geht es darum")
    assert len(german["text"].split("\n\n")) == len(default_consent_text().split("\n\n"))
    for said in ("unter anderen zufälligen Namen", "nicht zurückgerufen", "welche ihrer Zeilen zu löschen sind"):
        assert said in german["text"]
    headers = {"Accept-Language": "de", "X-CSRFToken": stranger.client.cookies["csrftoken"].value}
    body = {"kind": "human", "consent": german["version"]}
    assert stranger.client.post(JOIN, body, content_type="application/json", headers=headers).status_code == 200
    assert Consent.objects.values_list("text", "language").get() == (german["text"], "de")


def test_a_text_of_the_studys_own_is_shown_as_it_is_where_it_has_no_translation(study, stranger):
    study.consent_text = "What this study is about."
    study.save()
    german = stranger.get("/api/studies/default/", headers={"Accept-Language": "de"}).json()["consent"]
    assert german["text"] == "What this study is about."
