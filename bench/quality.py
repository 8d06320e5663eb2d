"""Measures of quality: which robots are flagged, and what the measures of a whole study cost. Needs Postgres."""

import os
import tempfile
import time
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from bench.figures import Figure

if TYPE_CHECKING:
    from webapp.photos.models import Photo
    from webapp.studies.models import Study

GOOD = 32
OF_EACH_HABIT = 4
PHOTOS, REPEATS = 12, 3
# What each habit is to be flagged for.
DUE = {
    "rushing": "fast",
    "routine": "identical",
    "idle": "untouched",
    "disobedient": "attention",
    "erratic": "unreliable",
    "absent": "away",
    "scripted": "synthetic",
}
PEOPLE, OF_EACH, REPEATED = 60, 200, 20
_TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> dict[str, Figure]:
    """Measure what is flagged of a study of robots, then the cost of one of 60 participants and 200 photos."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    with tempfile.TemporaryDirectory() as folder:
        settings.DATA_DIR = Path(folder)
        databases = setup_databases(verbosity=0, interactive=False)
        try:
            return _flagged(Path(folder)) | _cost()
        finally:
            teardown_databases(databases, verbosity=0)


def _flagged(folder: Path) -> dict[str, Figure]:
    from bench.robots_study import take_part
    from learning.robots.temperaments import HABITS, TEMPERAMENTS
    from webapp.quality.flags import flags_of, thresholds_of
    from webapp.quality.measuring import measure_new
    from webapp.quality.people import measure_people
    from webapp.studies.models import Study

    study = Study.objects.get(slug="default")
    photos = _import_photos(folder)
    good = [TEMPERAMENTS[number % len(TEMPERAMENTS)] for number in range(GOOD)]
    robots = [*good, *(habit for habit in HABITS.values() for _ in range(OF_EACH_HABIT))]
    own = take_part(study, robots, photos[:PHOTOS], repeats=REPEATS, items=photos[PHOTOS:])
    began = time.process_time()
    count = measure_new(study)
    each = (time.process_time() - began) / count
    people = {person.participation: person for person in measure_people(study)}
    thresholds = thresholds_of(study)
    raised: dict[str, Counter[str]] = {}
    for participation, robot in zip(own, robots, strict=True):
        name = robot.name if robot.name in HABITS else "good"
        flags = [flag.name for flag in flags_of(people[participation.pk], thresholds)] or ["none"]
        raised.setdefault(name, Counter()).update(flags)
    told = "; ".join(f"{name}: {', '.join(f'{flag} {n}' for flag, n in by.items())}" for name, by in raised.items())
    found = sum(raised[name][flag] for name, flag in DUE.items())
    against = "careless robots, each to be flagged for its own habit"
    return {
        "quality.habits_flagged": Figure(found / (OF_EACH_HABIT * len(DUE)), "", against, told),
        "quality.good_flagged": Figure(1 - raised["good"]["none"] / GOOD, "", f"{GOOD} robots without bad habits"),
        "quality.measure_ms_per_episode": Figure(1000 * each, "CPU ms", "", "in the worker, once for each episode"),
    }


def _import_photos(folder: Path) -> "list[Photo]":
    from django.core.management import call_command

    from webapp.photos.models import Photo

    (folder / "photos").mkdir()
    for number in range(PHOTOS + 1):
        coarse = np.random.default_rng(number).random((8, 12, 3), dtype=np.float32) ** 2 * 0.15
        np.save(folder / "photos" / f"{number}.npy", np.kron(coarse, np.ones((16, 16, 1), np.float32)))
    options = {"transfer": "linear", "stdout": StringIO(), "stderr": StringIO()}
    call_command("import_photos", str(folder / "photos"), **options)
    return list(Photo.objects.order_by("name"))


def _cost() -> dict[str, Figure]:
    from django.db import connection

    from webapp.quality.flags import distributions, flags_of, thresholds_of
    from webapp.quality.people import measure_people
    from webapp.studies.models import Study

    study = Study.objects.create(slug="large", title="Large")
    _fill(study)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    measure_people(study)  # the first query of a process imports
    costs = []
    for _ in range(5):
        before = time.process_time(), _cpu_seconds(backend)
        people, thresholds = measure_people(study), thresholds_of(study)
        for person in people:
            flags_of(person, thresholds)
        distributions(people, thresholds)
        costs.append((time.process_time() - before[0], _cpu_seconds(backend) - before[1]))
    web, postgres = (sorted(cost)[2] for cost in zip(*costs, strict=True))
    note = f"{PEOPLE} participants, {OF_EACH} photos each and {REPEATED} repeats; {1000 * postgres:.0f} ms in Postgres"
    return {"quality.people_cpu_ms": Figure(1000 * (web + postgres), "CPU ms", "", note)}


def _fill(study: "Study") -> None:
    """Store a study's measures without what they follow from."""
    from django.utils import timezone

    from editing.game.filters import VERSION
    from webapp.games.models import Episode
    from webapp.participants.models import Participant
    from webapp.photos.models import Photo
    from webapp.quality.models import Measure
    from webapp.studies.models import Participation

    template = Photo.objects.first()
    photos = [Photo(**{**_fields(template), "sha256": f"{number:064x}"}) for number in range(OF_EACH)]
    Photo.objects.bulk_create(photos)
    random = np.random.default_rng(0)
    episodes, measures = [], []
    for _ in range(PEOPLE):
        participant = Participant.objects.create(kind="human")
        Participation.objects.create(study=study, participant=participant)
        repeated = random.choice(OF_EACH, REPEATED, replace=False)
        for number, photo in [*enumerate(photos), *((None, photos[index]) for index in repeated)]:
            episode = Episode(
                id=uuid4(),
                study=study,
                participant=participant,
                photo=photo,
                status="submitted",
                contract_version=VERSION,
                started=timezone.now(),
                repeat=number is None,
            )
            counts = {name: int(random.integers(1, 30)) for name in ("actions", "gestures", "moves", "reversals")}
            measures.append(
                Measure(
                    episode=episode,
                    active_ms=int(random.integers(5_000, 90_000)),
                    away_ms=0,
                    focus_lost=0,
                    untrusted=0,
                    by_keyboard=0,
                    by_touch=0,
                    signature=f"{random.integers(2**60):x}",
                    change=20.0,
                    colours=random.bytes(192),
                    **counts,
                )
            )
            episodes.append(episode)
    Episode.objects.bulk_create(episodes, batch_size=2000)
    Measure.objects.bulk_create(measures, batch_size=2000)


def _fields(row: object) -> dict[str, object]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def _cpu_seconds(process: int) -> float:
    """CPU seconds of one process on this machine."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
