"""Studies on the desk: the list, beginning and copying one, its settings, its state, its links."""

import json
from copy import deepcopy

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from webapp.desk.rows import Rows
from webapp.studies.log import StudyAction
from webapp.studies.members import Membership
from webapp.studies.models import Study, StudyChange

CAST = ("researcher",)
KNOWN = {"controller": "University of Somewhere", "contact": "ada@example.org", "ethics_approval": "EC 12/2026"}


def post(browser, address, **data):
    """Send a form, as a page of ours does."""
    token = browser.client.cookies["csrftoken"].value
    return browser.client.post(address, data | {"csrfmiddlewaretoken": token})


def text(response):
    return response.content.decode()


def rows(name, bound):
    """What the rows of a setting would send, as they stand."""
    formset = bound.field.widget.filled(name, bound.value())
    sent = {f"{name}-TOTAL_FORMS": len(formset.forms), f"{name}-INITIAL_FORMS": formset.initial_form_count()}
    for row in formset.forms:
        sent |= {field.html_name: field.value() for field in row}
    return sent


def judging(name):
    """A task of judging."""
    return {"kind": "rating", "name": name, "makers": ["person"], "trials": 2}


def row(setting, number, **fields):
    """What a row says that is added as the one with that number."""
    sent = {f"{setting}-{number}-{field}": value for field, value in fields.items()}
    return {f"{setting}-TOTAL_FORMS": number + 1} | sent


@pytest.fixture
def draft(study):
    """The default study, as a draft that lacks nothing."""
    study.change(KNOWN)
    study.state = "draft"
    study.save()
    return study


def filled(browser):
    """What the form of the default study would send."""
    bound = browser.get("/desk/studies/default/configure/").context["form"]
    values = {}
    for name, field in bound.fields.items():
        if not field.disabled:
            values |= rows(name, bound[name]) if isinstance(field, Rows) else {name: bound[name].value()}
    return {
        name: "on" if value is True else value
        for name, value in values.items()
        if value is not None and value is not False
    }


@pytest.fixture
def form(owner, study):
    """Opens the form of the study, as it is by then, and tells what it would send."""
    return lambda browser=owner: filled(browser)


@pytest.fixture(scope="module")
def unchanged_once(made_once, cast):
    """What the form of the study sends as it is at first, for all tests."""
    with made_once():
        yield filled(cast["researcher"].copy())


@pytest.fixture
def unchanged(unchanged_once, study):
    """That."""
    return deepcopy(unchanged_once)


class TestTheList:
    def test_it_works(self, owner, study, photo):
        page = text(owner.get("/desk/"))
        assert "Open study" in page
        assert "you: owner" in page

    def test_studies_of_others_are_not_in_it(self, owner):
        Study.objects.create(slug="other", title="Of others")
        assert "Of others" not in text(owner.get("/desk/"))

    def test_one_lands_there_after_login(self, client, ada):
        answer = client.post("/login/", {"login": "ada", "password": "correct horse battery"})
        assert answer["Location"] == "/desk/"

    def test_the_old_address_of_photos_leads_on(self, owner):
        assert owner.get("/photos/?study=default")["Location"] == "/desk/studies/default/photos/"

    def test_a_former_slug_leads_on(self, owner, ada):
        study = Study.objects.create(slug="before", title="Renamed")
        Membership.objects.create(study=study, user=ada)
        study.slug = "after"
        study.save()
        assert owner.get("/desk/studies/before/people/")["Location"] == "/desk/studies/after/people/"


class TestBeginning:
    def test_who_begins_a_study_owns_it(self, owner, ada):
        answer = post(owner, "/desk/new/", title="Dark photos", slug="dark")
        assert answer["Location"] == "/desk/studies/dark/configure/"
        study = Study.objects.get(slug="dark")
        assert (study.state, study.memberships.get().user, study.memberships.get().role) == ("draft", ada, "owner")

    def test_a_slug_that_is_taken_is_refused_beside_the_field(self, owner, study):
        answer = post(owner, "/desk/new/", title="Another", slug="default")
        assert "Study with this Slug already exists" in text(answer)

    def test_a_copy_has_the_settings_and_the_photos(self, viewer, study, photo):
        answer = post(viewer, "/desk/studies/default/copy/")
        assert answer["Location"] == "/desk/studies/default-2/"
        copied = Study.objects.get(slug="default-2")
        assert (copied.state, list(copied.playable), copied.memberships.get().role) == ("draft", [photo], "owner")
        assert StudyAction.objects.get(study=copied).action == "began it as a copy of default"


