"""An episode that was handed in, and a worker that develops it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.webapp.conftest import Json, Player
from tests.webapp.downloads.downloading import forget_jobs, run_worker
from webapp.downloads.tasks import clean_up
from webapp.photos.models import Photo
from webapp.studies.models import Study


@pytest.fixture
def finished(
    transactional_db: None, player: Player, study: Study, photo: Photo, photo_file: Callable[[int], Path], played: Any
) -> list[Json]:
    """An episode that was handed in, in a study that offers downloads and shows no agent; its events."""
    Study.objects.filter(pk=study.pk).update(allow_downloads=True, agent="")
    assert player.send(photo, played).json()["status"] == "submitted"
    return played


@pytest.fixture
def work(transactional_db: None) -> Iterator[Callable[..., None]]:
    """Lets a real worker do what waits, and the cleaning up of every minute if asked to."""

    def run(cleaning_up: bool = False) -> None:
        if cleaning_up:
            clean_up.configure(queueing_lock="at once").defer(timestamp=0)
        run_worker()

    yield run
    forget_jobs()
