"""The agent that comes with Safelight plays the photos of the studies that show it.

It is the loop of docs/researchers.md, over the photos that wait: they are written as a snapshot, ``safelight play``
plays them in a process of its own, and what it has written is imported, by the code of ``import_trajectories``.
"""

import logging
from collections.abc import Callable, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from editing.game import filters
from editing.processes import Stopped, run_isolated
from editing.trajectories.snapshot import read_snapshot, write_snapshot
from webapp.datasets import learning_command
from webapp.datasets.agent_workplace import alone, empty_folder
from webapp.datasets.exporting import photo_row
from webapp.datasets.importing import import_snapshot
from webapp.datasets.learning_command import FAILURES, reason_of
from webapp.datasets.models import AgentFailure
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.photos.storing import lock_files
from webapp.studies.configuration import SHIPPED_AGENT
from webapp.studies.models import Study

# Photos: the work of a few seconds, and so few that one process reads them.
BATCH = 12
LIMIT = 10 * 60  # seconds, on a slow machine
SEED = 0
_HERE_ALREADY = "its play is here already, in another study"
_logger = logging.getLogger(__name__)


def play_some(should_stop: Callable[[], bool]) -> bool:
    """Let the agent play a few of the photos that wait for it; whether there is more to do at once.

    What goes wrong is written down by photo. What is stopped leaves nothing, and is done another time.
    """
    with alone() as is_alone:
        chosen = _next_photos() if is_alone else None
        if chosen is None:
            return False
        if not learning_command.is_installed():
            _say_what_is_missing()
            return False
        try:
            _play(*chosen, should_stop)
        except FAILURES as error:
            if isinstance(error, Stopped) and should_stop():
                return False
            _fail(*chosen, reason_of(error))
        except Exception as error:
            _fail(*chosen, repr(error))
            raise
        return _next_photos() is not None


def _next_photos() -> tuple[Study, list[Photo]] | None:
    """Return a study, and what the agent plays next of it: several photos, or one at which it has failed before."""
    for study in Study.objects.filter(state=Study.State.OPEN, agent=SHIPPED_AGENT):
        if not study.shows_agent:
            continue
        failures = {failure.photo_id: failure for failure in AgentFailure.objects.filter(study=study)}
        waiting = [photo for photo in _unplayed(study) if photo.pk not in failures or failures[photo.pk].is_due]
        fresh = (photo for photo in waiting if photo.pk not in failures and photo.has_preview)
        again = (photo for photo in waiting if photo.pk in failures and photo.has_preview)
        if photos := list(islice(fresh, BATCH)) or list(islice(again, 1)):
            return study, photos
    return None


def _unplayed(study: Study) -> QuerySet[Photo]:
    """Return the photos that the study's agent has not played by the filters of today, whatever became of the play."""
    episodes = Episode.objects.filter(study=study, contract_version__in=filters.known_versions())
    played = episodes.filter(participant__pseudonym=study.agent_pseudonym).order_by().values("photo")
    return study.playable.exclude(pk__in=played)


def _play(study: Study, photos: Sequence[Photo], should_stop: Callable[[], bool]) -> None:
    with empty_folder() as folder:
        waiting, play = folder / "photos", folder / "play"
        write_snapshot(
            waiting,
            episodes=(),
            steps=(),
            events=(),
            photos=map(photo_row, photos),
            previews={photo.preview_sha256: photo.preview.fetch(folder) for photo in photos},
            manifest={"study": study.slug},
        )
        options = ["--agent", SHIPPED_AGENT, "--name", study.agent, "--seed", str(SEED), "--device", "cpu"]
        arguments = ["play", *options, "-o", str(play), str(waiting)]
        run_isolated(learning_command.run, arguments, should_stop=should_stop, limit=LIMIT)
        _store(study, photos, play)


def _store(study: Study, photos: Sequence[Photo], play: Path) -> None:
    """Import the play, unless a photo was taken out meanwhile: then the others are played once more."""
    keys = [photo.pk for photo in photos]
    snapshot = read_snapshot(play)
    with transaction.atomic():
        lock_files()
        # Whoever takes one out waits from here on.
        list(Photo.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
        if study.playable.filter(pk__in=keys).count() < len(keys):
            return
        import_snapshot(snapshot)
        left = list(_unplayed(study).filter(pk__in=keys))
        AgentFailure.objects.filter(study=study, photo__in=keys).exclude(photo__in=left).delete()
    if left:
        _fail(study, left, _HERE_ALREADY)
    if count := len(keys) - len(left):
        _logger.info("%s has played %d of the photos of %s", study.agent_pseudonym, count, study)


def _fail(study: Study, photos: Sequence[Photo], reason: str) -> None:
    for photo in photos:
        failure, _ = AgentFailure.objects.get_or_create(study=study, photo=photo, defaults={"tried": timezone.now()})
        failure.tries, failure.reason, failure.tried = failure.tries + 1, reason[:500], timezone.now()
        failure.save()
    names = ", ".join(photo.name for photo in photos)
    _logger.warning("%s cannot play %s of %s: %s", study.agent_pseudonym, names, study, reason)


@cache
def _say_what_is_missing() -> None:
    _logger.warning(
        "The learning extra is not installed here, so no agent plays, and its place in the reveal is left out: "
        "pip install '.[learn]' for the worker, or empty the setting agent of the studies"
    )
