"""GET /api/studies/{slug}/"""

from editing.game.filters import FILTERS, VERSION
from webapp.studies.texts import default_consent_text


def test_it_works(stranger, photo):
    response = stranger.get("/api/studies/default/")
    assert response.status_code == 200
    assert response.json() == {
        "slug": "default",
        "title": "Open study",
        "open": True,
        "allow_untouched": False,
        "allow_downloads": False,
        "reveal": "end",
        "tutorial": False,
        "organiser": "",
        "minutes": None,
        "controller": "",
        "contact": "",
        "data_licence": "",
        "maximum_steps": 5,
        "filters": list(FILTERS),
        "consent": {"version": 1, "text": default_consent_text(), "boxes": []},
        "photos": 1,
        "contract_version": VERSION,
    }


def test_it_sets_the_csrf_cookie(client, study):
    assert client.get("/api/studies/default/").cookies["csrftoken"].value


def test_an_unknown_study_is_not_found(stranger, refused):
    assert refused(stranger.get("/api/studies/nope/")) == (404, "not_found")


def test_an_unknown_address_of_the_api_is_answered_in_json(stranger, refused):
    assert refused(stranger.get("/api/nothing/here/")) == (404, "not_found")


def test_a_wrong_method_is_refused_by_name(stranger, refused):
    assert refused(stranger.post("/api/studies/default/", {})) == (405, "method_not_allowed")
