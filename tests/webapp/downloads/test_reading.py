"""Downloads of photos that were stored before the reading of photos was corrected."""

import io

import numpy as np
import pytest
import tifffile

from editing.game.filters import apply_steps
from editing.game.rules import Step
from editing.photos.preview import load_preview
from tests.webapp.downloads.downloading import ask, fetched, reason, states, url
from webapp.studies.models import Study


@pytest.fixture
def play(transactional_db, player, study, store_as_before, played):
    """Plays a photo that was stored before, in a study that offers downloads."""

    def play(*, reads_alike):
        Study.objects.update(allow_downloads=True, agent="")
        _, photo = store_as_before(reads_alike=reads_alike)
        assert player.send(photo, played).status_code == 200
        return photo

    return play


def test_one_that_reads_alike_is_developed_as_it_was_played(player, play, played, work):
    photo = play(reads_alike=True)
    assert "reading" not in photo.decoding
    ask(player, played, "tiff16")
    work()
    steps = [Step("exposure", {"ev": 1.5}), Step("contrast", {"amount": 0.25})]
    wanted = apply_steps(load_preview(photo.preview.path), steps).clip(0, 1)
    developed = tifffile.imread(io.BytesIO(fetched(player, played, "tiff16"))) / 65535
    assert np.max(np.abs(developed - wanted)) < 1e-2  # the preview has float16


def test_one_that_reads_otherwise_is_refused_with_the_reason_to_players_and_researchers(
    player, researcher, play, played, work, refused
):
    photo = play(reads_alike=False)
    before = photo.preview.path.read_bytes()
    ask(player, played)
    work()
    assert states(player, played) == {}
    assert reason() == (
        "The reading of photos has been corrected since: at full size this one would no longer look as you played it."
    )
    for browser in (player, researcher):
        answer = browser.get(url(played)).json()
        assert (answer["offered"], answer["reason"]) == (False, reason())
        assert refused(ask(browser, played)) == (409, "reads_otherwise")
    photo.refresh_from_db()
    assert photo.preview.path.read_bytes() == before
