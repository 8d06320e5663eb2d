"""A snapshot into the database: other sites' play, and agents'."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from editing.photo import load_preview
from editing.rules import Event as PlayedEvent
from editing.schemas import FLAGS
from editing.trajectory import InvalidSnapshot, Snapshot, rows
from webapp.games.models import Episode, Event, Step
from webapp.participants.models import Participant
from webapp.photos.models import Photo, previews_folder
from webapp.studies.adding import add_photo
from webapp.studies.models import Study

Row = dict[str, Any]
Counts = dict[str, int]


def import_snapshot(snapshot: Snapshot) -> Counts:
    """Store what of a validated snapshot is not here yet, all or nothing; how many rows of each kind are new.

    ``read_snapshot`` has replayed the events by the rules and found the steps to follow from them.

    Raises:
        InvalidSnapshot: a row contradicts what is stored here, or does not fit.
    """
    try:
        with transaction.atomic():
            return _store(snapshot)
    except (DataError, IntegrityError) as error:
        raise InvalidSnapshot(f"a row does not fit what is stored here: {str(error).splitlines()[0]}") from None


def _store(snapshot: Snapshot) -> Counts:
    photos, new_photos = _photos(snapshot)
    known = set(Episode.objects.values_list("pk", flat=True))
    new = [row for row in rows(snapshot.episodes) if UUID(row["id"]) not in known]
    studies = {slug: _study(slug) for slug in sorted({row["study"] for row in new})}
    players, new_players = _players(new)
    for slug, sha256 in sorted({(row["study"], row["photo"]) for row in new}):
        add_photo(studies[slug], photos[sha256])
    episodes = [_episode(row, studies, players, photos) for row in new]
    Episode.objects.bulk_create(episodes, batch_size=1000)
    ids = {episode.pk for episode in episodes}
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
        "known": snapshot.episodes.num_rows - len(episodes),
    }


def _photos(snapshot: Snapshot) -> tuple[dict[str, Photo], int]:
    """The snapshot's photos, here; a preview is copied byte for byte before its row is written."""
    photos, added = {}, 0
    for row in rows(snapshot.photos):
        defaults = {**row, "decoding": json.loads(row["decoding"])}
        photo = Photo.objects.filter(pk=row["sha256"]).first()
        if photo is None:
            _copy_preview(snapshot.preview_path(row["preview_sha256"]), row["preview_sha256"])
            photo = Photo.objects.create(**defaults)
            added += 1
        elif photo.preview_sha256 != row["preview_sha256"]:
            raise InvalidSnapshot(f"photos.parquet: {row['name']} is here with another preview; photos never change")
        photos[photo.pk] = photo
    return photos, added


def _copy_preview(source: Path, preview_sha256: str) -> None:
    load_preview(source)
    previews_folder().mkdir(parents=True, exist_ok=True)
    target = previews_folder() / f"{preview_sha256}.npy"
    draft = target.with_name(f".{target.name}.draft")
    shutil.copyfile(source, draft)
    draft.replace(target)


def _study(slug: str) -> Study:
    """The study of that name. One that is not here yet is made closed: it was played elsewhere."""
    if known := Study.objects.filter(slug=slug).first():
        return known
    study = Study(slug=slug, title=slug, open=False)
    try:
        study.full_clean()
    except ValidationError:
        raise InvalidSnapshot(f"episodes.parquet: {slug!r} is no name of a study (letters, digits, - and _)") from None
    study.save()
    return study


def _players(episodes: Iterable[Row]) -> tuple[dict[str, Participant], int]:
    wanted = {row["player"]: row["player_kind"] for row in episodes}
    players = {player.pseudonym: player for player in Participant.objects.filter(pseudonym__in=wanted)}
    for row in episodes:
        kind = players[row["player"]].kind if row["player"] in players else wanted[row["player"]]
        if kind != row["player_kind"]:
            raise InvalidSnapshot(f"episodes.parquet: {row['player']} is a {kind}, not a {row['player_kind']}")
    new = [Participant(pseudonym=name, kind=kind) for name, kind in wanted.items() if name not in players]
    Participant.objects.bulk_create(new)
    return players | {player.pseudonym: player for player in new}, len(new)


def _episode(row: Row, studies: dict[str, Study], players: dict[str, Participant], photos: dict[str, Photo]) -> Episode:
    same = ("status", "contract_version", "step_count", "started", "duration_ms", "seed", "sample", *FLAGS)
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
