"""What a photo's file tells of its photographer stays with the researcher, unless the study says otherwise."""

import io
from contextlib import closing

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image

from editing.photos.exif import METADATA
from tests.webapp.downloads.downloading import ask, fetched, states, url
from webapp.downloads.models import FILES, Download
from webapp.photos.thumbnails import thumbnail
from webapp.studies.models import Study
from webapp.studies.photos import add_photo

EXPOSURE, PLACE = 0x8769, 0x8825
CAMERA, AUTHOR, SHUTTER, MAKER_NOTE, OWNER, SERIAL = 0x0110, 0x013B, 0x829A, 0x927C, 0xA430, 0xA431
PRIVATE = [b"Ada Author", b"Olga Owner", b"SERIAL-4711", b"NOTES-OF-THE-MAKER"]


@pytest.fixture
def private_photo(transactional_db, study, tmp_path):
    """A JPEG that tells where it was taken, by whom and with which camera."""
    exif = Image.Exif()
    exif[CAMERA], exif[AUTHOR] = "Camera 5", "Ada Author"
    exposure, place = exif.get_ifd(EXPOSURE), exif.get_ifd(PLACE)
    exposure[SHUTTER], exposure[MAKER_NOTE] = 0.004, b"NOTES-OF-THE-MAKER"
    exposure[OWNER], exposure[SERIAL] = "Olga Owner", "SERIAL-4711"
    place[1], place[2] = "N", (48.0, 8.0, 15.5)
    path = tmp_path / "street.jpg"
    pixels = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, exif=exif)
    assert all(text in path.read_bytes() for text in PRIVATE)
    Study.objects.filter(pk=study.pk).update(allow_downloads=True, agent="")
    return add_photo(study, path).photo


@pytest.fixture
def hand_in(player, private_photo, played):
    """Plays it; the events."""
    assert player.send(private_photo, played).json()["status"] == "submitted"
    return played


def exif_of(content):
    with Image.open(io.BytesIO(content)) as picture:
        exif = picture.getexif()
        return exif, exif.get_ifd(EXPOSURE), exif.get_ifd(PLACE)


def test_a_download_keeps_the_camera_and_nothing_of_place_owner_or_serial(player, hand_in, work):
    for file_format in FILES:
        ask(player, hand_in, file_format)
    work()
    for file_format in FILES:
        content = fetched(player, hand_in, file_format)
        exif, exposure, place = exif_of(content)
        assert (exif[CAMERA], float(exposure[SHUTTER])) == ("Camera 5", 0.004), file_format
        assert not place
        assert [text for text in PRIVATE if text in content] == []


def test_only_researchers_see_the_name_of_a_photos_file_unless_the_study_lets_downloads_keep_all(
    player, researcher, private_photo, hand_in, work
):
    def name(browser):
        with closing(browser.get(f"{url(hand_in)}jpeg/")) as response:
            return response["Content-Disposition"].split("=")[1].strip('"')

    assert "street" not in player.next().content.decode()
    ask(player, hand_in)
    work()
    assert name(player) == f"photo-{private_photo.pk[:8]}.jpg"
    assert name(researcher) == "street.jpg"
    Study.objects.update(download_metadata="all")
    ask(player, hand_in)
    work()
    assert name(player) == "street.jpg"


def test_a_study_can_let_downloads_keep_all_but_maker_notes_or_nothing(player, hand_in, work):
    assert set(Study.Metadata.values) == set(METADATA)
    Study.objects.update(download_metadata="all")
    ask(player, hand_in)
    work()
    exif, exposure, place = exif_of(fetched(player, hand_in))
    assert (exif[AUTHOR], exposure[OWNER], exposure[SERIAL]) == ("Ada Author", "Olga Owner", "SERIAL-4711")
    assert place[2] == (48.0, 8.0, 15.5)
    assert MAKER_NOTE not in exposure
    Study.objects.update(download_metadata="none")
    ask(player, hand_in)
    work()
    assert CAMERA not in exif_of(fetched(player, hand_in))[0]


def test_a_download_that_keeps_more_than_the_study_now_lets_it_is_not_handed_out(player, hand_in, work, refused):
    Study.objects.update(download_metadata="all")
    ask(player, hand_in)
    work()
    Study.objects.update(download_metadata="safe")
    assert refused(player.get(f"{url(hand_in)}jpeg/")) == (410, "expired")
    assert states(player, hand_in) == {}
    ask(player, hand_in)
    work()
    assert b"SERIAL-4711" not in fetched(player, hand_in)


def test_a_download_of_before_this_was_written_down_is_made_anew(player, hand_in, work):
    ask(player, hand_in)
    work()
    Download.objects.update(metadata=Download._meta.get_field("metadata").default)
    assert states(player, hand_in) == {}


def test_previews_thumbnails_and_exports_never_have_them(player, private_photo, hand_in, tmp_path):
    call_command("export_dataset", output=tmp_path / "export")
    files = [path for path in (tmp_path / "export").rglob("*") if path.is_file()]
    files += [private_photo.preview.path, *(thumbnail(private_photo, look).path for look in ("game", "bright"))]
    assert len(files) > 5
    for path in files:
        assert [text for text in PRIVATE if text in path.read_bytes()] == []
