"""/finished/: what a player has handed in, where the study offers it at full size."""

import html
import io
import json
import re

import pytest
from PIL import Image

from tests.webapp.downloads.downloading import ask
from webapp.photos.models import Photo
from webapp.photos.storing import remove
from webapp.studies.models import Study

PAGE = "/finished/"


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def downloads(page):
    return [json.loads(html.unescape(found)) for found in re.findall(r'data-downloads="([^"]*)"', page)]


def test_it_works(player, photo, finished, work):
    ask(player, finished)
    work()
    page = text(player.get(PAGE))
    assert "Picture 1" in page
    assert photo.name not in page
    assert "2 steps" in page
    url = f"/api/episodes/{finished[0]['episode']}/downloads/jpeg/"
    assert downloads(page) == [[{"format": "jpeg", "state": "ready", "reason": "", "url": url}]]
    assert player.get(PAGE).cookies["csrftoken"].value


def test_the_start_leads_to_it(player, study, finished):
    assert f'href="{PAGE}"' in text(player.get("/"))
    Study.objects.update(allow_downloads=False)
    assert f'href="{PAGE}"' not in text(player.get("/"))


def test_its_pictures_are_small_and_as_they_were_handed_in(player, finished):
    path = f"{PAGE}{finished[0]['episode']}.webp"
    for _ in range(2):
        response = player.get(path)
        assert "private" in response["Cache-Control"]
        picture = Image.open(io.BytesIO(b"".join(response.streaming_content)))
        assert (picture.format, picture.size) == ("WEBP", (96, 64))


def test_a_picture_without_an_original_says_why(player, finished):
    Photo.objects.update(original_suffix="")
    page = text(player.get(PAGE))
    assert "not its original" in page
    assert downloads(page) == []


@pytest.mark.parametrize("visitor", ["other_player", "stranger", "researcher"])
def test_nobody_else_sees_them(request, finished, visitor):
    browser = request.getfixturevalue(visitor)
    assert "There is nothing here" in text(browser.get(PAGE))
    assert browser.get(f"{PAGE}{finished[0]['episode']}.webp").status_code == 404


def test_a_study_without_downloads_shows_none(player, finished):
    Study.objects.update(allow_downloads=False)
    assert "There is nothing here" in text(player.get(PAGE))
    assert player.get(f"{PAGE}{finished[0]['episode']}.webp").status_code == 404


def test_a_removed_photo_is_gone_from_it(player, photo, finished, settings):
    thumbnail = settings.DATA_DIR / "thumbnails" / f"{finished[0]['episode']}.webp"
    player.get(f"{PAGE}{finished[0]['episode']}.webp").close()
    assert thumbnail.exists()
    remove(photo)
    assert "There is nothing here" in text(player.get(PAGE))
    assert player.get(f"{PAGE}{finished[0]['episode']}.webp").status_code == 404
    assert not thumbnail.exists()


def test_a_preview_that_is_lost_leaves_a_page_without_it(player, photo, finished):
    photo.preview.path.unlink()
    assert "Picture 1" in text(player.get(PAGE))
    assert player.get(f"{PAGE}{finished[0]['episode']}.webp").status_code == 404


def test_it_needs_no_inline_script_or_style(player, finished):
    page = text(player.get(PAGE))
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
