"""A study of as many people and episodes as one asks for, legal play, stored by ``COPY`` in some seconds."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from editing.game.events import Event
from editing.game.filters import FILTERS, VERSION
from editing.game.rules import replay, trajectory

if TYPE_CHECKING:
    from webapp.photos.models import Photo
    from webapp.studies.models import Study

EVENTS_OF_EPISODE, STEPS_OF_EPISODE = 25, 5
_PLAYS = 97  # different ones; ids and times differ in all
_BEGAN = datetime(2026, 9, 1, 8, tzinfo=UTC)


def fill(study: "Study", photos: "Sequence[Photo]", *, people: int, episodes: int) -> None:
    """Store episodes of 25 events and five steps each, shared out among people and photos."""
    from django.db import connection

    from webapp.participants.models import Participant
    from webapp.studies.models import Participation

    players = [Participant.objects.create(kind="human") for _ in range(people)]
    Participation.objects.bulk_create([Participation(study=study, participant=player) for player in players])
    plays = [_play(number) for number in range(_PLAYS)]
    bits = np.random.default_rng(0).bytes
    ids = [UUID(bytes=bits(16), version=4) for _ in range(episodes)]
    rows = {
        "games_episode": _episodes(study, photos, [player.pk for player in players], ids),
        "games_event": _events(ids, plays, bits),
        "games_step": _steps(ids, plays),
    }
    columns = {
        "games_episode": "id study_id participant_id photo_id status exclusion_reason contract_version step_count "
        "started duration_ms tutorial preview repeat attention resumed saw_reveal surplus condition checkpoint_hash "
        "progress",
        "games_event": "id episode_id seq kind step filter parameters ms contract_version gesture received_at",
        "games_step": "episode_id index filter parameters ms_spent",
    }
    with connection.cursor() as cursor:
        for table, of_table in rows.items():
            names = ", ".join(f'"{name}"' for name in columns[table].split())
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in of_table:
                    copy.write_row(row)
        cursor.execute("ANALYZE")


def _episodes(study: "Study", photos: "Sequence[Photo]", players: Sequence[int], ids: Sequence[UUID]) -> Iterator[Any]:
    for number, key in enumerate(ids):
        photo = photos[number // len(players) % len(photos)]
        flags = (False,) * 7
        started = _BEGAN + timedelta(seconds=37 * number)
        play = ("submitted", "", VERSION, STEPS_OF_EPISODE, started, 900 * EVENTS_OF_EPISODE)
        yield (key, study.pk, players[number % len(players)], photo.pk, *play, *flags, "", "", "")


def _events(ids: Sequence[UUID], plays: Sequence[list[Event]], bits: Any) -> Iterator[Any]:
    for number, episode in enumerate(ids):
        for event in plays[number % len(plays)]:
            parameters = None if event.parameters is None else json.dumps(event.parameters)
            row = event.to_json()
            gesture = None if row["gesture"] is None else json.dumps(row["gesture"])
            what = (event.seq, event.kind, event.step, event.filter, parameters, event.ms + number % 800)
            yield (UUID(bytes=bits(16), version=4), episode, *what, VERSION, gesture, _BEGAN)


def _steps(ids: Sequence[UUID], plays: Sequence[list[Event]]) -> Iterator[Any]:
    of_plays = [trajectory(replay(play)) for play in plays]
    for number, episode in enumerate(ids):
        for index, step in enumerate(of_plays[number % len(plays)]):
            yield (episode, index, step.filter, json.dumps(dict(step.parameters)), 2000 + number % 900)


def _play(number: int) -> list[Event]:
    """Return the events of a legal episode: five filters, each chosen and moved twice."""
    slugs = list(FILTERS)
    chosen = [slugs[(number + index) % len(slugs)] for index in range(STEPS_OF_EPISODE)]
    view = {"viewport_width": 1440.0, "viewport_height": 900.0, "pixel_ratio": 2.0}
    actions: list[tuple[str, dict[str, Any]]] = [("start", {}), ("view", {"parameters": view})]
    for step, slug in enumerate(chosen):
        actions += [("goto", {"step": step}), ("choose", {"step": step, "filter": slug})]
        for moved in (1, 2):
            parameters = {
                parameter.name: parameter.from_position(((number * 7 + index * 13 + moved) % 97 + 1) / 99)
                for index, parameter in enumerate(FILTERS[slug].parameters)
            }
            actions.append(("adjust", {"step": step, "filter": slug, "parameters": parameters}))
    actions += [("compare", {}), ("compare", {}), ("submit", {})]
    assert len(actions) == EVENTS_OF_EPISODE  # noqa: S101 (the figures count on it)
    return [
        Event(id=str(UUID(int=seq)), episode=str(UUID(int=0)), seq=seq, kind=kind, ms=900 * seq, **fields)
        for seq, (kind, fields) in enumerate(actions)
    ]
