"""A study that robots have taken part in, stored without a request between: careful ones, and ones with bad habits."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from editing.game.attention import AttentionRule, StepRule
from editing.game.events import Event as PlayedEvent
from editing.game.filters import VERSION
from editing.game.progress import progress_after
from editing.game.rules import trajectory
from learning.robots.play import play_photo
from learning.robots.temperaments import Temperament
from webapp.games.models import Episode, Event, Step
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Lease, Participation, Study

PIXEL_STRIDE = 8
RULE = AttentionRule((StepRule("black_white", "amount", 0.9, 1.0),))
Item = tuple[Photo, Lease.Purpose]


def take_part(
    study: Study,
    robots: Sequence[Temperament],
    photos: Sequence[Photo],
    *,
    repeats: int = 0,
    items: Sequence[Photo] = (),
) -> list[Participation]:
    """Store how each robot plays the photos, some of them twice, and the attention items; return who took part."""
    sequence = [(photo, Lease.Purpose.PLAY) for photo in photos]
    sequence += [(photo, Lease.Purpose.REPEAT) for photo in photos[:repeats]]
    sequence += [(photo, Lease.Purpose.ATTENTION) for photo in items]
    light = {photo.pk: photo.load_preview()[::PIXEL_STRIDE, ::PIXEL_STRIDE] for photo in (*photos, *items)}
    own = [_participation(study) for _ in robots]
    episodes: list[Episode] = []
    events: list[Event] = []
    steps: list[Step] = []
    for number, (participation, temperament) in enumerate(zip(own, robots, strict=True)):
        for position, (photo, purpose) in enumerate(sequence):
            seed = (number, int(photo.pk[:8], 16))
            played = _played(light[photo.pk], temperament, seed, purpose)
            episode, of_episode, made = _rows(study, participation, photo, purpose, played)
            failed = purpose == Lease.Purpose.ATTENTION and not RULE.is_kept(trajectory(progress_after(played).state))
            episode.lease = _lease(participation, photo, purpose, position, failed=failed)
            episodes.append(episode)
            events += of_episode
            steps += made
    Episode.objects.bulk_create(episodes)
    Event.objects.bulk_create(events, batch_size=5000)
    Step.objects.bulk_create(steps)
    return own


def _participation(study: Study) -> Participation:
    participant = Participant.objects.create(kind=Participant.Kind.ROBOT)
    return Participation.objects.create(study=study, participant=participant, completed=timezone.now())


def _lease(participation: Participation, photo: Photo, purpose: Lease.Purpose, position: int, *, failed: bool) -> Lease:
    return Lease.objects.create(
        participation=participation,
        photo=photo,
        position=position,
        purpose=purpose,
        state=Lease.State.HANDED_IN,
        counts=False,
        failed=failed,
        expires=timezone.now() + timedelta(days=1),
    )


def _played(light: Any, temperament: Temperament, seed: tuple[int, ...], purpose: Lease.Purpose) -> list[PlayedEvent]:
    again = np.random.default_rng((*seed, 1)) if purpose == Lease.Purpose.REPEAT else None
    forgets = again is not None and temperament.wobble is None
    random = again if forgets and again is not None else np.random.default_rng(seed)
    rule = RULE if purpose == Lease.Purpose.ATTENTION and temperament.obedient else None
    return [event for batch in play_photo(light, temperament, random, again=again, rule=rule) for event in batch]


def _rows(
    study: Study, participation: Participation, photo: Photo, purpose: Lease.Purpose, played: Sequence[PlayedEvent]
) -> tuple[Episode, list[Event], list[Step]]:
    progress = progress_after(played)
    made = trajectory(progress.state)
    episode = Episode(
        id=played[0].episode,
        study=study,
        participant_id=participation.participant_id,
        photo=photo,
        status=Episode.Status.SUBMITTED,
        contract_version=VERSION,
        step_count=len(made),
        started=timezone.now(),
        duration_ms=progress.ms,
        repeat=purpose == Lease.Purpose.REPEAT,
        attention=purpose == Lease.Purpose.ATTENTION,
    )
    steps = [
        Step(episode=episode, index=index, filter=step.filter, parameters=dict(step.parameters))
        for index, step in enumerate(made)
    ]
    return episode, [Event.from_played(event) for event in played], steps
