"""The thumbnails of photos."""

import io

import pytest
from PIL import Image

CAST = ("researcher",)


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


def test_an_address_that_names_the_preview_is_kept_for_good(researcher, photo):
    address = f"/photos/{photo.pk}/bright.webp"
    kept = {}
    for query in ("", f"?{photo.preview_sha256[:16]}", "?another"):
        response = researcher.get(address + query)
        assert response.getvalue()
        kept[query] = "immutable" in response["Cache-Control"]
    assert list(kept.values()) == [False, True, False]
