"""The configuration of a study: one value, checked, kept with each change, and fixed once people have joined."""

import json
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from tests.webapp.conftest import Player
from webapp.studies.copying import begin_copy, free_slug, read_configuration, write_configuration
from webapp.studies.models import Consent, Participation, Study

CONDITIONS = [{"name": "three", "changes": {"maximum_steps": 3}}, {"name": "five", "changes": {}}]
ITEM = {
    "photo": "a" * 64,
    "instruction": {"en": "Black and white, please."},
    "filter": "black_white",
    "parameter": "amount",
    "low": 0.9,
    "high": 1,
}
RULE = {"filter": "black_white", "parameter": "amount", "low": 0.9, "high": 1}
ASKED = {"photo": "b" * 64, "instruction": {}}
SEVERAL = ASKED | {"rules": [RULE, RULE | {"filter": "saturation", "low": 0.5}], "match": "any"}
KNOWN = {"controller": "University of Somewhere", "contact": "ada@example.org", "ethics_approval": "EC 12/2026"}


def wrong(study):
    """The settings that a check refuses."""
    with pytest.raises(ValidationError) as refused:
        study.full_clean()
    return set(refused.value.message_dict)


class TestChecks:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("maximum_steps", 6),
            ("maximum_steps", 0),
            ("repeat_share", 1.5),
            ("order", "by size"),
            ("filters", ["sepia"]),
            ("filters", "exposure"),
            ("consent_boxes", "I am 18."),
            ("consent_boxes", [""]),
            ("translations", ["de"]),
            ("translations", {"german": {}}),
            ("translations", {"de": {"name": "x"}}),
            ("translations", {"de": {"title": 3}}),
            ("conditions", {}),
            ("conditions", CONDITIONS[:1]),
            ("conditions", [*CONDITIONS, CONDITIONS[0]]),
            ("conditions", [{"name": "A b", "changes": {}}, CONDITIONS[0]]),
            ("conditions", [{"name": "a", "changes": {"maximum_steps": 9}}, CONDITIONS[0]]),
            ("conditions", [{"name": "a", "changes": {"title": "x"}}, CONDITIONS[0]]),
            ("attention_items", [ITEM, ITEM]),
            ("attention_items", [{"photo": "a"}]),
            ("attention_items", [ITEM | {"filter": "sepia"}]),
            ("attention_items", [ITEM | {"parameter": "ev"}]),
            ("attention_items", [ITEM | {"low": 1, "high": 0}]),
            ("attention_items", [ITEM | {"low": True}]),
            ("attention_items", [ITEM | {"low": -1, "high": -0.9}]),
            ("attention_items", [ITEM | {"instruction": {"en": " "}}]),
            ("attention_items", [ASKED | {"rules": []}]),
            ("attention_items", [ASKED | {"rules": [RULE] * 11}]),
            ("attention_items", [ASKED | {"rules": [RULE, {"filter": "exposure"}]}]),
            ("attention_items", [ASKED | {"rules": [RULE, RULE | {"parameter": "ev"}]}]),
            ("attention_items", [ASKED | {"rules": [RULE], "match": "most"}]),
            ("attention_items", [ITEM | {"rules": [RULE]}]),
        ],
    )
    def test_a_setting_out_of_its_range_is_refused_by_its_name(self, study, name, value):
        setattr(study, name, value)
        assert wrong(study) == {name}

    def test_what_fits_is_taken(self, study):
        study.change(
            {"conditions": CONDITIONS, "attention_items": [ITEM, SEVERAL], "filters": ["exposure"], "repeat_share": 0.2}
        )
        study.full_clean()

    def test_a_study_opens_once_it_says_who_is_responsible(self, db):
        study = Study(slug="new", title="New", state="open")
        assert wrong(study) == set(KNOWN)
        study.change(KNOWN)
        study.full_clean()


class TestFreezing:
    def test_what_data_depend_on_is_fixed_once_somebody_has_joined(self, study, player):
        study.change({"maximum_steps": 3, "title": "Another title"})
        assert wrong(study) == {"maximum_steps"}

    @pytest.mark.parametrize("state", ["open", "paused", "closed", "draft"])
    def test_it_is_fixed_from_the_opening_on_whatever_state_follows(self, db, state):
        other = Study.objects.create(slug="other", title="Other", controller="c", contact="c", ethics_approval="e")
        other.maximum_steps = 4
        other.full_clean()
        other.state = "open"
        other.save()
        other.state = state
        other.save()
        other.maximum_steps = 3
        with pytest.raises(ValidationError, match="begin a copy of the study"):
            other.full_clean()
        other.maximum_steps, other.state = 4, "open"
        other.full_clean()

    def test_nobody_has_joined_in_a_preview(self, study, researcher):
        assert researcher.join().status_code == 200
        assert Participation.objects.get().preview
        study.maximum_steps = 3
        study.full_clean()


class TestChanges:
    def test_every_change_is_kept_with_who_made_it(self, study, ada):
        study.changed_by, study.minutes = ada, 20
        study.save()
        study.save()
        last = study.changes.last()
        assert (last.changed_by, last.values["minutes"]) == (ada, 20)
        assert study.changes.filter(values__minutes=20).count() == 1

    def test_a_participation_names_the_configuration_that_it_began_under(self, study, player):
        study.title = "Another title"
        study.save()
        assert Participation.objects.get().began_under.values["title"] == "Open study"


