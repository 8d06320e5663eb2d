"""What the tests of downloads ask for."""

from procrastinate.contrib.django.models import ProcrastinateJob

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


def jobs():
    """The jobs that develop; those of the housekeeping come and go."""
    return ProcrastinateJob.objects.filter(task_name__endswith="develop_download")
