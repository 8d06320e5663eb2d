"""What the tests of downloads ask for."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from webapp.downloads.models import Download


def url(events):
    return f"/api/episodes/{events[0]['episode']}/downloads/"


def ask(player, events, file_format="jpeg"):
    return player.post(url(events), {"format": file_format})


def states(player, events):
    return {row["format"]: row["state"] for row in player.get(url(events)).json()["downloads"]}


def reason():
    return Download.objects.get(state="failed").reason


def fetched(player, events, file_format="jpeg"):
    response = player.get(f"{url(events)}{file_format}/")
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def run_worker():
    """Let a real worker do what waits, in a thread: Playwright keeps an event loop running in that of the tests."""

    def run():
        connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=3)
        with app.replace_connector(connector) as worker:
            worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
        connections.close_all()

    with ThreadPoolExecutor(1) as executor:
        executor.submit(run).result(timeout=120)


def forget_jobs():
    """Leave nothing to the tests that follow: Django empties only the tables that it made."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")


def jobs():
    """The jobs that develop; those of the cleaning up come and go."""
    return ProcrastinateJob.objects.filter(task_name__endswith="develop_download")
