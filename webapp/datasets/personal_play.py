"""Agents that edit like one participant: fitted by the worker to eight of their photos, and let play some.

It is ``safelight adapt`` on an export of these eight alone, and ``safelight play`` with what came of it. What it plays
is stored as pictures of the person's own agent: nothing is imported, and no episode is made.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import models, transaction

from editing.processes import Stopped, run_isolated
from editing.trajectories.columns import rows
from editing.trajectories.snapshot import read_snapshot, write_snapshot
from webapp.datasets import learning_command
from webapp.datasets.agent_workplace import alone, empty_folder
from webapp.datasets.exporting import export, photo_row
from webapp.datasets.learning_command import FAILURES, reason_of
from webapp.datasets.selection import Selection
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.personal_agents.models import ModelOfPeople, PersonalAgent, PersonalPicture
from webapp.personal_agents.people import finished, people_waiting
from webapp.photos.models import Photo
from webapp.questionnaires.models import Answers
from webapp.ratings.models import Judgement
from webapp.studies.configuration import PERSONAL_AGENT_PHOTOS
from webapp.studies.models import Lease, Participation

# Of these photos their profile, and the pictures that they judge, are chosen.
MOST_PHOTOS = 24
LIMIT = 10 * 60  # seconds, on a slow machine
_SEED = 0
_BROKEN = "The server failed at it. Its log says why."
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OwnSelection(Selection):
    """Some of one person's episodes, and nothing else."""

    keys: tuple[UUID, ...] = ()

    @property
    def episodes(self) -> models.QuerySet[Episode]:
        """The episodes, in order."""
        return Episode.objects.filter(pk__in=self.keys).order_by("started", "id")

    @property
    def left_out(self) -> dict[str, int]:
        """What is missing is meant to be."""
        return {}

    @property
    def participations(self) -> models.QuerySet[Participation]:
        """None: nothing is to be known of who it is."""
        return Participation.objects.none()

    @property
    def answers(self) -> models.QuerySet[Answers]:
        """None."""
        return Answers.objects.none()

    @property
    def judgements(self) -> models.QuerySet[Judgement]:
        """None."""
        return Judgement.objects.none()

    @property
    def photos(self) -> models.QuerySet[Photo]:
        """The photos of these episodes."""
        return Photo.objects.filter(pk__in=self.episodes.order_by().values("photo")).order_by("sha256")


def make_next(should_stop: Callable[[], bool]) -> bool:
    """Make the agent of the next person who waits for one; whether somebody else does.

    What goes wrong is written down, for the researcher to read, who can let it be tried again. What is stopped leaves
    nothing, and is done another time.
    """
    with alone() as is_alone:
        participation = people_waiting().first() if is_alone else None
        if participation is None:
            return False
        try:
            _make(participation, should_stop)
        except FAILURES as error:
            if isinstance(error, Stopped) and should_stop():
                return False
            _fail(participation, reason_of(error))
        except Exception:
            _fail(participation, _BROKEN)
            raise
        return people_waiting().exists()


def _make(participation: Participation, should_stop: Callable[[], bool]) -> None:
    if not learning_command.is_installed():
        raise learning_command.CommandFailed(learning_command.NOT_INSTALLED)
    model = participation.study.model_of_people
    learned = list(finished(participation)[:PERSONAL_AGENT_PHOTOS])
    photos = _photos_to_play(participation)
    with empty_folder() as folder:
        own, people, run, play = (folder / name for name in ("own", "people", "run", "play"))
        keys = tuple(episode.pk for episode in learned)
        export(own, OwnSelection(participation.study, (Episode.Status.SUBMITTED,), keys=keys))
        _write_model(people, model)
        write_snapshot(
            folder / "photos",
            episodes=(),
            steps=(),
            events=(),
            photos=map(photo_row, photos),
            previews={photo.preview_sha256: photo.preview.fetch(folder) for photo in photos},
            manifest={"study": participation.study.slug},
        )
        players = "robots" if participation.participant.kind == Participant.Kind.ROBOT else "people"
        who = ["--person", participation.pseudonym, "--players", players]
        commands = [
            ["adapt", str(own), *who, "--agent", str(people), "-o", str(run)],
            [
                "play",
                "--agent",
                str(run),
                "--seed",
                str(_SEED),
                "--device",
                "cpu",
                "-o",
                str(play),
                str(folder / "photos"),
            ],
        ]
        run_isolated(learning_command.run_all, commands, should_stop=should_stop, limit=LIMIT)
        numbers = json.loads((run / "person.json").read_text(encoding="utf-8"))["numbers"]
        steps = _steps_by_photo(play)
    _store(participation, model, numbers, steps, {episode.photo_id for episode in learned})


