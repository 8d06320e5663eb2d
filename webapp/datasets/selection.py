"""What an export holds: which episodes, whose participations, and what was said of pictures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models

from editing.trajectories.reading import TrainedOn
from webapp.datasets.answer_rows import answers_of, task_judgements, with_what_was_shown
from webapp.datasets.models import AgentTraining
from webapp.datasets.participations import Moment, participations_of
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.questionnaires.models import Answers
from webapp.ratings.models import Judgement, Place
from webapp.studies.models import Consent, Participation, Study, Withdrawal

_TUTORIALS = "of the tutorial"

# The preview of a removed photo is kept as long as there is submitted play on it.
SHOWN = models.Q(photo__removed_at=None) | models.Q(
    photo__in=Episode.objects.filter(status=Episode.Status.SUBMITTED).order_by().values("photo")
)


@dataclass(frozen=True)
class Selection:
    """What to export: a study's episodes, or all of them, of these statuses, whichever version of the filters they
    were played with.

    Tutorials never count: they, and the picture that they are played on, come along only where ``tutorials`` asks for
    them, flagged.
    """

    study: Study | None
    statuses: tuple[str, ...]
    tutorials: bool = False

    @property
    def _in_study(self) -> models.QuerySet[Episode]:
        episodes = Episode.objects.filter(status__in=self.statuses)
        return episodes.filter(study=self.study) if self.study else episodes

    @property
    def episodes(self) -> models.QuerySet[Episode]:
        """The episodes, in order."""
        return self._that_count.filter(SHOWN).order_by("started", "id")

    @property
    def _that_count(self) -> models.QuerySet[Episode]:
        return self._in_study if self.tutorials else self._in_study.filter(tutorial=False)

    @property
    def trained_on(self) -> dict[str, TrainedOn]:
        """What its agents were trained on, by the SHA-256 of their weights, where the site knows it."""
        checkpoints = self.episodes.exclude(checkpoint_hash="").order_by().values("checkpoint_hash").distinct()
        known = self._trainings.filter(pk__in=checkpoints)
        return {row.pk: {"photos": row.photos, "players": row.players} for row in known}

    @property
    def _trainings(self) -> models.QuerySet[AgentTraining]:
        return AgentTraining.objects.all()

    @property
    def left_out(self) -> dict[str, int]:
        """How many episodes are missing from the export, by the reason; only reasons that there are."""
        counts = {
            _TUTORIALS: self._in_study.count() - self._that_count.count(),
            "on a removed photo that nobody submitted": self._that_count.exclude(SHOWN).count(),
        }
        return {reason: count for reason, count in counts.items() if count}

    @property
    def consents(self) -> dict[str, dict[str, int]]:
        """By study, how many of the people who play here agreed to each version of its text.

        Programs that play through the API agree too, but consent to nothing.
        """
        own = self.episodes.order_by().filter(
            study=models.OuterRef("study"), participant=models.OuterRef("participant")
        )
        counts = (
            Consent.objects.filter(models.Exists(own), participant__kind=Participant.Kind.HUMAN)
            .values_list("study__slug", "version")
            .annotate(models.Count("pk"))
            .order_by("study__slug", "version")
        )
        by_version: dict[str, dict[str, int]] = {}
        for slug, version, count in counts:
            by_version.setdefault(slug, {})[str(version)] = count
        return by_version

    @property
    def studies(self) -> list[Study]:
        """The studies that are exported."""
        return [self.study] if self.study else list(Study.objects.all())

    @property
    def licences(self) -> dict[str, str]:
        """The licence of the data, by study, where one is stated."""
        return {study.slug: study.data_licence for study in self.studies if study.data_licence}

    @property
    def participations(self) -> models.QuerySet[Participation]:
        """The participations, whoever of them has played."""
        return participations_of(self.studies)

    @property
    def answers(self) -> models.QuerySet[Answers]:
        """What was answered to questionnaires."""
        return answers_of(self.studies)

    @property
    def counted(self) -> Moment:
        """What the numbers of participations count: all that there is."""
        return Moment()

    def are_whole(self) -> Mapping[int, bool]:
        """Tell, by the key of each participation, whether all of its play that counts is here."""
        is_whole = not (self.left_out.keys() - {_TUTORIALS}) and Episode.Status.SUBMITTED in self.statuses
        return dict.fromkeys(self.participations.values_list("pk", flat=True), is_whole)

    def reduced(self, name: str, tables: Iterable[Any]) -> Iterator[Any]:
        """Yield a table without what is not passed on; nothing is kept back here."""
        return iter(tables)

    @property
    def about(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {
            "study": self.study.slug if self.study else None,
            "statuses": list(self.statuses),
            "episodes_left_out": self.left_out,
            "photos_removed": self.removed_photos,
            "consents": self.consents,
            "withdrawn": Withdrawal.objects.filter(study__in=self.studies).count(),
            "data_licences": self.licences,
        }

    @property
    def photos(self) -> models.QuerySet[Photo]:
        """The photos played, and those of the study that wait to be."""
        waiting = models.Q(studies__in=self.studies, removed_at=None)
        played = models.Q(pk__in=self.episodes.order_by().values("photo"))
        judged = models.Q(pk__in=task_judgements(self.studies).order_by().values("showing__photo"))
        return Photo.objects.filter(waiting | played | judged).distinct().order_by("sha256")

    @property
    def judgements(self) -> models.QuerySet[Judgement]:
        """What was said of pictures: in tasks, and in the reveal where all episodes that were shown are exported."""
        elsewhere = Place.objects.exclude(episode__in=self.episodes.order_by().values("pk")).values("showing")
        in_reveal = models.Q(showing__task="") & ~models.Q(showing__in=elsewhere)
        in_tasks = ~models.Q(showing__task="") & models.Q(showing__study__in=self.studies)
        return with_what_was_shown(Judgement.objects.filter(in_reveal | in_tasks))

    @property
    def judged(self) -> set[UUID]:
        """Of the episodes, the ids of those that were judged."""
        return set(self.episodes.order_by().filter(places__isnull=False).values_list("pk", flat=True))

    @property
    def removed_photos(self) -> list[str]:
        """Of these photos, the SHA-256 of those that were removed from the site."""
        return list(self.photos.exclude(removed_at=None).values_list("pk", flat=True))