class TestCopies:
    def test_an_exported_configuration_reads_back_the_same(self, study):
        study.change({"conditions": CONDITIONS, "retention_date": "2030-01-31", "minutes": 12})
        study.save()
        text = json.dumps(write_configuration(study))
        other = Study(slug="other")
        read_configuration(other, text)
        assert (other.state, write_configuration(other)) == ("draft", json.loads(text))

    @pytest.mark.parametrize("text", ["{", "[]", '{"format": "safelight-study"}', '{"format": "x"}'])
    def test_what_is_no_configuration_is_refused(self, study, text):
        with pytest.raises(ValidationError):
            read_configuration(study, text)

    def test_a_setting_that_there_is_not_is_named(self, study):
        content = write_configuration(study)
        content["settings"]["colour"] = "red"
        with pytest.raises(ValidationError, match="no setting colour"):
            read_configuration(study, json.dumps(content))

    def test_a_copy_is_a_draft_with_the_same_photos(self, study, photo, ada):
        copied = begin_copy(study, free_slug(study.slug), ada)
        assert (copied.slug, copied.state, list(copied.photos.all())) == ("default-2", "draft", [photo])
        assert copied.to_json() == study.to_json()
        assert copied.changes.get().changed_by == ada

    def test_the_command_exports_imports_and_copies(self, study, tmp_path):
        path = tmp_path / "study.json"
        call_command("study", "export", "default", "-o", str(path))
        call_command("study", "import", "fresh", str(path), stdout=StringIO())
        call_command("study", "copy", "fresh", "fresher", stdout=StringIO())
        assert set(Study.objects.values_list("slug", flat=True)) >= {"fresh", "fresher"}
        path.write_text(path.read_text().replace('"maximum_steps": 5', '"maximum_steps": 9'))
        with pytest.raises(CommandError, match="maximum_steps"):
            call_command("study", "import", "default", str(path))

    def test_the_admin_exports_imports_and_copies(self, admin_client, study, tmp_path):
        address = f"/admin/studies/study/{study.pk}"
        exported = admin_client.get(f"{address}/configuration.json")
        assert exported.json()["settings"]["title"] == "Open study"
        path = tmp_path / "study.json"
        path.write_bytes(exported.content.replace(b'"minutes": null', b'"minutes": 7'))
        with path.open("rb") as file:
            assert admin_client.post(f"{address}/configuration/", {"file": file}).status_code == 302
        study.refresh_from_db()
        assert study.minutes == 7
        path.write_bytes(b"{}")
        with path.open("rb") as file:
            assert b"not the configuration" in admin_client.post(f"{address}/configuration/", {"file": file}).content
        admin_client.post("/admin/studies/study/", {"action": "copy", "_selected_action": [study.pk]})
        assert Study.objects.get(slug="default-2").changes.get().changed_by.username == "admin"

    def test_only_who_may_see_studies_exports_one(self, researcher, study):
        assert researcher.get(f"/admin/studies/study/{study.pk}/configuration.json").status_code == 403
        assert researcher.get(f"/admin/studies/study/{study.pk}/configuration/").status_code == 403
        assert Player().get(f"/admin/studies/study/{study.pk}/configuration.json").status_code == 302


class TestStates:
    @pytest.mark.parametrize("state", ["draft", "preview", "paused", "closed"])
    def test_only_an_open_study_takes_people(self, study, stranger, refused, state):
        study.state = state
        study.save()
        assert refused(stranger.join()) == (403, "study_closed")

    def test_researchers_try_a_preview(self, study, researcher, photo, played):
        study.state = "preview"
        study.save()
        assert researcher.join().status_code == 200
        assert researcher.next().json()["photo"]["id"] == photo.pk

    def test_who_has_joined_goes_on_while_it_is_paused(self, study, player, photo, played):
        study.state = "paused"
        study.save()
        assert player.next().json()["photo"]["id"] == photo.pk

    def test_a_study_that_is_not_listed_is_found_by_its_link(self, study, stranger, built):
        study.listed = False
        study.save()
        assert "Open study" not in stranger.get("/").content.decode()
        assert stranger.get("/play/default/consent/").status_code == 200


class TestConditions:
    def test_they_are_filled_evenly_and_change_what_they_say(self, study):
        study.conditions = CONDITIONS
        study.save()
        players = [Player() for _ in range(4)]
        for player in players:
            assert player.join().status_code == 200
        assert sorted(Participation.objects.values_list("condition", flat=True)) == ["five", "five", "three", "three"]
        steps = [player.get("/api/studies/default/").json()["maximum_steps"] for player in players]
        assert sorted(steps) == [3, 3, 5, 5]


class TestTexts:
    def test_each_box_must_be_ticked(self, study, stranger):
        study.consent_boxes = ["I am 18 or older.", "I read the text."]
        study.save()
        page = "/play/default/consent/"
        assert "I am 18 or older." in stranger.get(page).content.decode()
        form = {"version": study.consent_version, "csrfmiddlewaretoken": stranger.client.cookies["csrftoken"].value}
        assert "tick each box" in stranger.client.post(page, form | {"box": ["1"]}).content.decode()
        assert stranger.client.post(page, form | {"box": ["1", "2"]}).status_code == 302
        assert "[x] I am 18 or older." in Consent.objects.get().text

    def test_a_study_that_is_taken_in_one_language_is_shown_in_it(self, study, stranger):
        study.languages = ["de"]
        study.save()
        assert '<html lang="de">' in stranger.get("/play/default/consent/").content.decode()
        assert '<html lang="en">' in stranger.get("/").content.decode()

    def test_they_are_shown_in_the_visitors_language_and_a_changed_one_is_a_new_version(self, study, stranger):
        study.translations = {"de": {"title": "Offene Studie", "consent_text": "Worum es geht."}}
        study.save()
        assert study.consent_version == 2
        german = stranger.get("/api/studies/default/", headers={"Accept-Language": "de"}).json()
        assert (german["title"], german["consent"]["text"]) == ("Offene Studie", "Worum es geht.")
        assert stranger.get("/api/studies/default/").json()["title"] == "Open study"
