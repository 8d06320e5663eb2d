"""The photos of a study on the desk: the contact sheet, subsets and bulk removal, attention items, replacement."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.webapp.conftest import new_player
from tests.webapp.desk.test_studies import post, text
from webapp.games.models import Episode
from webapp.studies.members import Role, set_role
from webapp.studies.models import Study

CAST = ("researcher",)
PHOTOS = "/desk/studies/default/photos/"
BLACK_AND_WHITE = {
    "instruction": {"en": "Make it black and white."},
    "filter": "black_white",
    "parameter": "amount",
    "low": 0.9,
    "high": 1.0,
}


def names(page):
    return [each.photo.name for each in page.context["sheet"]] if page.context["page"].paginator.count else []


class TestTheSheet:
    def test_it_works(self, owner, make_photo):
        photo = make_photo(licence="CC0 1.0", attribution="Ada")
        page = text(owner.get(PHOTOS))
        assert photo.name in page
        assert f"/photos/{photo.pk}/game.webp" in page
        assert f"/photos/{photo.pk}/bright.webp" in page
        assert "Ada · CC0 1.0" in page

    def test_it_says_how_each_file_was_read(self, owner, photo):
        assert "8 bits · sRGB" in text(owner.get(PHOTOS))

    def test_without_photos_it_says_how_to_begin(self, owner, study):
        page = text(owner.get(PHOTOS))
        assert "There are no photos yet" in page
        assert "import_photos FOLDER --study default" in page

    def test_a_closed_study_takes_no_photos(self, owner, study):
        Study.objects.filter(pk=study.pk).update(state="closed")
        page = text(owner.get(PHOTOS))
        assert "it takes no photos" in page
        assert 'id="upload"' not in page

    def test_it_shows_the_photos_of_its_study_alone(self, owner, ada, make_photo):
        other = Study.objects.create(slug="other", title="Other", state="open")
        set_role(other, ada, Role.OWNER)
        photo = make_photo(into=other)
        assert photo.name not in text(owner.get(PHOTOS))
        assert photo.name in text(owner.get("/desk/studies/other/photos/?look=bright&page=9"))

    def test_a_viewer_sees_and_changes_nothing(self, viewer, photo):
        page = text(viewer.get(PHOTOS))
        assert photo.name in page
        for part in ('id="upload"', 'class="button danger remove"', "Attention item", 'type="checkbox"'):
            assert part not in page

    @pytest.mark.parametrize("query", ["subset=nope&sort=&look=x&page=x", "search=%00", "page=-1"])
    def test_a_strange_address_shows_something(self, owner, photo, query):
        assert owner.get(f"{PHOTOS}?{query}").status_code in (200, 400)


class TestSubsets:
    def test_each_shows_its_own(self, owner, player, study, make_photo, played):
        first, second = make_photo(1, licence="CC0 1.0"), make_photo(2)
        second.decoding = second.decoding | {"warnings": {"nearly_black": "it is nearly black"}}
        second.save()
        assert player.send(first, played).status_code == 200
        expected = {"all": 2, "warned": second, "played": first, "unplayed": second, "uncredited": second}
        for subset, photos in expected.items():
            shown = names(owner.get(f"{PHOTOS}?subset={subset}&sort=name"))
            assert shown == ([photos.name] if photos != 2 else sorted([first.name, second.name])), subset
        assert names(owner.get(f"{PHOTOS}?search={first.name}")) == [first.name]

    def test_the_ticked_ones_are_removed(self, owner, study, make_photo):
        photos = [make_photo(seed) for seed in range(3)]
        answer = post(owner, f"{PHOTOS}remove/", photo=[photos[0].pk, photos[1].pk], back="subset=all")
        assert answer["Location"] == f"{PHOTOS}?subset=all"
        assert list(study.playable) == [photos[2]]
        assert "removed 2 photos" in text(owner.get("/desk/studies/default/log/"))

    def test_all_that_are_found_are_removed(self, owner, study, make_photo):
        kept, _ = make_photo(1, licence="CC0 1.0"), make_photo(2)
        post(owner, f"{PHOTOS}remove/", all="yes", subset="uncredited")
        assert list(study.playable) == [kept]

    def test_play_stays_and_open_play_is_excluded(self, owner, player, photo, opened):
        assert player.send(photo, opened).status_code == 200
        post(owner, f"{PHOTOS}remove/", photo=[photo.pk])
        assert Episode.objects.get().status == "excluded"

    def test_photos_of_other_studies_are_not_removed(self, owner, study, make_photo):
        other = Study.objects.create(slug="other", title="Other", state="open")
        photo = make_photo(into=other)
        post(owner, f"{PHOTOS}remove/", photo=[photo.pk, "x"])
        assert list(other.playable) == [photo]


RULE = {"setting": "black_white.amount", "low": "0.9", "high": "1"}


def asked(*rules, match="any", instruction="Make it black and white."):
    """What the form of an attention item sends."""
    sent = {"rules-TOTAL_FORMS": len(rules), "rules-INITIAL_FORMS": 0, "match": match, "instruction_en": instruction}
    for number, rule in enumerate(rules):
        sent |= {f"rules-{number}-{name}": value for name, value in rule.items()}
    return sent


class TestAttentionItems:
    def test_a_photo_becomes_one_and_an_ordinary_photo_again(self, owner, study, photo, ada):
        address = f"{PHOTOS}{photo.pk}/attention/"
        vivid = {"setting": "saturation.amount", "low": "0.5", "high": "1"}
        assert post(owner, address, **asked(RULE, vivid))["Location"] == PHOTOS
        study.refresh_from_db()
        rules = [
            {"filter": "black_white", "parameter": "amount", "low": 0.9, "high": 1.0},
            {"filter": "saturation", "parameter": "amount", "low": 0.5, "high": 1.0},
        ]
        asks = {"instruction": {"en": "Make it black and white."}, "rules": rules, "match": "any"}
        assert study.attention_items == [{"photo": photo.pk, **asks}]
        assert study.changes.last().changed_by == ada
        assert "attention: Make it black and white." in text(owner.get(PHOTOS))
        assert 'value="Make it black and white."' in text(owner.get(address))
        assert post(owner, address, remove="yes").status_code == 302
        study.refresh_from_db()
        assert study.attention_items == []

    def test_what_cannot_be_is_said(self, owner, study, photo):
        for wrong, said in (
            (asked(RULE | {"low": "x"}), "Enter a number"),
            (asked(RULE | {"low": "7", "high": "9"}), "lies in 0 to 1"),
            (asked(RULE | {"setting": "tone.x"}), "valid choice"),
            (asked(RULE, RULE | {"low": "1", "high": "0"}), "low the smaller one"),
            (asked(), "at least one thing"),
            (asked(RULE, match="most"), "valid choice"),
            ({}, "required"),
        ):
            answer = post(owner, f"{PHOTOS}{photo.pk}/attention/", **wrong)
            assert answer.status_code == 400, wrong
            assert said in text(answer), wrong
            assert Study.objects.get().attention_items == []

    def test_an_item_that_has_its_one_rule_in_itself_is_changed(self, owner, study, photo):
        study.attention_items = [{"photo": photo.pk, **BLACK_AND_WHITE}]
        study.save()
        address = f"{PHOTOS}{photo.pk}/attention/"
        assert '<option value="black_white.amount" selected>' in text(owner.get(address))
        # Without an instruction it is a photo with a known right move.
        assert post(owner, address, **asked(RULE, match="all", instruction="")).status_code == 302
        study.refresh_from_db()
        assert study.attention_items[0]["instruction"] == {}
        assert "attention: a known right move" in text(owner.get(PHOTOS))

    def test_none_is_made_once_somebody_has_joined(self, owner, study, photo, player):
        answer = post(owner, f"{PHOTOS}{photo.pk}/attention/", **asked(RULE))
        assert answer.status_code == 400
        assert "begin a copy of the study" in text(answer)


class TestReplacing:
    @pytest.fixture
    def replace(self, owner, picture):
        def send(photo, seed=2, browser=owner):
            token = browser.client.cookies["csrftoken"].value
            file = SimpleUploadedFile("right.png", picture(seed))
            address = f"/api/studies/default/photos/{photo.pk}/replacement/"
            return browser.client.post(address, {"file": file}, headers={"X-CSRFToken": token})

        return send

    def test_it_works(self, replace, study, make_photo):
        wrong, last = make_photo(1, licence="CC0 1.0"), make_photo(3)
        study.attention_items = [{"photo": wrong.pk, **BLACK_AND_WHITE}]
        study.save()
        answer = replace(wrong)
        assert answer.status_code == 201
        study.refresh_from_db()
        assert [item["photo"] for item in study.attention_items] == [answer.json()["id"]]
        right, second = study.playable.order_by("studyphoto__added")
        assert (right.pk, right.licence, second) == (answer.json()["id"], "CC0 1.0", last)

    def test_one_that_was_played_stays(self, replace, player, study, photo, played, refused):
        assert player.send(photo, played).status_code == 200
        assert refused(replace(photo)) == (409, "conflict")
        assert list(study.playable) == [photo]

    def test_one_that_somebody_was_given_stays(self, replace, study, photo, refused):
        study.episodes_per_photo = 1
        study.save()
        new_player()
        assert refused(replace(photo)) == (409, "conflict")

    def test_a_file_that_is_here_already_replaces_nothing(self, replace, study, make_photo, refused):
        photos = [make_photo(1), make_photo(2)]
        assert refused(replace(photos[0])) == (409, "conflict")
        assert study.playable.count() == 2

    def test_viewers_replace_nothing(self, replace, viewer, photo, refused):
        assert refused(replace(photo, browser=viewer)) == (403, "forbidden")
