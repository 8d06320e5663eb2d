"""The pages that anyone may see, the login, and the pages in place of an error."""

import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.webapp.conftest import PASSWORD
from webapp.photos.storing import remove


def text(response):
    return response.content.decode()


def test_the_start_leads_into_the_open_study(client, photo):
    page = client.get("/")
    assert page.status_code == 200
    assert 'href="/play/default/"' in text(page)
    assert "1 photo to play" in text(page)


def test_the_start_says_how_far_its_visitor_is(player, make_photo, opened, played):
    first, second = make_photo(1), make_photo(2)
    assert "2 photos to play" in text(player.get("/"))
    player.send(first, played)
    page = text(player.get("/"))
    assert "1 of 2 done" in page
    assert "Go on" in page
    again = [event | {"id": str(uuid4()), "episode": opened[0]["episode"]} for event in played]
    player.send(second, again)
    page = text(player.get("/"))
    assert "All done" in page
    assert 'href="/play/default/"' not in page
    assert 'href="/play/default/reveal/"' in page
    assert 'href="/play/default/profile/"' in page


def test_the_start_leads_to_no_reveal_that_the_study_does_not_show(player, photo, played, study):
    player.send(photo, played)
    study.reveal = study.Reveal.OFF
    study.save()
    page = text(player.get("/"))
    assert "/reveal/" not in page
    assert 'href="/play/default/profile/"' in page


def test_the_start_tells_what_is_recorded(client, study):
    page = text(client.get("/"))
    assert all(word in page for word in ("left the window", "size of the window", "pixel ratio", "wide gamut"))


def test_the_start_says_who_runs_the_study(client, study):
    assert "has not left a name" in text(client.get("/"))
    study.organiser = "Ada Example, ada@example.org"
    study.save()
    page = text(client.get("/"))
    assert "Ada Example, ada@example.org" in page
    assert "has not left a name" not in page


def test_without_photos_the_start_says_so(client, study):
    assert "There are no photos yet" in text(client.get("/"))
    assert "/play/" not in text(client.get("/"))


def test_without_an_open_study_the_start_says_so(client, study):
    study.state = "closed"
    study.save()
    assert "No study is open" in text(client.get("/"))


def test_the_credits_name_each_source_once(client, make_photo):
    for seed in range(2):
        make_photo(seed, licence="CC0 1.0", attribution="Ada Example")
    remove(make_photo(3, licence="CC BY 4.0", attribution="Removed Example"))
    page = text(client.get("/credits/"))
    assert page.count("Ada Example") == 1
    assert "2 photos" in page
    assert "Removed Example" not in page


def test_the_play_page_carries_its_study_and_the_csrf_cookie(player, built):
    page = player.get("/play/default/")
    assert page.status_code == 200
    assert '<div id="app" data-study="default"></div>' in text(page)
    assert "<noscript>" in text(page)
    assert page.cookies["csrftoken"].value


def test_the_play_page_says_when_the_game_is_not_built(player, settings, tmp_path):
    settings.STATICFILES_DIRS = [tmp_path]
    page = player.get("/play/default/")
    assert page.status_code == 503
    assert "make run" in text(page)


def test_an_unknown_study_has_no_play_page(client, study, built):
    assert client.get("/play/nope/").status_code == 404


CONSENT = ["/play/default/consent/", "/play/default/declined/"]


@pytest.mark.parametrize("path", ["/", "/credits/", "/login/", "/play/default/", *CONSENT, "/nothing/", "/api/docs/"])
def test_no_page_needs_an_inline_script_or_style(client, player, photo, built, path):
    page = (player if path == "/play/default/" else client).get(path)
    policy = page["Content-Security-Policy"]
    assert "script-src 'self'" in [directive.strip() for directive in policy.split(";")]
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text(page))


OWN = ["/", "/finished/", "/play/default/", "/play/default/profile/", "/api/studies/default/next/", "/nothing/"]


@pytest.mark.parametrize("path", OWN)
def test_what_is_somebodys_own_is_in_no_shared_cache_and_asked_for_again(player, photo, built, path):
    assert player.get(path)["Cache-Control"] == "private, no-cache"


def test_a_foreign_host_name_is_refused_and_fills_no_log(client, db, caplog):
    page = client.get("/", headers={"host": "evil.example"})
    assert page.status_code == 400
    assert "evil.example" not in text(page)
    assert [entry for entry in caplog.records if entry.levelname == "ERROR"] == []


def test_an_unknown_page_is_a_clean_404(client, db):
    page = client.get("/nothing/")
    assert page.status_code == 404
    assert "Nothing here" in text(page)


def test_a_failure_is_a_clean_500(db, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("webapp.studies.models.Study.objects.filter", fail)
    monkeypatch.setattr("webapp.studies.models.StudyQuerySet.at", fail)
    client = Client(raise_request_exception=False)
    page = client.get("/")
    assert page.status_code == 500
    assert "Something broke" in text(page)
    assert "secret" not in text(page)
    answer = client.get("/api/studies/default/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "failed")


def test_a_form_without_its_token_is_a_clean_403(db):
    page = Client(enforce_csrf_checks=True).post("/login/", {})
    assert page.status_code == 403
    assert "The form has expired" in text(page)
    assert 'href="/login/"' in text(page)


def log_in(client, password=PASSWORD, username="ada"):
    return client.post("/login/", {"login": username, "password": password})


def test_a_researcher_logs_in_and_out(client, study, ada):
    assert log_in(client)["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    assert client.post("/logout/")["Location"] == "/"
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:evil()"]
)
def test_neither_a_login_nor_a_choice_of_language_leads_to_another_site(client, ada, elsewhere):
    for path, form in (
        ("/language/", {"language": "de"}),
        ("/login/", {"login": "ada", "password": PASSWORD}),
        ("/account/confirm/", {"password": PASSWORD}),
        ("/logout/", {}),
    ):
        answer = client.post(f"{path}?{urlencode({'next': elsewhere})}", form | {"next": elsewhere})
        assert answer.status_code == 302, path
        assert "evil" not in answer["Location"], path


def test_a_wrong_password_is_said(client, db):
    page = log_in(client, "wrong")
    assert page.status_code == 200
    assert "not correct" in text(page)


def test_after_many_wrong_passwords_the_right_one_does_not_help(client, ada, bob, settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        page = log_in(client, "wrong")
    assert page.status_code == 429
    assert "Too many tries" in text(page)
    assert log_in(client).status_code == 429
    assert log_in(client, username="bob").status_code == 302


def test_the_admin_shows_play_and_does_not_change_it(researcher, player, photo, played):
    User.objects.update(is_superuser=True)
    player.send(photo, played)
    for path in (
        f"games/episode/{played[0]['episode']}/change/",
        "games/episode/",
        f"photos/photo/{photo.pk}/change/",
        "photos/photo/",
        "participants/participant/",
        "studies/participation/",
        "studies/study/",
    ):
        assert researcher.get(f"/admin/{path}").status_code == 200
    assert researcher.get("/admin/games/episode/add/").status_code == 403
    assert researcher.get(f"/admin/games/episode/{played[0]['episode']}/delete/").status_code == 403
