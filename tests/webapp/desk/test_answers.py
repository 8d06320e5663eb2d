"""What people said of pictures, on the desk."""

import pytest

from tests.webapp.desk.test_studies import text
from tests.webapp.ratings.conftest import do_photo, store_play
from webapp.desk.answers import answers_of, kinds_of, read_answers
from webapp.ratings.models import Showing
from webapp.studies.models import Participation

ANSWERS = "/desk/studies/default/answers/"


@pytest.fixture
def chosen(study, photo, player):
    """The player has chosen a favourite, their own."""
    do_photo(player, photo, 1.0)
    for number, name in enumerate(("someone-1", "someone-2", "agent:pretrained")):
        store_play(study, photo, name, 1.5 + number)
    study.agent = ""
    study.save()
    address = f"/api/studies/default/photos/{photo.pk}/reveal/"
    assert player.post(address, {}).status_code == 200
    showing = Showing.objects.get()
    own = showing.places.get(episode__participant=showing.participant)
    assert player.post(f"{address}answer/", {"place": own.index, "ms": 2500}).status_code == 200


def test_it_says_what_was_chosen_by_whom_and_how_fast(viewer, study, chosen):
    (kind,) = kinds_of(read_answers(answers_of(study)))
    assert (kind.name, kind.count, kind.people, kind.ms, kind.chosen) == ("favourite", 1, 1, 2500, [("their own", 1)])
    page = text(viewer.get(ANSWERS))
    assert "their own" in page
    assert "0:02.5" in page


def test_researchers_who_tried_it_are_left_out(viewer, study, chosen):
    Participation.objects.update(preview=True)
    assert not answers_of(study).exists()
    assert "Nobody has been asked anything yet" in text(viewer.get(ANSWERS))