class TestSettings:
    def test_the_form_has_all_of_them(self, owner, study):
        sections = owner.get("/desk/studies/default/configure/").context["sections"]
        shown = {field.name for section in sections for field in section.fields}
        # Attention items are made on the page of photos.
        assert shown == {"slug", *Study.setting_names()} - {"attention_items"}
        assert "0 attention items" in text(owner.get("/desk/studies/default/configure/"))

    def test_it_works(self, owner, study, ada, unchanged):
        answer = post(owner, "/desk/studies/default/configure/", **unchanged | {"title": "Renamed", "minutes": "20"})
        assert answer["Location"] == "/desk/studies/default/"
        study.refresh_from_db()
        assert (study.title, study.minutes) == ("Renamed", 20)
        assert StudyChange.objects.last().changed_by == ada

    def test_boxes_are_written_one_a_line(self, owner, study, unchanged, form):
        post(owner, "/desk/studies/default/configure/", **unchanged | {"consent_boxes": "I am 18.\n\n I agree. "})
        study.refresh_from_db()
        assert study.consent_boxes == ["I am 18.", "I agree."]
        assert form()["consent_boxes"] == "I am 18.\nI agree."

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("maximum_steps", "9", "less than or equal to 5"),
            pytest.param("conditions-TOTAL_FORMS", "many", "marked", marks=pytest.mark.long),
            pytest.param("title", "", "required", marks=pytest.mark.long),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(self, owner, unchanged, name, value, said):
        answer = post(owner, "/desk/studies/default/configure/", **unchanged | {name: value})
        assert answer.status_code == 400
        setting, _, _ = name.partition("-")
        assert any(said in error for error in answer.context["form"].errors[setting])
        assert f'href="#setting-{setting}"' in text(answer)

    def test_lists_are_made_of_fields(self, owner, study, unchanged):
        sent = unchanged
        sent |= row(
            "conditions", 0, name="three", maximum_steps="3", allow_untouched="yes", filters=["exposure", "tone"]
        )
        sent |= row("conditions", 1, name="five", more='{"agent": ""}')
        sent |= row("translations", 0, language="de", title="Fotos", consent_boxes="Ich bin 18.\nIch stimme zu.")
        sent |= row("tasks", 0, kind="play")
        sent |= row("tasks", 1, kind="rating", name="best", makers=["person", "untouched"], agents="agent:a, agent:b",
                    trials="20", question_de="Wie gut?", studies="default")  # fmt: skip
        sent |= row("tasks", 2, kind="questionnaire", name="after")
        sent |= row("questionnaires", 0, name="after", survey='{"elements": [{"type": "text", "name": "age"}]}')
        answer = post(owner, "/desk/studies/default/configure/", **sent)
        assert answer.status_code == 302, answer.context["form"].errors
        study.refresh_from_db()
        assert study.conditions == [
            {
                "name": "three",
                "changes": {"filters": ["exposure", "tone"], "maximum_steps": 3, "allow_untouched": True},
            },
            {"name": "five", "changes": {"agent": ""}},
        ]
        assert study.translations == {"de": {"title": "Fotos", "consent_boxes": ["Ich bin 18.", "Ich stimme zu."]}}
        makers = ["person", "untouched", "agent:a", "agent:b"]
        assert study.tasks == [
            {"kind": "play"},
            {"kind": "rating", "name": "best", "makers": makers, "trials": 20, "question": {"de": "Wie gut?"},
             "studies": ["default"]},
            {"kind": "questionnaire", "name": "after"},
        ]  # fmt: skip
        assert study.questionnaires == {"after": {"elements": [{"type": "text", "name": "age"}]}}

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            pytest.param(
                "conditions",
                [
                    {"name": "a", "changes": {"photos_per_participant": None, "tasks": [], "reveal": "off"}},
                    {
                        "name": "b",
                        "changes": {"tutorial": False, "filters": [], "repeat_share": 0.5, "agent": "agent:x"},
                    },
                ],
                marks=pytest.mark.long,
            ),
            pytest.param(
                "translations", {"de": {"title": "Fotos", "consent_text": "Ja?"}, "fr": {}}, marks=pytest.mark.long
            ),
            (
                "tasks",
                [
                    {"kind": "play"},
                    {
                        "kind": "pair",
                        "name": "p",
                        "makers": ["person", "agent:x"],
                        "judgements_per_picture": 3,
                        "repeat_share": 0.2,
                        "question": {"en": "Which?", "fr": "Lequel ?"},
                        "attention_items": [{"photo": "a" * 64, "answers": [1]}],
                    },
                ],
            ),
            pytest.param(
                "questionnaires",
                {"q": {"pages": [{"elements": [{"type": "comment", "name": "ä"}]}]}},
                marks=pytest.mark.long,
            ),
        ],
    )
    def test_what_is_left_alone_stays_as_it_is(self, owner, study, form, setting, value):
        study.reveal = "off"
        study.change({setting: value})
        study.full_clean()
        study.save()
        answer = post(owner, "/desk/studies/default/configure/", **form() | {"minutes": "3"})
        assert answer.status_code == 302, answer.context["form"].errors
        study.refresh_from_db()
        assert (getattr(study, setting), study.minutes) == (value, 3)

    def test_rows_are_taken_out_and_tasks_put_in_another_order(self, owner, study, form):
        study.change({"tasks": [{"kind": "play"}, *(judging(name) for name in "ab")]})
        study.save()
        sent = form() | {"tasks-0-ORDER": "9", "tasks-1-DELETE": "on"}
        assert post(owner, "/desk/studies/default/configure/", **sent).status_code == 302
        study.refresh_from_db()
        assert study.tasks == [judging("b"), {"kind": "play"}]

    @pytest.mark.parametrize(
        ("setting", "fields", "said"),
        [
            ("tasks", {"kind": "play", "trials": "3"}, "there is no setting trials of this kind of task"),
            ("conditions", {"name": "one", "maximum_steps": "many"}, "Enter a whole number."),
            *(
                pytest.param(*wrong, marks=pytest.mark.long)
                for wrong in (
                    ("tasks", {"kind": "", "name": "x"}, "This field is required."),
                    ("tasks", {"kind": "rating", "name": "x", "trials": "many"}, "Enter a whole number."),
                    ("tasks", {"kind": "rating", "name": "x", "makers": ["person"], "more": "[1]"}, "An object, such"),
                    ("questionnaires", {"name": "x", "survey": "{"}, "Enter a valid JSON."),
                    ("conditions", {"name": "one"}, "at least two"),
                    ("translations", {"language": "german"}, "is no code of a language"),
                )
            ),
        ],
    )
    def test_what_is_wrong_in_a_row_is_said_in_it_and_nothing_typed_is_lost(
        self, owner, unchanged, setting, fields, said
    ):
        answer = post(
            owner, "/desk/studies/default/configure/", **unchanged | row(setting, 0, **fields) | {"minutes": "7"}
        )
        assert answer.status_code == 400
        page = text(answer)
        assert said in page
        assert f'href="#setting-{setting}"' in page
        assert f'name="{setting}-0-{next(iter(fields))}"' in page
        assert Study.objects.get().minutes is None

    def test_nothing_is_changed_by_what_is_refused(self, owner, study, unchanged):
        post(owner, "/desk/studies/default/configure/", **unchanged | {"maximum_steps": "9", "title": "Another"})
        assert Study.objects.get(pk=study.pk).title == "Open study"

    def test_two_windows_do_not_overwrite_each_other(self, owner, editor, study, unchanged, form):
        older = unchanged
        post(editor, "/desk/studies/default/configure/", **form(editor) | {"minutes": "20"})
        answer = post(owner, "/desk/studies/default/configure/", **older | {"minutes": "10"})
        assert answer.status_code == 400
        assert "Changed meanwhile. It is now: 20" in text(answer)

    def test_what_data_depend_on_is_fixed_once_somebody_has_joined(self, owner, study, player, form):
        page = owner.get("/desk/studies/default/configure/")
        assert page.context["form"].fields["maximum_steps"].disabled
        post(owner, "/desk/studies/default/configure/", **form() | {"maximum_steps": "3", "minutes": "10"})
        study.refresh_from_db()
        assert (study.maximum_steps, study.minutes) == (5, 10)

    def test_a_file_takes_their_place(self, owner, study):
        exported = json.loads(owner.get("/desk/studies/default/configuration.json").content)
        exported["settings"]["minutes"] = 7
        file = SimpleUploadedFile("study.json", json.dumps(exported).encode())
        assert post(owner, "/desk/studies/default/configuration/", file=file).status_code == 302
        study.refresh_from_db()
        assert study.minutes == 7

    def test_a_file_that_is_none_is_refused_with_the_reason(self, owner):
        answer = post(owner, "/desk/studies/default/configuration/", file=SimpleUploadedFile("x.json", b"[]"))
        assert answer.status_code == 400
        assert "This is not the configuration of a study." in text(answer)
        assert "Choose a file" in text(post(owner, "/desk/studies/default/configuration/"))


