"""A file is there whole or not at all."""

from pathlib import Path

import pytest

from editing.files import new_file, write_atomically


def test_what_is_written_replaces_what_stood_there(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        write_atomically(tmp_path / "a", content)
        assert (tmp_path / "a").read_bytes() == content


def test_after_an_error_the_old_file_stands_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"old")

    def write_and_fail() -> None:
        with new_file(tmp_path / "a") as file:
            file.write(b"new")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_and_fail()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]
