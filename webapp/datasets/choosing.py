"""What a version of a study's data holds: chosen by a researcher, stored with it, and settled once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from editing.trajectories.schemas import FLAGS, PLAYER_KINDS
from webapp.datasets.models import DatasetVersion, VersionEpisode, VersionPerson
from webapp.datasets.participations import PLAYERS
from webapp.datasets.selection import SHOWN
from webapp.games.models import Episode, Event, Step
from webapp.studies.models import Consent, Lease, Participation

# What can be left out of a version, by the flag of the episode.
LEFT_OUT = (*FLAGS, "surplus")
STATUSES = ("submitted", "excluded")
SMALLEST_CELL = 5


@dataclass(frozen=True)
class Choice:
    """What a version holds.

    Attributes:
        kinds: of players.
        statuses: of episodes.
        leave_out: episodes with any of these flags.
        failed_attention: people who failed more attention checks than this are left out; None: nobody for that.
        consent_version: people who agreed to an earlier version of the text are left out.
        refused: whether people whose work was refused are in it.
        free_text: whether what people and researchers wrote in their own words is in it.
        exact_device: whether windows and screens are as they were recorded, not coarse.
        smallest_cell: where fewer people are alike in condition and window, their windows are not told.
        smallest_cell_reason: why that is smaller than usual.
    """

    kinds: tuple[str, ...] = PLAYER_KINDS
    statuses: tuple[str, ...] = ("submitted",)
    leave_out: tuple[str, ...] = ("tutorial", "preview")
    failed_attention: int | None = None
    consent_version: int = 0
    refused: bool = False
    free_text: bool = False
    exact_device: bool = False
    smallest_cell: int = SMALLEST_CELL
    smallest_cell_reason: str = ""

    def check(self) -> None:
        """Refuse what cannot be chosen; versions of before may have been.

        Raises:
            ValueError: says what is missing.
        """
        if self.smallest_cell < SMALLEST_CELL and not self.smallest_cell_reason.strip():
            raise ValueError(f"Say why groups of {self.smallest_cell} are large enough: {SMALLEST_CELL} is usual.")

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Choice":
        """Return what ``to_json`` gave."""
        tuples: dict[str, Any] = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **tuples})


@dataclass(frozen=True)
class _Chosen:
    version: DatasetVersion
    choice: Choice = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "choice", Choice.from_json(self.version.choice))

    @property
    def people(self) -> models.QuerySet[Participation]:
        """The participations, of those who may be in it."""
        choice = self.choice
        kinds = [kind for kind in PLAYERS if kind in choice.kinds]
        people = Participation.objects.filter(study=self.version.study, participant__kind__in=kinds)
        if "preview" in choice.leave_out:
            people = people.filter(preview=False)
        if not choice.refused:
            people = people.filter(rejected=None)
        if choice.consent_version:
            agreed = Consent.objects.filter(study=self.version.study, version__gte=choice.consent_version)
            people = people.filter(participant__in=agreed.values("participant"))
        if choice.failed_attention is not None:
            failed = Lease.objects.filter(participation__study=self.version.study, failed=True).order_by()
            counts = failed.values("participation").annotate(count=models.Count("pk"))
            people = people.exclude(pk__in=counts.filter(count__gt=choice.failed_attention).values("participation"))
        return people

    @property
    def episodes(self) -> models.QuerySet[Episode]:
        """The episodes."""
        choice, study = self.choice, self.version.study
        episodes = Episode.objects.filter(study=study).filter(SHOWN)
        episodes = episodes.filter(status__in=choice.statuses, participant__kind__in=choice.kinds)
        for flag in choice.leave_out:
            episodes = episodes.filter(**{flag: False})
        is_person = models.Q(participant__kind__in=PLAYERS)
        return episodes.filter(~is_person | models.Q(participant__in=self.people.values("participant")))


@transaction.atomic
def freeze(version: DatasetVersion) -> None:
    """Settle which episodes and people a version holds; a version that was frozen before stays as it is."""
    version = DatasetVersion.objects.select_for_update().select_related("study").get(pk=version.pk)
    if version.frozen is None:
        chosen = _Chosen(version)
        _insert(VersionEpisode, "episode_id", version, chosen.episodes.order_by().values("pk"))
        people = list(chosen.people.values_list("pk", "participant"))
        counted = Episode.objects.filter(study=version.study, tutorial=False, status="submitted").order_by()
        every = _counts(counted)
        here = _counts(counted.filter(pk__in=version.version_episodes.values("episode")))
        VersionPerson.objects.bulk_create(
            VersionPerson(version=version, participation_id=key, is_whole=every.get(who, 0) == here.get(who, 0))
            for key, who in people
        )
        version.frozen = timezone.now()
    if not version.files:
        version.settled = timezone.now()
    version.rows_expected = count_rows(version)
    version.save(update_fields=["frozen", "settled", "rows_expected"])


def follow(old: DatasetVersion, new: DatasetVersion) -> None:
    """Let a version hold what another one holds by now, since somebody is gone from there."""
    _insert(VersionEpisode, "episode_id", new, old.version_episodes.order_by().values("episode"))
    people = old.version_people.values_list("participation", "is_whole")
    VersionPerson.objects.bulk_create(
        VersionPerson(version=new, participation_id=key, is_whole=is_whole) for key, is_whole in people
    )
    new.frozen = old.frozen
    new.save(update_fields=["frozen"])


def count_rows(version: DatasetVersion) -> int:
    """Return about how many rows a version comes to."""
    own = version.version_episodes.order_by().values("episode")
    steps, events = Step.objects.filter(episode__in=own), Event.objects.filter(episode__in=own)
    return version.version_episodes.count() + steps.count() + events.count()


def _counts(episodes: models.QuerySet[Episode]) -> dict[int, int]:
    return dict(episodes.values_list("participant").annotate(models.Count("pk")))


def _insert(model: type[models.Model], column: str, version: DatasetVersion, query: models.QuerySet[Any]) -> None:
    """Insert what a query gives, without a row of it coming here."""
    sql, parameters = query.query.sql_with_params()
    table = model._meta.db_table
    statement = f"INSERT INTO {table} (version_id, {column}) SELECT %s, chosen.* FROM ({sql}) AS chosen"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [version.pk, *parameters])
