"""A study that was renamed: its former address leads to it, and players, their order and their play stay."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from editing.trajectories.snapshot import read_snapshot
from tests.webapp.conftest import Player
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.studies.models import Study


@pytest.fixture
def rename(study):
    """Gives the study that is played, called old-name to begin with, another slug."""
    Study.objects.filter(pk=study.pk).update(slug="old-name")

    def to(slug):
        renamed = Study.objects.get(pk=study.pk)
        renamed.slug = slug
        renamed.save()
        return renamed

    return to


@pytest.fixture
def old_player(rename):
    """Somebody who joined the study under its old name, and whose browser goes on to use that."""
    browser = Player("old-name")
    assert browser.join().status_code == 200
    return browser


@pytest.mark.parametrize("page", ["", "consent/", "declined/", "reveal/", "profile/"])
def test_a_page_under_the_former_address_leads_on_to_the_one_of_today(old_player, rename, built, page):
    rename("new-name")
    answer = old_player.get(f"/play/old-name/{page}?photo=x&practice=true")
    assert (answer.status_code, answer["Location"]) == (302, f"/play/new-name/{page}?photo=x&practice=true")


def test_who_agrees_on_a_page_that_was_opened_before_has_agreed(stranger, rename):
    stranger.get("/play/old-name/consent/")
    rename("new-name")
    token = stranger.client.cookies["csrftoken"].value
    answer = stranger.client.post("/play/old-name/consent/", {"version": 1, "csrfmiddlewaretoken": token})
    assert answer["Location"] == "/play/new-name/"
    assert Participant.objects.count() == 1


def test_events_that_name_the_former_slug_are_stored(old_player, rename, photo, played):
    *begun, submit = played
    assert old_player.send(photo, begun[:2]).status_code == 200
    rename("new-name")
    assert old_player.send(photo, begun[2:]).status_code == 200
    rename("newer-name")
    assert old_player.send(photo, [submit]).json()["status"] == "submitted"
    assert old_player.get(f"/api/episodes/{submit['episode']}/").json()["study"] == "newer-name"
    assert Episode.objects.count() == 1


def test_the_api_answers_under_the_former_slug_and_says_the_one_of_today(old_player, rename, photo):
    rename("new-name")
    assert old_player.get("/api/studies/old-name/").json()["slug"] == "new-name"
    assert old_player.join().json()["study"] == "new-name"
    assert old_player.next().json()["photo"]["id"] == photo.pk
    assert Participant.objects.count() == 1


def test_players_keep_their_order_of_photos(old_player, rename, make_photo):
    for seed in range(6):
        make_photo(seed)

    def order():
        answer = old_player.next().json()
        return answer["photo"]["id"], answer["following"]["id"]

    before = order()
    for name in ("a", "b", "c", "old-name"):
        rename(name)
        assert order() == before


def test_a_study_gets_its_former_slug_back(client, rename, built):
    rename("new-name")
    rename("old-name")
    assert client.get("/play/old-name/consent/").status_code == 200
    assert client.get("/play/new-name/consent/")["Location"] == "/play/old-name/consent/"


def test_no_other_study_takes_a_former_slug(rename, admin_client):
    rename("new-name")
    with pytest.raises(ValidationError, match="before it was renamed"):
        Study(slug="old-name", title="Another").full_clean()
    page = admin_client.post("/admin/studies/study/add/", {"slug": "old-name", "title": "Another", "reveal": "end"})
    assert "before it was renamed" in page.content.decode()
    assert Study.objects.count() == 1


def test_the_admin_renames_and_shows_the_former_slugs(rename, study, admin_client):
    for name in ("new-name", "newer-name"):
        address = f"/admin/studies/study/{study.pk}/change/"
        form = admin_client.get(address).context["adminform"].form
        values = {field: form[field].value() for field in form.fields if form[field].value() not in (None, "")}
        values = {field: value for field, value in values.items() if value is not False}
        assert admin_client.post(address, values | {"slug": name}).status_code == 302
    assert "new-name, old-name" in admin_client.get(f"/admin/studies/study/{study.pk}/change/").content.decode()


def test_saving_other_fields_alone_keeps_no_slug(study):
    study.slug, study.title = "never-stored", "Another title"
    study.save(update_fields=["title"])
    assert not study.former_slugs.exists()


@pytest.mark.long
def test_commands_and_snapshots_find_it_under_its_former_slug(old_player, rename, photo, photo_file, played, tmp_path):
    old_player.send(photo, played)
    call_command("export_dataset", output=tmp_path / "before", study="old-name")
    rename("new-name")
    call_command("export_dataset", output=tmp_path / "after", study="old-name")
    assert read_snapshot(tmp_path / "after").manifest["study"] == "new-name"
    call_command("import_photos", str(photo_file(2)), study="old-name", processes=1)
    Episode.objects.all().delete()
    call_command("import_trajectories", str(tmp_path / "before"))
    assert Episode.objects.get().study == Study.objects.get()
