"""Quality on the desk: who is worth a look and why, and single episodes that are excluded and taken in again."""

import pytest

from tests.webapp.desk.test_studies import post, text
from webapp.games.models import Episode
from webapp.quality.measuring import measure_new
from webapp.studies.log import StudyAction
from webapp.studies.models import Participation

PAGE = "/desk/studies/default/quality/"


@pytest.fixture
def episode(study, player, photo, played):
    """What a person has handed in."""
    player.send(photo, played)
    return Episode.objects.get()


def test_the_page_of_an_empty_study_says_so(owner, study):
    assert "Nobody has joined yet" in text(owner.get(PAGE))


def test_distributions_and_who_lies_beyond_a_threshold(owner, study, player, make_photo, events):
    for seed in range(3):
        photo = make_photo(seed)
        adjusted = {"step": 0, "filter": "exposure", "parameters": {"ev": 1.0 + seed}}
        actions = ("start", {}), ("choose", {"step": 0, "filter": "exposure"}), ("adjust", adjusted), ("submit", {})
        assert player.send(photo, events(*actions)).status_code == 200
    assert "3 photos wait to be measured" in text(owner.get(PAGE))
    measure_new()
    page = text(owner.get(PAGE))
    assert "less time for a photo than careful work takes (0.3 s)" in page
    pseudonym = Participation.objects.get().pseudonym
    assert f"/people/{pseudonym}/" in page
    assert "1 below 5 s" in page
    assert "wait to be measured" not in page
    # It is said where people are looked at, too.
    assert "1 person: fast 1." in text(owner.get("/desk/studies/default/progress/"))
    assert f"/people/{pseudonym}/" in text(owner.get("/desk/studies/default/people/?state=flagged"))
    own = text(owner.get(f"/desk/studies/default/people/{pseudonym}/"))
    assert '<strong class="bad">0.3 s</strong>' in own
    assert "below 5 s" in own
    study.flag_seconds = None
    study.save()
    assert "Nobody like that" in text(owner.get("/desk/studies/default/people/?state=flagged"))
    assert "beyond a threshold" in text(owner.get("/desk/studies/default/progress/"))


def test_an_episode_is_excluded_with_a_reason_and_taken_in_again(editor, episode):
    address = f"/desk/studies/default/episodes/{episode.pk}/"
    assert "Why it is excluded" in text(editor.get(address))
    assert "Say why." in text(post(editor, f"{address}judge/", verdict="exclude", reason=" "))
    assert post(editor, f"{address}judge/", verdict="exclude", reason="blurred")["Location"] == address
    episode.refresh_from_db()
    assert (episode.status, episode.exclusion_reason) == ("excluded", "blurred")
    assert "Take it in again" in text(editor.get(address))
    post(editor, f"{address}judge/", verdict="accept")
    episode.refresh_from_db()
    assert (episode.status, episode.exclusion_reason) == ("submitted", "")
    assert [row.action.split(" ")[0] for row in StudyAction.objects.exclude(study=None).order_by("pk")] == [
        "excluded",
        "took",
    ]


def test_a_viewer_sees_it_and_changes_nothing(viewer, episode):
    address = f"/desk/studies/default/episodes/{episode.pk}/"
    assert "Why it is excluded" not in text(viewer.get(address))
    assert post(viewer, f"{address}judge/", verdict="exclude", reason="blurred").status_code == 403
    assert Episode.objects.get().status == "submitted"
