"""A study of many people and photos, stored by a few statements: for pages that show how far it is."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
from django.utils import timezone

from editing.game.filters import VERSION
from editing.photos.preview import save_preview
from tests.webapp.site_files import previews_folder
from webapp.games.models import Episode, Event, Step
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.questionnaires.models import Answers
from webapp.ratings.models import Judgement, Place, Showing
from webapp.studies.arrivals import Arrival
from webapp.studies.models import Coverage, Identity, Lease, Participation, Study, StudyPhoto

ASKED_OF_A_PERSON = 10
TASKS = [
    {"kind": "questionnaire", "name": "about"},
    {"kind": "play"},
    {"kind": "rating", "name": "quality", "makers": ["person", "untouched"], "trials": ASKED_OF_A_PERSON},
]
QUESTIONNAIRES = {
    "about": {
        "elements": [
            {"type": "radiogroup", "name": "experience", "choices": ["never", "monthly", "daily"]},
            {"type": "text", "name": "age", "inputType": "number"},
        ]
    }
}
PREVIEWS = 8  # of which the photos are made
PHOTOS_OF_A_PERSON = 10
_STEPS = (
    ("exposure", {"ev": 1.4}),
    ("contrast", {"amount": 0.3}),
    ("white_balance", {"temperature": 0.2, "tint": 0.0}),
)


def add_photos(study: Study, count: int) -> list[Photo]:
    """Store so many photos of the study; a few previews are theirs, each of many."""
    previews = [_preview(seed) for seed in range(min(count, PREVIEWS))]
    photos = Photo.objects.bulk_create(
        Photo(
            sha256=f"{number + 1:064x}",
            preview_sha256=previews[number % len(previews)],
            name=f"DSC_{number:04}.NEF",
            width=6000,
            height=4000,
            preview_width=96,
            preview_height=64,
            working_space="linear sRGB",
            decoding=_decoding(number),
            licence="CC BY 4.0",
            attribution="Ada Example",
        )
        for number in range(count)
    )
    StudyPhoto.objects.bulk_create(StudyPhoto(study=study, photo=photo) for photo in photos)
    return photos


def add_people(study: Study, photos: Sequence[Photo], count: int) -> list[Participation]:
    """Store so many people: most have done all of their photos, some are at it, some stopped, two are rejected."""
    now = timezone.now()
    people = Participant.objects.bulk_create(
        Participant(pseudonym=f"quiet-heron-{number:05}", kind="human") for number in range(count)
    )
    rows = Participation.objects.bulk_create(
        Participation(study=study, participant=person, pseudonym=person.pseudonym, began_under=study.changes.last())
        for person in people
    )
    for number, row in enumerate(rows):
        row.joined = now - timedelta(hours=2 * (count - number))
        row.completed = row.joined + timedelta(minutes=40) if number % 5 < 3 else None
        row.rejected = now if number in (3, 10) else None
        row.rejection_reason = "the same steps on every photo" if row.rejected else ""
    Participation.objects.bulk_update(rows, ["joined", "completed", "rejected", "rejection_reason"])
    Identity.objects.bulk_create(
        Identity(study=study, participation=row, platform_id=f"5f3c0ffee{row.pk:015x}") for row in rows
    )
    Arrival.objects.create(study=study, hour=now - timedelta(days=1), count=count + 25)
    _add_play(study, photos, rows)
    return rows


def _add_play(study: Study, photos: Sequence[Photo], rows: Sequence[Participation]) -> None:
    now, leases, played = timezone.now(), [], []
    for number, row in enumerate(rows):
        done = PHOTOS_OF_A_PERSON if row.completed else number % PHOTOS_OF_A_PERSON
        for position in range(PHOTOS_OF_A_PERSON):
            lease = Lease(
                participation=row,
                photo=photos[(number * PHOTOS_OF_A_PERSON + position) % len(photos)],
                position=position,
                state=Lease.State.HANDED_IN if position < done else Lease.State.HELD,
                expires=now + timedelta(hours=12 if number % 5 == 3 else -1),
            )
            leases.append(lease)
            if position < done:
                played.append((row, lease, position))
    taken: dict[str, int] = {}
    for lease in leases:
        if not lease.participation.rejected and (lease.state == Lease.State.HANDED_IN or lease.expires > now):
            taken[lease.photo_id] = taken.get(lease.photo_id, 0) + 1
    coverage = Coverage.objects.bulk_create(
        Coverage(study=study, photo=photo, taken=taken.get(photo.pk, 0)) for photo in photos
    )
    by_photo = {row.photo_id: row for row in coverage}
    for lease in leases:
        holds = not lease.participation.rejected and (lease.state == Lease.State.HANDED_IN or lease.expires > now)
        lease.coverage = by_photo[lease.photo_id] if holds else None
    Lease.objects.bulk_create(leases)
    _add_episodes(study, played)


def _add_episodes(study: Study, played: Sequence[tuple[Participation, Lease, int]]) -> None:
    episodes, steps, events = [], [], []
    for number, (row, lease, position) in enumerate(played):
        rejected = bool(row.rejected)
        episode = Episode(
            id=uuid4(),
            study=study,
            participant=row.participant,
            photo=lease.photo,
            status="excluded" if rejected else "submitted",
            exclusion_reason=f"participant rejected: {row.rejection_reason}" if rejected else "",
            contract_version=VERSION,
            started=row.joined + timedelta(minutes=4 * position),
            duration_ms=30_000 + 1000 * (number % 90),
            step_count=1 + number % 3,
            lease=lease,
        )
        episodes.append(episode)
        for index, (slug, parameters) in enumerate(_STEPS[: episode.step_count]):
            steps.append(Step(episode=episode, index=index, filter=slug, parameters=parameters))
        events += _events(episode)
    Episode.objects.bulk_create(episodes)
    Step.objects.bulk_create(steps)
    Event.objects.bulk_create(events)


def add_answers(study: Study, people: Sequence[Participation]) -> None:
    """Store what each of them said of pictures by others and by nobody, and to the questionnaire, as TASKS ask."""
    episodes = list(Episode.objects.filter(study=study, status="submitted").order_by("started")[:200])
    showings, places, judgements = [], [], []
    for number, row in enumerate(people):
        for position in range(ASKED_OF_A_PERSON):
            episode = episodes[(number * ASKED_OF_A_PERSON + position) % len(episodes)]
            showing = Showing(
                study=study, participant=row.participant, photo=episode.photo, task="quality", key=uuid4(),
                position=position,
            )  # fmt: skip
            is_made = position % 2 == 0
            places.append(
                Place(
                    showing=showing,
                    index=0,
                    episode=episode if is_made else None,
                    maker="person" if is_made else "untouched",
                )
            )
            mark = 1 + (number + position) % 3 + 2 * is_made
            judgements.append(Judgement(showing=showing, kind="rating", answer=min(5, mark), ms=1500 + 100 * position))
            showings.append(showing)
    Showing.objects.bulk_create(showings)
    Place.objects.bulk_create(places)
    Judgement.objects.bulk_create(judgements)
    Answers.objects.bulk_create(
        Answers(
            participation=row, questionnaire="about", key=uuid4(), language="en", ms=20_000,
            values={"experience": ("never", "monthly", "daily")[number % 3], "age": 20 + number % 40},
        )
        for number, row in enumerate(people)
    )  # fmt: skip


def _events(episode: Episode) -> list[Event]:
    actions: list[tuple[str, int | None, str | None, dict[str, float] | None]] = [("start", None, None, None)]
    for index, (slug, parameters) in enumerate(_STEPS[: episode.step_count]):
        if index:
            actions.append(("goto", index, None, None))
        actions += [("choose", index, slug, None), ("adjust", index, slug, parameters)]
    actions.append(("submit", None, None, None))
    return [
        Event(
            id=uuid4(), episode=episode, seq=seq, kind=kind, step=step, filter=slug, parameters=parameters,
            ms=2500 * seq, contract_version=VERSION,
        )
        for seq, (kind, step, slug, parameters) in enumerate(actions)
    ]  # fmt: skip


def _preview(seed: int) -> str:
    random = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 1, 96), np.linspace(0, 1, 64))
    colours = random.random((3, 2))
    pixels = np.stack([low * across + high * down for low, high in colours], axis=-1) * 0.3
    sha256, _ = save_preview(Path(previews_folder()), pixels.astype(np.float16))
    return sha256


def _decoding(number: int) -> dict[str, object]:
    warnings = {"nearly_black": "it is nearly black: 71 % of its pixels are below 1/255"} if number % 40 == 7 else {}
    options = {"transfer": "auto", "primaries": "auto"}
    return {
        "decoder": "LibRaw 0.22.0",
        "primaries": "sRGB, by LibRaw's matrix for the camera",
        "white_balance": "as the camera recorded it",
        "options": options,
        "warnings": warnings,
    }