def _photos_to_play(participation: Participation) -> list[Photo]:
    """Return the photos that somebody has finished, and then those that they are given next, or might be."""
    study = participation.study.under(participation.condition)
    done = finished(participation).values_list("photo_id", flat=True)
    leased = Lease.objects.filter(participation=participation, purpose=Lease.Purpose.PLAY).order_by("position")
    to_come = (
        leased.values_list("photo_id", flat=True) if study.is_planned else study.playable.values_list("pk", flat=True)
    )
    keys = list(dict.fromkeys([*done, *to_come]))[:MOST_PHOTOS]
    photos = study.playable.in_bulk(keys)
    return [photos[key] for key in keys if key in photos and photos[key].has_preview]


def _write_model(folder: Path, model: ModelOfPeople) -> None:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(model.config), encoding="utf-8")
    (folder / "best.safetensors").write_bytes(model.weights)


def _steps_by_photo(play: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the steps of each photo that was played, which were replayed by the rules as they were read."""
    snapshot = read_snapshot(play)
    photos = {row["id"]: row["photo"] for row in rows(snapshot.episodes)}
    steps: dict[str, list[dict[str, Any]]] = {photo: [] for photo in photos.values()}
    for row in sorted(rows(snapshot.steps), key=lambda row: (row["episode"], row["index"])):
        steps[photos[row["episode"]]].append({"filter": row["filter"], "parameters": row["parameters"]})
    return steps


def _store(
    participation: Participation,
    model: ModelOfPeople,
    numbers: Sequence[float],
    steps: Mapping[str, list[dict[str, Any]]],
    learned: set[str],
) -> None:
    """Store an agent, unless its person has withdrawn meanwhile, or its model is gone."""
    with transaction.atomic():
        if not _is_still_wanted(participation) or not ModelOfPeople.objects.filter(pk=model.pk).exists():
            return
        agent = PersonalAgent.objects.create(
            participation=participation, state=PersonalAgent.State.READY, numbers=numbers
        )
        here = set(Photo.objects.filter(pk__in=steps, removed_at=None).values_list("pk", flat=True))
        PersonalPicture.objects.bulk_create(
            PersonalPicture(agent=agent, photo_id=photo, steps=made, learned=photo in learned)
            for photo, made in steps.items()
            if photo in here
        )
    _logger.info("an agent was fitted to %s", participation)


def _fail(participation: Participation, reason: str) -> None:
    with transaction.atomic():
        if _is_still_wanted(participation):
            state = PersonalAgent.State.FAILED
            PersonalAgent.objects.create(participation=participation, state=state, reason=reason[:500])
    _logger.warning("no agent can be fitted to %s: %s", participation, reason)


def _is_still_wanted(participation: Participation) -> bool:
    """Lock a participation, and tell whether it is still there, and no older attempt either."""
    allowed = Participation.objects.filter(pk=participation.pk, anonymised=None, study__personal_agents=True)
    is_here = allowed.select_for_update(of=("self",)).first() is not None
    return is_here and not PersonalAgent.objects.filter(participation=participation.pk).exists()
