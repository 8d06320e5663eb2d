"""A snapshot into the database: other sites' play, and agents'."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from editing.game.events import Event as PlayedEvent
from editing.game.rules import why_unknown
from editing.trajectories.columns import rows
from editing.trajectories.reading import Snapshot
from editing.trajectories.schemas import FLAGS, InvalidSnapshot
from editing.trajectories.validation import check_previews
from webapp.datasets.models import AgentTraining
from webapp.games.models import Episode, Event, Step
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.photos.storing import lock_files
from webapp.storage.site_file import SiteFile
from webapp.studies.models import Study
from webapp.studies.photos import add_to_study

Row = dict[str, Any]
Counts = dict[str, int]


def import_snapshot(snapshot: Snapshot) -> Counts:
    """Store what of a validated snapshot is not here yet, all or nothing; how many rows of each kind are new.

    ``read_snapshot`` has replayed the events by the rules and found the steps to follow from them; the previews are
    checked here. Episodes by a version of the filters that is not known were not replayed, and are not stored. Photos
    join the studies that the import makes, and none that is here.

    Raises:
        InvalidSnapshot: a preview is not what its row says, or a row contradicts what is stored here, or does not fit.
    """
    check_previews(snapshot)
    try:
        with transaction.atomic():
            return _store(snapshot)
    except (DataError, IntegrityError) as error:
        raise InvalidSnapshot(f"a row does not fit what is stored here: {str(error).splitlines()[0]}") from None


def _store(snapshot: Snapshot) -> Counts:
    stored = set(Episode.objects.values_list("pk", flat=True))
    own = list(rows(snapshot.episodes))
    new = [row for row in own if UUID(row["id"]) not in stored and not why_unknown(row["contract_version"])]
    photos, new_photos = _photos(snapshot, played={row["photo"] for row in new})
    studies, made = _studies({row["study"] for row in new})
    players, new_players = _players(new)
    # A tutorial's photo is of no study.
    in_studies = {(row["study"], row["photo"]) for row in new if row["study"] in made and not row["tutorial"]}
    for slug, sha256 in sorted(in_studies):
        add_to_study(studies[slug], photos[sha256])
    episodes = [_episode(row, studies, players, photos) for row in new]
    Episode.objects.bulk_create(episodes, batch_size=1000)
    ids = {episode.pk for episode in episodes}
    AgentTraining.objects.bulk_create(
        (AgentTraining(checkpoint_hash=checkpoint, **data) for checkpoint, data in snapshot.trained_on.items()),
        ignore_conflicts=True,
    )
    steps = [_step(row) for row in rows(snapshot.steps) if UUID(row["episode"]) in ids]
    Step.objects.bulk_create(steps, batch_size=1000)
    events = [_event(row) for row in rows(snapshot.events) if UUID(row["episode"]) in ids]
    Event.objects.bulk_create(events, batch_size=1000)
    return {
        "photos": new_photos,
        "players": new_players,
        "episodes": len(episodes),
        "steps": len(steps),
        "events": len(events),
        "known": sum(UUID(row["id"]) in stored for row in own),
    }


def _photos(snapshot: Snapshot, played: set[str]) -> tuple[dict[str, Photo], int]:
    """Return the snapshot's photos, here, with the preview of each that is in play or ``played`` by a new episode."""
    photos, added = {}, 0
    lock_files()
    for row in rows(snapshot.photos):
        defaults = {**row, "decoding": json.loads(row["decoding"])}
        photo = Photo.objects.filter(pk=row["sha256"]).first()
        if photo is None:
            photo = Photo.objects.create(**defaults)
            added += 1
        elif photo.preview_sha256 != row["preview_sha256"]:
            raise InvalidSnapshot(f"photos.parquet: {row['name']} is here with another preview; photos never change")
        if photo.removed_at is None or photo.pk in played:
            _copy_preview(snapshot.preview_path(photo.preview_sha256), photo.preview)
        photos[photo.pk] = photo
    return photos, added


def _copy_preview(source: Path, target: SiteFile) -> None:
    """Copy a preview byte for byte, whole or not at all; one that is here already is never touched."""
    if not target.exists():
        target.write(source.read_bytes())


def _studies(slugs: set[str]) -> tuple[dict[str, Study], set[str]]:
    """Return the studies of these names, and which of them are new here."""
    existing = Study.objects.by_slugs(slugs)
    made = {slug: _closed_study(slug) for slug in sorted(slugs.difference(existing))}
    return existing | made, set(made)


def _closed_study(slug: str) -> Study:
    """Return a new study that nobody can join: it was played elsewhere."""
    study = Study(slug=slug, title=slug, state=Study.State.CLOSED)
    try:
        study.full_clean()
    except ValidationError:
        raise InvalidSnapshot(f"episodes.parquet: {slug!r} is no name of a study (letters, digits, - and _)") from None
    study.save()
    return study


def _players(episodes: Iterable[Row]) -> tuple[dict[str, Participant], int]:
    kinds = {row["player"]: row["player_kind"] for row in episodes}
    players = {player.pseudonym: player for player in Participant.objects.filter(pseudonym__in=kinds)}
    for row in episodes:
        kind = players[row["player"]].kind if row["player"] in players else kinds[row["player"]]
        if kind != row["player_kind"]:
            raise InvalidSnapshot(f"episodes.parquet: {row['player']} is a {kind}, not a {row['player_kind']}")
    new = [Participant(pseudonym=name, kind=kind) for name, kind in kinds.items() if name not in players]
    Participant.objects.bulk_create(new)
    return players | {player.pseudonym: player for player in new}, len(new)


def _episode(row: Row, studies: dict[str, Study], players: dict[str, Participant], photos: dict[str, Photo]) -> Episode:
    play = ("status", "contract_version", "step_count", "started", "duration_ms", "surplus", "condition")
    same = (*play, "seed", "sample", *FLAGS)
    return Episode(
        id=UUID(row["id"]),
        study=studies[row["study"]],
        participant=players[row["player"]],
        photo=photos[row["photo"]],
        exclusion_reason=row["exclusion_reason"] or "",
        checkpoint_hash=row["checkpoint_hash"] or "",
        **{name: row[name] for name in same},
    )


def _step(row: Row) -> Step:
    return Step(episode_id=UUID(row.pop("episode")), **row)


def _event(row: Row) -> Event:
    return Event.from_played(PlayedEvent.from_json(row))
