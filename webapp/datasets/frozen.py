"""The frozen selection of a version, as an export takes it, and what is made coarse or left out of its rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import models
from django.utils import timezone

from editing.game import filters
from webapp.datasets.choosing import Choice
from webapp.datasets.models import AgentTraining, DatasetVersion, Tombstone
from webapp.datasets.participations import Moment
from webapp.datasets.selection import Selection
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.questionnaires.models import Answers
from webapp.ratings.models import Judgement
from webapp.studies.models import Consent, Participation, Study, StudyChange
from webapp.studies.task_structures import closed_questions

# Sizes of windows are rounded down to so many CSS pixels: enough to tell a phone from a desk, and nobody from another.
COARSE_PIXELS = 400
_COARSE = {"view_viewport_width": COARSE_PIXELS, "view_viewport_height": COARSE_PIXELS, "view_pixel_ratio": 1}
_NOT_PASSED_ON = "not passed on"


@dataclass(frozen=True)
class FrozenSelection(Selection):
    """What a version holds, and has held since it was frozen."""

    version: DatasetVersion | None = None

    @classmethod
    def of(cls, version: DatasetVersion) -> "FrozenSelection":
        """Return the selection of a version."""
        choice = Choice.from_json(version.choice)
        return cls(version.study, choice.statuses, "tutorial" not in choice.leave_out, version)

    @property
    def _frozen(self) -> DatasetVersion:
        assert self.version is not None  # noqa: S101 (made by ``of``)
        return self.version

    @property
    def choice(self) -> Choice:
        """What was chosen."""
        return Choice.from_json(self._frozen.choice)

    @property
    def episodes(self) -> models.QuerySet[Episode]:
        """The episodes, in order."""
        own = self._frozen.version_episodes.order_by().values("episode")
        return Episode.objects.filter(pk__in=own).order_by("started", "id")

    @property
    def left_out(self) -> dict[str, int]:
        """What is missing is for the choice to say."""
        return {}

    @property
    def _trainings(self) -> models.QuerySet[AgentTraining]:
        """What was known by then: the same version is the same, byte for byte."""
        return super()._trainings.filter(stored__lte=self._frozen.frozen)

    @property
    def participations(self) -> models.QuerySet[Participation]:
        """The participations that it holds."""
        return super().participations.filter(pk__in=self._frozen.version_people.order_by().values("participation"))

    @property
    def counted(self) -> Moment:
        """What the numbers of participations count: what it holds, as it stood then."""
        return Moment(self.episodes, self._frozen.frozen)

    def are_whole(self) -> Mapping[int, bool]:
        """Tell of each participation whether all of its play that counts is here."""
        return dict(self._frozen.version_people.values_list("participation", "is_whole"))

    @property
    def answers(self) -> models.QuerySet[Answers]:
        """What these people had answered by then."""
        people = self.participations.order_by().values("pk")
        return super().answers.filter(participation__in=people, made__lte=self._frozen.frozen)

    @property
    def judgements(self) -> models.QuerySet[Judgement]:
        """What these people had said of pictures by then."""
        people = self.participations.order_by().values("participant")
        own = super().judgements.filter(showing__participant__in=people, showing__study=self.study)
        return own.filter(made__lte=self._frozen.frozen)

    @property
    def photos(self) -> models.QuerySet[Photo]:
        """The photos that were played or judged."""
        played = models.Q(pk__in=self.episodes.order_by().values("photo"))
        judged = models.Q(pk__in=self.judgements.order_by().values("showing__photo"))
        return Photo.objects.filter(played | judged).distinct().order_by("sha256")

    @property
    def about(self) -> dict[str, Any]:
        """What the manifest says of it."""
        version = self._frozen
        moment = version.stored.isoformat(timespec="seconds")
        before = version.successor_of
        name = version.study.seed
        return {
            "study": name,
            "version": version.number,
            "successor_of": before.number if before else None,
            "selection": version.choice,
            "statuses": list(self.statuses),
            "exported_at": moment,
            "exported": moment,
            "code_version": installed_version("safelight"),
            "contract_version": filters.VERSION,
            "pseudonyms": "standing" if version.key.is_standing else "of this version alone",
            "changes_after_opening": changes_after_opening(version),
            "episodes_left_out": {},
            "photos_removed": [],
            "consents": {name: self._consented},
            "withdrawn": self.tombstones.count(),
            "data_licences": {name: version.study.data_licence} if version.study.data_licence else {},
        }

    @property
    def tombstones(self) -> models.QuerySet[Tombstone]:
        """Those of all who had withdrawn by then from versions under its key."""
        version = self._frozen
        return version.study.tombstones.filter(key=version.key, made__lte=version.settled)

    @property
    def _consented(self) -> dict[str, int]:
        people = self.participations.filter(participant__kind=Participant.Kind.HUMAN).order_by()
        given = Consent.objects.filter(study=self.study, participant__in=people.values("participant"))
        counts = given.filter(given__lte=self._frozen.settled).order_by("version").values_list("version")
        return {str(number): count for number, count in counts.annotate(models.Count("pk"))}

    def reduced(self, name: str, tables: Iterable[Any]) -> Iterator[Any]:
        """Yield the tables without what this version does not pass on: exact devices, and words of their own."""
        choice = self.choice
        if name == "participations":
            return iter([_without_small_cells(table, choice) for table in [pa.concat_tables(tables)]])
        if name == "events" and not choice.exact_device:
            return map(_with_coarse_device, tables)
        if choice.free_text:
            return iter(tables)
        if name == "answers":
            closed = _closed_questions(self._frozen.study)
            return (_without_own_words(table, closed) for table in tables)
        if name == "episodes":
            return map(_without_reasons, tables)
        return iter(tables)


def changes_after_opening(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return which settings of a study were changed after its opening, and how many days after it."""
    opened = version.key.opened
    until = version.settled or timezone.now()
    rows = StudyChange.objects.filter(study=version.study, changed__lte=until).order_by("pk")
    changes = []
    for before, after in pairwise(rows):
        changed = sorted(
            name
            for name in after.values
            if name in before.values and before.values[name] != after.values[name] and name != "slug"
        )
        if changed and after.changed > opened:
            changes.append({"days_after_opening": (after.changed - opened).days, "settings": changed})
    return changes


