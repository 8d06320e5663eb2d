"""Who holds an old version finds, by the next one, the rows of who has withdrawn, and what is left is right."""

import pytest

from editing.trajectories.forgetting import rows_to_forget, write_without
from editing.trajectories.reading import open_snapshot
from editing.trajectories.tombstones import read_tombstones
from editing.trajectories.validation import problems_of
from webapp.datasets.building import build
from webapp.datasets.models import DatasetVersion
from webapp.studies.models import Participation
from webapp.studies.withdrawing import withdraw


@pytest.mark.long
def test_an_old_copy_forgets_by_its_successor(
    photos, make_version, read, tmp_path, django_capture_on_commit_callbacks
) -> None:
    old = read(make_version())
    assert list(problems_of(old.directory)) == []
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(Participation.objects.order_by("pk")[1])
    successor = DatasetVersion.objects.get(number=2)
    build(successor.pk)
    successor.refresh_from_db()
    new = read(successor)
    assert list(problems_of(new.directory)) == []
    forgotten = rows_to_forget(old, read_tombstones(new))
    assert forgotten.counts["episodes"] == forgotten.counts["participations"] == 1
    clean = write_without(old, forgotten, tmp_path / "clean", new)
    assert list(problems_of(clean.directory)) == []
    assert clean.episodes.column("id").to_pylist() == new.episodes.column("id").to_pylist()
    assert clean.manifest["parent"]["version"] == 1
    assert rows_to_forget(open_snapshot(clean.directory), read_tombstones(new)).people == frozenset()