class TestState:
    def test_a_study_goes_from_a_draft_to_its_end(self, owner, draft, ada):
        for state in ("preview", "open", "paused", "open", "closed"):
            assert post(owner, "/desk/studies/default/state/", state=state).status_code == 302
            draft.refresh_from_db()
            assert draft.state == state
        assert StudyChange.objects.last().changed_by == ada

    def test_what_is_missing_is_said_and_nothing_opens(self, owner, study):
        Study.objects.filter(pk=study.pk).update(state="draft")
        page = text(owner.get("/desk/studies/default/"))
        for name in ("Controller", "Contact", "Ethics approval"):
            assert f"{name}: Needed before the study opens." in page
        assert "It has no photos." in page
        answer = post(owner, "/desk/studies/default/state/", state="open")
        assert answer.status_code == 409
        assert "Contact: Needed before the study opens." in text(answer)
        assert Study.objects.get(pk=study.pk).state == "draft"

    @pytest.mark.parametrize(("match", "is_doubted"), [("any", False), ("all", True)])
    def test_an_attention_item_that_nobody_can_do_is_doubted(self, owner, draft, photo, match, is_doubted):
        rules = [
            {"filter": slug, "parameter": name, "low": 0.9, "high": 1}
            for slug, name in (("exposure", "ev"), ("black_white", "amount"))
        ]
        draft.change(
            {
                "filters": ["exposure"],
                "attention_items": [{"photo": photo.pk, "instruction": {}, "rules": rules, "match": match}],
            }
        )
        draft.save()
        page = text(owner.get("/desk/studies/default/"))
        assert ("can be done by no filter that the study offers" in page) is is_doubted

    def test_a_state_that_does_not_follow_is_refused(self, owner, draft):
        for state in ("closed", "", "x" * 500):
            assert post(owner, "/desk/studies/default/state/", state=state).status_code == 409

    def test_links_have_what_the_recruiter_fills_in(self, owner, study):
        assert "/play/default/" in text(owner.get("/desk/studies/default/"))
        study.entry_parameter, study.entry_required = "PROLIFIC_PID", True
        study.save()
        links = owner.get("/desk/studies/default/").context["links"]
        query = "PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
        assert links[0].address.endswith(f"/play/default/?{query}")

    def test_viewers_have_no_buttons(self, viewer):
        page = text(viewer.get("/desk/studies/default/"))
        assert "Pause it" not in page
        assert "Settings" not in page


def test_pages_are_english_whatever_the_language(owner, form):
    page = text(owner.get("/desk/studies/default/configure/", headers={"Accept-Language": "de"}))
    assert '<html lang="en">' in page
    assert "Log out" in page
