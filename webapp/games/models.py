"""What play leaves: episodes, their events, and the steps that the events come to. Rows follow
editing.trajectories.snapshot.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db import models

from editing.game.events import Event as PlayedEvent
from editing.game.events import Gesture
from webapp.database.statements import ALWAYS, NOTHING, Row, Sql, execute, fetch
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Lease, Study

Steps = Sequence[Mapping[str, Any]]

_EVENT_NAMES = ("id", "episode_id", "seq", "kind", "step", "filter", "parameters", "ms", "contract_version", "gesture")
_EVENT_COLUMNS = ", ".join(_EVENT_NAMES)
_EVENTS_OF = f"SELECT {_EVENT_COLUMNS} FROM games_event WHERE episode_id = %s AND seq = ANY (%s)"  # noqa: S608
# Of the episode that a part of the statement before it gives. Postgres takes the events apart, which is many times as
# fast as a row of parameters for each.
_ADD_EVENTS = f"""
INSERT INTO games_event ({_EVENT_COLUMNS}, received_at)
SELECT event.id, episode.id, seq, kind, step, filter, parameters, ms, event.contract_version, gesture, now()
FROM episode, json_to_recordset(%s) AS event (
    id uuid, seq int, kind text, step smallint, filter text, parameters jsonb, ms bigint, contract_version int,
    gesture jsonb
)
"""  # noqa: S608 (nothing in it is from outside)
_ADD_STEPS = """, step AS (
    INSERT INTO games_step (episode_id, index, filter, parameters, ms_spent)
    SELECT episode.id, index, filter, parameters, ms_spent
    FROM episode, json_to_recordset(%s) AS made (index smallint, filter text, parameters jsonb, ms_spent bigint)
)"""
_ADVANCE = """
UPDATE games_episode
SET status = %s, step_count = %s, duration_ms = %s, resumed = %s, surplus = %s, progress = %s
WHERE id = %s AND status = 'open' AND progress = %s
"""


class Episode(models.Model):
    """One player, one photo. Its id is made by the player's client. A tutorial, on the practice photo, never counts."""

    class Status(models.TextChoices):
        OPEN = "open"
        SUBMITTED = "submitted"
        ABANDONED = "abandoned"
        EXCLUDED = "excluded"

    id = models.UUIDField(primary_key=True)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="episodes")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="episodes")
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="episodes")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    exclusion_reason = models.CharField(max_length=200, blank=True)
    contract_version = models.PositiveIntegerField()
    step_count = models.PositiveSmallIntegerField(default=0)
    started = models.DateTimeField(help_text="by the server's clock")
    duration_ms = models.BigIntegerField(default=0, help_text="by the client's clock")
    tutorial = models.BooleanField(default=False)
    preview = models.BooleanField(default=False)
    repeat = models.BooleanField(default=False)
    attention = models.BooleanField(default=False)
    resumed = models.BooleanField(default=False)
    saw_reveal = models.BooleanField(default=False)
    surplus = models.BooleanField(default=False, help_text="handed in when the photo had all that were wanted")
    condition = models.CharField(max_length=40, blank=True)
    lease = models.ForeignKey(Lease, null=True, on_delete=models.SET_NULL, related_name="episodes")
    seed = models.BigIntegerField(null=True, blank=True)
    sample = models.IntegerField(null=True, blank=True)
    checkpoint_hash = models.CharField(max_length=64, blank=True)
    progress = models.TextField(
        blank=True, editable=False, help_text="after the last event; empty for what was imported or begun long ago"
    )

    class Meta:
        ordering: ClassVar = ["started", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "study",
                "participant",
                "tutorial",
                condition=models.Q(status="open"),
                name="one_open_episode_in_a_study",
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant} on {self.photo}"

    @classmethod
    def locked(cls, key: UUID) -> "Episode | None":
        """Return the episode of that id, locked until the end of the transaction."""
        statement = f"SELECT {', '.join(EPISODE_COLUMNS)} FROM games_episode WHERE id = %s FOR NO KEY UPDATE"  # noqa: S608
        rows = fetch(statement, [key])
        return cls.from_db("default", EPISODE_COLUMNS, rows[0]) if rows else None

    def begin(self, events: Sequence[PlayedEvent], steps: Steps = (), condition: Sql = ALWAYS) -> bool:
        """Store a new episode with its first events, by one statement.

        Args:
            steps: the rows of the trajectory that it has come to, if it is submitted, by the names of their columns.
            condition: on which it is stored.

        Returns:
            Whether the condition holds, its id is free and no other episode is open; else nothing is stored.

        Raises:
            IntegrityError: the id of an event is taken already.
        """
        row = orjson.dumps({name: getattr(self, name) for name in EPISODE_COLUMNS}).decode()
        inserted = f"{_BEGIN} WHERE {condition.text} ON CONFLICT DO NOTHING"
        return _store(Sql(inserted, [row, *condition.values]), events, steps)

    def advance(
        self,
        events: Sequence[PlayedEvent],
        before: str,
        steps: Steps = (),
        condition: Sql = ALWAYS,
        beside: Sql = NOTHING,
    ) -> bool:
        """Store new events, and the row as it stands after them, by one statement.

        Args:
            before: the progress from which this one was computed.
            steps, condition: as for ``begin``.
            beside: what is done in the same statement, if anything is stored.

        Returns:
            Whether the condition holds, and that was still the stored progress. Where somebody was faster, nothing is
            stored.

        Raises:
            IntegrityError: the id of an event is taken already.
        """
        after = [self.status, self.step_count, self.duration_ms, self.resumed, self.surplus, self.progress]
        updated = Sql(f"{_ADVANCE} AND {condition.text}", [*after, self.pk, before, *condition.values])
        return _store(updated, events, steps, beside)

    def replayable_events(self) -> list[PlayedEvent]:
        """Return all its events, in order, as the rules take them."""
        return [event.as_played() for event in self.events.order_by("seq")]

    def events_of(self, numbers: Iterable[int]) -> dict[int, PlayedEvent]:
        """Return those of its events that have these numbers, as the rules take them."""
        rows = (_read_event(row) for row in fetch(_EVENTS_OF, [self.pk, list(numbers)]))
        return {event.seq: event for event in rows}


