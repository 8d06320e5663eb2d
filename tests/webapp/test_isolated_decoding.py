"""Decoding what was uploaded: within limits that are stated, few at once, and nothing is left of what failed."""

from contextlib import ExitStack
from functools import partial

import pytest

from editing.photos.photo_error import PhotoError
from editing.photos.read_options import AUTO
from tests.webapp import decoders
from webapp.photos import isolated_decoding
from webapp.photos.decoding import NotSaved, SourceFile, decode
from webapp.photos.isolated_decoding import IN_LINE, SHARES, Busy, decode_isolated
from webapp.photos.storing import decoding_folder

MEGABYTE = 1 << 20


@pytest.fixture
def source(photo_file):
    return SourceFile.read(photo_file(1))


@pytest.fixture
def folder():
    """Where it is decoded to; nothing is left of that in the end."""
    with decoding_folder() as made:
        yield made
    assert list(made.parent.iterdir()) == []


@pytest.fixture
def impatient(settings):
    """A site that lets nobody wait."""
    settings.DECODING_WAIT = 0.0
    return settings


def test_it_works(source, tmp_path, folder):
    decoded = decode_isolated(source, folder)
    assert decoded == decode(source, tmp_path / "here")
    name = f"{decoded.preview_sha256}.npy"
    assert (folder / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_photo_that_cannot_be_read_is_refused_as_ever(tmp_path, folder):
    path = tmp_path / "text.png"
    path.write_text("no picture")
    with pytest.raises(PhotoError, match=r"^text\.png: it is named as a PNG, but"):
        decode_isolated(SourceFile.read(path), folder)


@pytest.mark.long
def test_what_needs_more_than_its_share_is_read_alone_with_all_the_memory(source, monkeypatch, settings, folder):
    settings.DECODING_MEMORY = 600
    monkeypatch.setattr(isolated_decoding, "decode", partial(decoders.hungry, megabytes=400))
    assert decode_isolated(source, folder).width == 96
    assert (source.path.parent / "attempts").read_text() == "x"


def test_what_needs_more_than_all_the_memory_is_refused_by_the_limit(source, monkeypatch, settings, folder):
    settings.DECODING_MEMORY = 200
    monkeypatch.setattr(isolated_decoding, "decode", partial(decoders.hungry, megabytes=400))
    with pytest.raises(PhotoError, match="reading it takes more than 200 MB of memory, which is this site's limit"):
        decode_isolated(source, folder)
    assert (source.path.parent / "attempts").read_text() == "xx"


def test_a_decoder_that_dies_is_tried_alone_and_leaves_nothing(source, monkeypatch, folder):
    monkeypatch.setattr(isolated_decoding, "decode", decoders.dying)
    with pytest.raises(PhotoError, match=r"its decoder crashed, or took more than 2600 MB of memory"):
        decode_isolated(source, folder)


def test_a_decoder_that_takes_too_long_is_ended_and_leaves_nothing(source, monkeypatch, settings, folder):
    settings.DECODING_SECONDS = 0.5
    monkeypatch.setattr(isolated_decoding, "decode", decoders.endless)
    with pytest.raises(PhotoError, match=r"takes longer than 0\.5 seconds, which is this site's limit"):
        decode_isolated(source, folder)


def test_both_processes_of_a_raw_file_fit_into_its_share(tmp_path, monkeypatch, settings, folder):
    settings.DECODING_MEMORY = 3000
    monkeypatch.setattr(isolated_decoding, "decode", decoders.telling)
    limits = []
    for name in ("a.png", "a.dng"):
        (tmp_path / name).write_bytes(b"content")
        with pytest.raises(NotSaved) as raised:
            decode_isolated(SourceFile.read(tmp_path / name), folder)
        limits.append(int(str(raised.value).split()[1]) / MEGABYTE)
    # Beyond what an interpreter takes at rest.
    assert limits[0] - limits[1] == pytest.approx(500, abs=60)
    assert 1500 < limits[0] < 2500


def test_no_more_are_read_at_once_than_there_are_shares(source, impatient, folder):
    with ExitStack() as others:
        for _ in range(SHARES):
            others.enter_context(isolated_decoding._shares(1))
        with pytest.raises(Busy):
            decode_isolated(source, folder)
    assert decode_isolated(source, folder).width == 96


def test_nobody_overtakes_who_waits_to_be_read_alone(source, impatient, folder):
    with ExitStack() as waiting:
        isolated_decoding._lock(waiting, ["first"], 1, wait=0)
        with pytest.raises(Busy):
            decode_isolated(source, folder)


def test_a_line_that_is_too_long_takes_nobody_else_at_once(source, settings, folder):
    settings.DECODING_WAIT = 600.0
    with ExitStack() as others:
        for _ in range(IN_LINE):
            others.enter_context(isolated_decoding._in_line())
        with pytest.raises(Busy):
            decode_isolated(source, folder, AUTO)
