"""Play as a snapshot: the rows of ``editing.trajectories.snapshot``, read from the database, and a card beside them."""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone

from editing.files import check_free
from editing.game import filters
from editing.trajectories.columns import rows
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import FLAGS
from editing.trajectories.snapshot import write_snapshot
from webapp.datasets.answer_rows import (
    answer_rows,
    answers_of,
    judgement_row,
    task_judgements,
    with_what_was_shown,
)
from webapp.datasets.participations import participation_rows, participations_of
from webapp.datasets.receipts import receipts_of_study
from webapp.games.models import Episode, Event, Step
from webapp.participants.models import Participant
from webapp.photos.models import Photo, previews_folder
from webapp.photos.storing import lock_files
from webapp.ratings.models import Judgement, Place
from webapp.studies.models import Consent, Study, Withdrawal, pseudonym_in_study

_CHUNK = 2000
_TUTORIALS = "of the tutorial"
Row = dict[str, Any]


# The preview of a removed photo is kept as long as there is submitted play on it.
_SHOWN = models.Q(photo__removed_at=None) | models.Q(
    photo__in=Episode.objects.filter(status=Episode.Status.SUBMITTED).order_by().values("photo")
)


@dataclass(frozen=True)
class Selection:
    """What to export: a study's episodes, or all of them, of these statuses, played by the current version.

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
        return self._that_count.filter(_SHOWN).order_by("started", "id")

    @property
    def _of_this_version(self) -> models.QuerySet[Episode]:
        return self._in_study.filter(contract_version=filters.VERSION)

    @property
    def _that_count(self) -> models.QuerySet[Episode]:
        return self._of_this_version if self.tutorials else self._of_this_version.filter(tutorial=False)

    @property
    def left_out(self) -> dict[str, int]:
        """How many episodes are missing from the export, by the reason; only reasons that there are."""
        counts = {
            "played with another version of the filters": self._in_study.count() - self._of_this_version.count(),
            _TUTORIALS: self._of_this_version.count() - self._that_count.count(),
            "on a removed photo that nobody submitted": self._that_count.exclude(_SHOWN).count(),
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
    def participations(self) -> Iterator[Row]:
        """The participations, each with its receipt where all of its play that counts is here."""
        receipts = None
        if not (self.left_out.keys() - {_TUTORIALS}) and Episode.Status.SUBMITTED in self.statuses:
            every = (receipt for study in self.studies for receipt in receipts_of_study(study, checked=False))
            receipts = {(receipt.study, receipt.player): receipt for receipt in every}
        return participation_rows(self.studies, receipts)

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


def export(directory: Path, selection: Selection) -> Snapshot:
    """Write a snapshot with its card, as the database stands at one moment.

    Raises:
        FileExistsError: the folder is not free.
        editing.trajectories.schemas.InvalidSnapshot: a row is wrong.
    """
    check_free(directory)
    with _previews_held(selection) as held, _one_moment():
        episodes = _with_players(selection.episodes.select_related("participant", "study"))
        judgements, judged = selection.judgements, selection.judged
        answers = answers_of(selection.studies)
        snapshot = write_snapshot(
            directory,
            episodes=map(_episode_row, episodes.iterator(_CHUNK)),
            steps=map(_step_row, _parts(Step, selection, "index")),
            events=map(_event_row, _parts(Event, selection, "seq")),
            photos=map(photo_row, selection.photos.iterator(_CHUNK)),
            judgements=(judgement_row(row, judged) for row in judgements.iterator(_CHUNK))
            if judgements.exists()
            else None,
            answers=answer_rows(answers.iterator(_CHUNK)) if answers.exists() else None,
            participations=selection.participations if participations_of(selection.studies).exists() else None,
            previews={photo.preview_sha256: held(photo) for photo in selection.photos.iterator(_CHUNK)},
            manifest={
                "exported": timezone.now().isoformat(timespec="seconds"),
                "study": selection.study.slug if selection.study else None,
                "statuses": list(selection.statuses),
                "episodes_left_out": selection.left_out,
                "photos_removed": selection.removed_photos,
                "consents": selection.consents,
                "withdrawn": Withdrawal.objects.filter(study__in=selection.studies).count(),
                "data_licences": selection.licences,
            },
        )
    _write_card(snapshot)
    return snapshot


@contextmanager
def _previews_held(selection: Selection) -> Iterator[Callable[[Photo], Path]]:
    """Hold the previews by a second name each: their photos may be removed while others are written.

    Yields where a photo's preview lies. Where the file system knows no second names, nothing is held.
    """
    with ExitStack() as stack:
        held = previews_folder()
        with suppress(OSError):
            held = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".export-", dir=held)))
            with transaction.atomic():
                lock_files()
                for photo in selection.photos.iterator(_CHUNK):
                    with suppress(FileNotFoundError, FileExistsError):
                        os.link(photo.preview_path, held / photo.preview_path.name)

        def preview(photo: Photo) -> Path:
            path = held / photo.preview_path.name
            return path if path.exists() else photo.preview_path

        yield preview


@contextmanager
def _one_moment() -> Iterator[None]:
    """Open a transaction in which all tables show the same moment, whatever is played meanwhile."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _with_players(rows: models.QuerySet[Any], path: str = "") -> models.QuerySet[Any]:
    named: models.QuerySet[Any] = rows.annotate(player=pseudonym_in_study(f"{path}study", f"{path}participant"))
    return named


