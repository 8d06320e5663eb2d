"""The researchers' desk: what its pages cost with 60 people and 200 photos. Needs Postgres, as the tests do."""

import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.figures import Figure

if TYPE_CHECKING:
    from django.test import Client

RUNS = 7
PAGES = {
    "progress": "",
    "live": "progress/",
    "people": "people/",
    "person": "people/quiet-heron-00003/",
    "episodes": "episodes/",
    "photos": "photos/",
    "quality": "quality/",
    "answers": "answers/",
    "settings": "configure/",
}


def measure() -> dict[str, Figure]:
    """CPU time of the web process for each page, through Django's whole stack, without sockets."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    with tempfile.TemporaryDirectory() as folder:
        settings.DATA_DIR = Path(folder)
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_CLASSES": []}
        setup_test_environment()
        databases = setup_databases(verbosity=0, interactive=False)
        try:
            return _measure_pages()
        finally:
            teardown_databases(databases, verbosity=0)


def _measure_pages() -> dict[str, Figure]:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.webapp.desk.populating import QUESTIONNAIRES, TASKS, add_answers, add_people, add_photos
    from webapp.quality.measuring import measure_new
    from webapp.studies.models import Study

    study = Study.objects.get(slug="default")
    study.episodes_per_photo = 3
    study.tasks, study.questionnaires = TASKS, QUESTIONNAIRES
    study.save()
    add_answers(study, add_people(study, add_photos(study, 200), 60))
    measure_new()
    client = Client()
    client.force_login(User.objects.create_user("ada", is_staff=True, is_superuser=True))
    return {
        f"desk.{name}_cpu_ms": Figure(
            _cpu_ms(client, f"/desk/studies/default/{address}"), "ms", "", "60 people, 200 photos; without Postgres"
        )
        for name, address in PAGES.items()
    }


def _cpu_ms(client: "Client", address: str) -> float:
    """Return the median CPU time of this process for one request; Postgres, a process of its own, is not in it."""
    times = []
    for _ in range(RUNS):
        before = time.process_time()
        response = client.get(address)
        times.append(1000 * (time.process_time() - before))
        if response.status_code != 200:
            raise RuntimeError(f"{address} was answered {response.status_code}")
    return median(times[1:])
