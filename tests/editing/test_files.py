"""A file is there whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from editing.files import atomic_file, draft_beside, remove_drafts, write_atomically


def test_what_is_written_replaces_what_stood_there(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        write_atomically(tmp_path / "a", content)
        assert (tmp_path / "a").read_bytes() == content


def test_after_an_error_the_old_file_stands_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"old")

    def write_and_fail() -> None:
        with atomic_file(tmp_path / "a") as file:
            file.write(b"new")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_and_fail()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_several_writers_of_one_name_all_succeed_and_one_whole_file_stands(tmp_path: Path) -> None:
    contents = [bytes([number]) * 10_000 for number in range(8)]

    def write_often(content: bytes) -> None:
        for _ in range(20):
            write_atomically(tmp_path / "a", content)
            assert (tmp_path / "a").read_bytes() in contents

    with ThreadPoolExecutor(len(contents)) as threads:
        list(threads.map(write_often, contents))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "a", b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_draft_that_was_not_moved_is_removed(tmp_path: Path) -> None:
    with draft_beside(tmp_path / "a") as draft:
        draft.write_bytes(b"half")
        assert draft.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_what_killed_writers_left_can_be_removed(tmp_path: Path) -> None:
    with draft_beside(tmp_path / "a[1].jpg") as draft, draft_beside(tmp_path / "b.jpg") as other:
        for path in (draft, other, tmp_path / "a[1].jpg"):
            path.write_bytes(b"")
        remove_drafts(tmp_path / "a[1].jpg")
        assert sorted(tmp_path.iterdir()) == sorted([other, tmp_path / "a[1].jpg"])


@pytest.mark.parametrize("length", [200, 201, 230, 255])
def test_a_name_as_long_as_the_file_system_takes_can_be_written(tmp_path: Path, length: int) -> None:
    path = tmp_path / ("n" * length)
    write_atomically(path, b"whole")
    assert path.read_bytes() == b"whole"
    with draft_beside(path) as draft:
        draft.write_bytes(b"left by a writer that was killed")
        remove_drafts(path)
        assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