def _parts(model: type[Step] | type[Event], selection: Selection, order: str) -> Iterator[Any]:
    rows = model._default_manager.filter(episode__in=selection.episodes.order_by())
    return rows.order_by("episode_id", order).iterator(_CHUNK)


def _episode_row(episode: Any) -> Row:
    """Return the row of an episode with its ``player``."""
    return {
        "id": str(episode.pk),
        "player": episode.player,
        "player_kind": episode.participant.kind,
        "photo": episode.photo_id,
        "study": episode.study.slug,
        "status": episode.status,
        "exclusion_reason": episode.exclusion_reason or None,
        "contract_version": episode.contract_version,
        "step_count": episode.step_count,
        "started": episode.started,
        "duration_ms": episode.duration_ms,
        **{flag: getattr(episode, flag) for flag in FLAGS},
        "surplus": episode.surplus,
        "condition": episode.condition,
        "seed": episode.seed,
        "sample": episode.sample,
        "checkpoint_hash": episode.checkpoint_hash or None,
    }


def _step_row(step: Step) -> Row:
    return {
        "episode": str(step.episode_id),
        "index": step.index,
        "filter": step.filter,
        "parameters": step.parameters,
        "ms_spent": step.ms_spent,
        "probabilities": step.probabilities,
    }


def _event_row(event: Event) -> Row:
    return event.as_played().to_json()


def photo_row(photo: Photo) -> Row:
    """Return the photo's row in a snapshot."""
    columns = ("sha256", "preview_sha256", "name", "width", "height", "preview_width", "preview_height")
    texts = ("working_space", "licence", "attribution")
    row = {name: getattr(photo, name) for name in (*columns, *texts)}
    return row | {"decoding": json.dumps(photo.decoding, sort_keys=True, ensure_ascii=False)}


def _write_card(snapshot: Snapshot) -> None:
    """Write ``README.md`` into the snapshot's folder."""
    (snapshot.directory / "README.md").write_text(_card(snapshot), encoding="utf-8")


def left_out_text(left_out: dict[str, int]) -> str:
    """Return a sentence on the episodes that an export lacks, by the reason; empty where it lacks none."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    return f"Episodes left out: {reasons}." if reasons else ""


def _said(snapshot: Snapshot) -> str:
    """Return the lines on judgements and answers, of which a snapshot may have none."""
    lines = {
        "judgements": "answer to pictures that were shown blind: a rating, the better one, who made it, a favourite",
        "answers": "question of a questionnaire that was answered",
    }
    counts = {name: snapshot.table(name).num_rows for name in lines}
    return "".join(f"| `{name}.parquet` | {lines[name]} | {count} |\n" for name, count in counts.items() if count)


def _licences(snapshot: Snapshot) -> str:
    lines = [f"- {study}: {licence}" for study, licence in sorted(snapshot.manifest["data_licences"].items())]
    return "\n".join(["## Licence of the data", *lines, "\n"]) if lines else ""


def _card(snapshot: Snapshot) -> str:
    sources = Counter((photo["licence"], photo["attribution"]) for photo in rows(snapshot.photos))
    credit = "\n".join(
        f"- {count} {'photo' if count == 1 else 'photos'}: {attribution or 'source not stated'}"
        f" ({licence or 'no licence stated: ask before you pass them on'})"
        for (licence, attribution), count in sorted(sources.items())
    )
    kinds = Counter(episode["player_kind"] for episode in rows(snapshot.episodes))
    played = ", ".join(f"{count} by {kind} players" for kind, count in sorted(kinds.items())) or "none"
    removed = snapshot.manifest["photos_removed"]
    withdrawn = snapshot.manifest["withdrawn"]
    notes = left_out_text(snapshot.manifest["episodes_left_out"]) or "Nothing is left out."
    if withdrawn:
        notes += f"\nParticipants who have withdrawn, of whom nothing is here: {withdrawn}."
    if removed:
        notes += f"\nPhotos removed from the site since they were played: {len(removed)}; `manifest.json` names them."
    return f"""# Retouching trajectories

Exported by Safelight on {snapshot.manifest["exported"]}. Each episode is one player's treatment of one dark, linear
photo in at most five steps, out of eight filters.

| file | one row for each | rows |
|---|---|---|
| `episodes.parquet` | episode: player, photo, study, status, time | {snapshot.episodes.num_rows} ({played}) |
| `steps.parquet` | step of a submitted episode: filter and physical parameters | {snapshot.steps.num_rows} |
| `events.parquet` | action on the way there, in order | {snapshot.events.num_rows} |
| `photos.parquet` | photo: how it was decoded, its licence | {snapshot.photos.num_rows} |
{_said(snapshot)}| `previews/` | the pixels: `<preview_sha256>.npy`, float16 (H, W, 3), linear sRGB | |

{notes}
The steps follow from the events; `manifest.json` says which version of the filters they were played with.

{_licences(snapshot)}## Photos
{credit or "None."}
"""
