"""What play leaves: episodes, their events, and the steps that the events come to. Rows follow
editing.trajectories.snapshot.
"""

from collections.abc import Iterable
from typing import ClassVar

import orjson
from django.db import connection, models

from editing.game.events import Event as PlayedEvent
from editing.game.events import Gesture
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Lease, Study

# Asked with most batches of events: by hand, since Django takes longer to write it than Postgres to answer.
_EVENTS_OF = "SELECT * FROM games_event WHERE episode_id = %s AND seq = ANY (%s)"
_ADD_EVENTS = """
INSERT INTO games_event (
    id, episode_id, seq, kind, step, filter, parameters, ms, contract_version, gesture, received_at
)
SELECT id, episode, seq, kind, step, filter, parameters, ms, contract_version, gesture, now()
FROM json_to_recordset(%s) AS event (
    id uuid, episode uuid, seq int, kind text, step smallint, filter text, parameters jsonb, ms bigint,
    contract_version int, gesture jsonb
)
"""
_ADD_EVENTS_AND_UPDATE = f"""
WITH added AS ({_ADD_EVENTS})
UPDATE games_episode
SET status = %s, step_count = %s, duration_ms = %s, resumed = %s, progress = %s
WHERE id = %s
"""  # noqa: S608 (nothing in it is from outside)


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

    def add(self, events: Iterable[PlayedEvent]) -> None:
        """Store new events, and the row as it stands after them: one statement, two for an episode that is new.

        Postgres takes the events apart, which is many times as fast as a row of parameters for each.

        Raises:
            IntegrityError: an id is taken already, its own or that of an event.
        """
        rows = orjson.dumps(list(events)).decode()
        with connection.cursor() as cursor:
            if self._state.adding:
                # A new row never takes the place of one that has the same id.
                self.save(force_insert=True)
                cursor.execute(_ADD_EVENTS, [rows])
            else:
                after = (self.status, self.step_count, self.duration_ms, self.resumed, self.progress)
                cursor.execute(_ADD_EVENTS_AND_UPDATE, (rows, *after, self.pk))

    def replayable_events(self) -> list[PlayedEvent]:
        """Return all its events, in order, as the rules take them."""
        return [event.as_played() for event in self.events.order_by("seq")]

    def events_of(self, numbers: Iterable[int]) -> dict[int, PlayedEvent]:
        """Return those of its events that have these numbers, as the rules take them."""
        rows = Event.objects.raw(_EVENTS_OF, [self.pk, list(numbers)])
        return {event.seq: event.as_played() for event in rows}


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
        """Return the event as the rules take it, with the numbers that were sent: Postgres gives whole ones as such."""
        parameters = None
        if self.parameters is not None:
            parameters = {name: float(value) for name, value in self.parameters.items()}
        return PlayedEvent(
            id=str(self.id),
            episode=str(self.episode_id),
            seq=self.seq,
            kind=self.kind,
            ms=self.ms,
            step=self.step,
            filter=self.filter,
            parameters=parameters,
            contract_version=self.contract_version,
            gesture=Gesture(**self.gesture) if self.gesture else None,
        )


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
