"""/photos/ and the thumbnails on it."""

import io

import pytest
from PIL import Image

from webapp.studies.models import Study


def test_it_works(researcher, make_photo):
    photo = make_photo(licence="CC0 1.0", attribution="Ada")
    page = researcher.get("/photos/")
    assert page.status_code == 200
    html = page.content.decode()
    assert photo.name in html
    assert f"/photos/{photo.pk}/game.webp" in html
    assert "Ada · CC0 1.0" in html


def test_without_photos_it_says_how_to_begin(researcher, study):
    html = researcher.get("/photos/").content.decode()
    assert "There are no photos yet" in html
    assert "import_photos" in html


def test_with_several_studies_the_way_to_begin_names_the_one(researcher, study):
    Study.objects.create(slug="other", title="Other", state="open")
    assert "import_photos FOLDER --study other" in researcher.get("/photos/?study=other").content.decode()


def test_a_closed_study_takes_no_photos(researcher, study):
    closed = Study.objects.create(slug="agents", title="Agents", state="closed")
    html = researcher.get("/photos/?study=agents").content.decode()
    assert "it takes no photos" in html
    assert f"/admin/studies/study/{closed.pk}/change/" in html
    assert 'id="upload"' not in html


def test_it_shows_the_study_that_is_asked_for(researcher, make_photo):
    photo = make_photo(into=Study.objects.create(slug="other", title="Other", state="open"))
    assert photo.name not in researcher.get("/photos/").content.decode()
    assert photo.name in researcher.get("/photos/?study=other&look=bright&page=9").content.decode()


@pytest.mark.parametrize("slug", ["nope", ""])
def test_an_unknown_study_is_not_found(researcher, study, slug):
    assert researcher.get(f"/photos/?study={slug}").status_code == 404


def test_players_are_sent_to_the_login(player):
    response = player.get("/photos/")
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/photos/"


@pytest.mark.parametrize("look", ["game", "bright"])
def test_a_thumbnail_is_a_small_picture(researcher, photo, look):
    for _ in range(2):
        response = researcher.get(f"/photos/{photo.pk}/{look}.webp")
        picture = Image.open(io.BytesIO(b"".join(response.streaming_content)))
        assert (picture.format, picture.size) == ("WEBP", (96, 64))


def test_a_thumbnail_shows_what_the_game_shows_first(researcher, study, tmp_path):
    import numpy as np

    from webapp.studies.photos import add_photo

    np.save(tmp_path / "dark.npy", np.full((64, 64, 3), 0.2, np.float32))
    photo = add_photo(study, tmp_path / "dark.npy").photo
    shown = {}
    for look in ("game", "bright"):
        response = researcher.get(f"/photos/{photo.pk}/{look}.webp")
        picture = Image.open(io.BytesIO(b"".join(response.streaming_content)))
        shown[look] = picture.convert("RGB").getpixel((4, 4))[0]
    assert shown["game"] == pytest.approx(0.2 * 255, abs=3)
    assert shown["bright"] > 240


def test_players_do_not_see_thumbnails(player, photo):
    assert player.get(f"/photos/{photo.pk}/game.webp").status_code == 302