EPISODE_COLUMNS = [field.attname for field in Episode._meta.concrete_fields]
_COLUMNS = ", ".join(EPISODE_COLUMNS)
# A new row as JSON: Postgres knows the types of its columns.
_BEGIN = f"""
INSERT INTO games_episode ({_COLUMNS}) SELECT {_COLUMNS} FROM json_populate_record(NULL::games_episode, %s)
"""  # noqa: S608


def _store(episode: Sql, events: Sequence[PlayedEvent], steps: Steps, beside: Sql = NOTHING) -> bool:
    """Store an episode, with events and steps of it, by one statement, and tell whether it stored any."""
    parts = [
        Sql(f"WITH episode AS ({episode.text} RETURNING id)", episode.values),
        beside,
        Sql(_ADD_STEPS, [_as_json(steps)]) if steps else NOTHING,
        Sql(_ADD_EVENTS, [_as_json(events)]),
    ]
    return execute("".join(part.text for part in parts), [value for part in parts for value in part.values]) > 0


def _as_json(rows: Sequence[Any]) -> str:
    return orjson.dumps(rows).decode()


def _read_event(row: Row) -> PlayedEvent:
    values = dict(zip(_EVENT_NAMES, row, strict=True))
    read = {name: orjson.loads(values[name]) for name in ("parameters", "gesture") if values[name] is not None}
    return _played(values | read)


def _played(values: Mapping[str, Any]) -> PlayedEvent:
    """Return an event as the rules take it, with the numbers that were sent: Postgres gives whole ones as such."""
    parameters, gesture = values["parameters"], values["gesture"]
    return PlayedEvent(
        id=str(values["id"]),
        episode=str(values["episode_id"]),
        parameters=parameters and {name: float(value) for name, value in parameters.items()},
        gesture=Gesture(**gesture) if gesture else None,
        **{name: values[name] for name in ("seq", "kind", "step", "filter", "ms", "contract_version")},
    )


class Event(models.Model):
    """One action, as it came. Rows are only ever added; the database refuses to change them."""

    id = models.UUIDField(primary_key=True)
    # Without an index of its own: that of the constraint below begins with it.
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    step = models.PositiveSmallIntegerField(null=True)
    filter = models.CharField(max_length=40, null=True)
    parameters = models.JSONField(null=True)
    ms = models.BigIntegerField()
    contract_version = models.PositiveIntegerField()
    gesture = models.JSONField(null=True, help_text="of an adjust: how it was made")
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["episode", "seq"]
        constraints: ClassVar = [models.UniqueConstraint("episode", "seq", name="seq_once_in_an_episode")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    @classmethod
    def from_played(cls, event: PlayedEvent) -> "Event":
        """Return the row of an event, not yet stored."""
        fields = event.to_json()
        return cls(episode_id=fields.pop("episode"), **fields)

    def as_played(self) -> PlayedEvent:
        """Return the event as the rules take it."""
        return _played({name: getattr(self, name) for name in _EVENT_NAMES})


class Step(models.Model):
    """A step of a finished trajectory, derived from the events."""

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="steps")
    index = models.PositiveSmallIntegerField()
    filter = models.CharField(max_length=40)
    parameters = models.JSONField()
    ms_spent = models.BigIntegerField(default=0)
    probabilities = models.JSONField(null=True, help_text="of all filters, for agents")

    class Meta:
        ordering: ClassVar = ["episode", "index"]
        constraints: ClassVar = [models.UniqueConstraint("episode", "index", name="index_once_in_an_episode")]

    def __str__(self) -> str:
        return f"{self.index} {self.filter}"