def _with_coarse_device(table: Any) -> Any:
    for column, size in _COARSE.items():
        number = table.schema.get_field_index(column)
        values = pc.multiply(pc.floor(pc.divide(table.column(number), float(size))), float(size))
        table = table.set_column(number, table.schema.field(number), values)
    return table


def _without_small_cells(people: Any, choice: Choice) -> Any:
    """Tell no window of a condition and window that fewer people share; nor any where those would be few by then."""
    keys = list(zip(people.column("condition").to_pylist(), people.column("window").to_pylist(), strict=True))
    counts = Counter(keys)
    small = {key for key, count in counts.items() if key[1] is not None and count < choice.smallest_cell}
    told: list[str | None] = []
    for condition, window in keys:
        hidden = sum(counts[key] for key in counts if key[0] == condition and (key[1] is None or key in small))
        is_told = (condition, window) not in small and not 0 < hidden < choice.smallest_cell
        told.append(window if is_told else None)
    number = people.schema.get_field_index("window")
    people = people.set_column(number, people.schema.field(number), pa.array(told, pa.string()))
    return people if choice.free_text else _without_reasons(people)


def _without_reasons(table: Any) -> Any:
    number = table.schema.get_field_index("exclusion_reason")
    reasons = table.column(number)
    kept = pc.if_else(pc.is_valid(reasons), pa.scalar(_NOT_PASSED_ON), pa.scalar(None, pa.string()))
    return table.set_column(number, table.schema.field(number), kept)


def _without_own_words(table: Any, closed: Mapping[str, set[str]]) -> Any:
    keys = zip(*(table.column(name).to_pylist() for name in ("questionnaire", "question")), strict=True)
    kept = [question in closed.get(questionnaire, ()) for questionnaire, question in keys]
    return table.filter(pa.array(kept, pa.bool_()))


def _closed_questions(study: Study) -> dict[str, set[str]]:
    """Return, by questionnaire, the questions that are closed under all conditions."""
    closed: dict[str, set[str]] = {}
    for own in (study, *(study.under(condition["name"]) for condition in study.conditions)):
        for name, survey in own.questionnaires.items():
            found = closed_questions(survey)
            closed[name] = closed[name] & found if name in closed else found
    return closed
