"""/metrics: what Prometheus reads of the site."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from secrets import compare_digest
from shutil import disk_usage

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob, ProcrastinateWorker
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily

from webapp.backups.models import BackupRun, drills_elsewhere, last_success
from webapp.datasets.models import DatasetVersion, PreparedExport
from webapp.desk.health import disks
from webapp.downloads.models import Download
from webapp.http.metrics import WebProcesses
from webapp.storage.site_file import site_storage
from webapp.studies.models import Lease, Participation


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics, in Prometheus's text format, to whoever has METRICS_TOKEN.

    Raises:
        Http404: METRICS_TOKEN is not set.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        refused = HttpResponse("Send METRICS_TOKEN as a bearer token.\n", "text/plain", HTTPStatus.UNAUTHORIZED)
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    registry = CollectorRegistry(auto_describe=False)
    registry.register(WebProcesses())
    registry.register(Site())
    return HttpResponse(generate_latest(registry), CONTENT_TYPE_LATEST)


class Site:
    """How the site is, from Postgres and the disk, for a registry of Prometheus."""

    def collect(self) -> Iterator[Metric]:
        """Yield what is the case now; of Postgres only that it is away, if it is."""
        room = GaugeMetricFamily("safelight_disk_free_ratio", "Free share of a disk.", labels=["disk"])
        for name, folder in disks().items():
            usage = disk_usage(folder)
            room.add_metric([name], usage.free / usage.total)
        yield room
        is_usable = not site_storage().why_unusable(by_writing=False)
        yield GaugeMetricFamily("safelight_bucket_up", "1 if the bucket answers, or the site has none.", is_usable)
        try:
            answers = [*_worker(), *_backups(), *_states()]
        except DatabaseError:
            answers = []
        yield GaugeMetricFamily("safelight_database_up", "1 if Postgres answers.", bool(answers))
        yield from answers


def _worker() -> Iterator[Metric]:
    newest = ProcrastinateWorker.objects.order_by("-last_heartbeat").values_list("last_heartbeat", flat=True).first()
    yield _age("safelight_worker_silence_seconds", "Time since a worker last said that it runs.", newest)
    waiting = ProcrastinateEvent.objects.filter(type="deferred", job__status="todo", job__scheduled_at=None)
    oldest = waiting.order_by("at").values_list("at", flat=True).first()
    wait = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield GaugeMetricFamily("safelight_queue_wait_seconds", "For how long the oldest job has waited.", wait)
    yield _counts("safelight_jobs", "Jobs of the worker.", ProcrastinateJob.objects.all(), "status")


def _backups() -> Iterator[Metric]:
    for kind in BackupRun.Kind:
        if kind == BackupRun.Kind.DRILL and drills_elsewhere():
            continue  # no age at all, of which an alert would speak
        name = f"safelight_{kind.value}_age_seconds"
        yield _age(name, f"Time since a {kind.value} last succeeded.", last_success(kind))


def _states() -> Iterator[Metric]:
    joined = Participation.objects.filter(preview=False)
    people = GaugeMetricFamily("safelight_participations", "Participants of studies.", labels=["state"])
    people.add_metric(["joined"], joined.count())
    people.add_metric(["completed"], joined.filter(completed__isnull=False).count())
    yield people
    expired = Lease.objects.filter(state=Lease.State.HELD, coverage__isnull=False, expires__lt=timezone.now())
    help_text = "Places that participants have let lapse, and nobody else has asked for yet."
    yield GaugeMetricFamily("safelight_leases_expired", help_text, expired.count())
    yield _counts("safelight_downloads", "Finished pictures that were asked for.", Download.objects.all(), "state")
    yield _counts("safelight_exports", "Exports asked for on the desk.", PreparedExport.objects.all(), "state")
    yield _counts("safelight_versions", "Versions of data sets.", DatasetVersion.objects.all(), "state")


def _age(name: str, help_text: str, moment: datetime | None) -> Metric:
    """Return how long ago something was; infinity where it never was."""
    seconds = (timezone.now() - moment).total_seconds() if moment else float("inf")
    return GaugeMetricFamily(name, help_text, seconds)


def _counts(name: str, help_text: str, rows: QuerySet[Model], column: str) -> Metric:
    """Return how many rows there are for each value of a column."""
    family = GaugeMetricFamily(name, help_text, labels=[column])
    for value, count in rows.order_by().values_list(column).annotate(Count("pk")):
        family.add_metric([str(value)], count)
    return family
