"""What people say of treatments: which they were shown, in which places, and what they answered."""

from typing import ClassVar

from django.db import models

from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Study


class Showing(models.Model):
    """Treatments of one photo that a participant was shown side by side, blind. Rows are only ever added."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="showings")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="showings")
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="showings")
    shown = models.DateTimeField(auto_now_add=True)
    # Of a task beside play; of the reveal, all this is empty.
    task = models.CharField(max_length=40, blank=True)
    key = models.UUIDField(null=True, unique=True, help_text="of the trial")
    position = models.PositiveSmallIntegerField(default=0, help_text="among the trials of the task")
    condition = models.CharField(max_length=40, blank=True)
    repeat = models.BooleanField(default=False)
    attention = models.BooleanField(default=False)
    preview = models.BooleanField(default=False)
    surplus = models.BooleanField(default=False, help_text="judged when its pictures had all that were wanted")
    failed = models.BooleanField(default=False, help_text="an attention item that was not answered as it asks")

    class Meta:
        ordering: ClassVar = ["shown", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "study",
                "participant",
                "photo",
                condition=models.Q(task=""),
                name="photo_revealed_once_to_a_participant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.photo} to {self.participant}"


class Place(models.Model):
    """Where a picture stood, from 0: what an episode came to, or what nobody made.

    Attributes:
        maker: as a task's settings name who made it; empty in a reveal.
    """

    showing = models.ForeignKey(Showing, on_delete=models.CASCADE, related_name="places")
    index = models.PositiveSmallIntegerField()
    episode = models.ForeignKey(Episode, null=True, on_delete=models.PROTECT, related_name="places")
    maker = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["showing", "index"]
        constraints: ClassVar = [models.UniqueConstraint("showing", "index", name="place_once_in_a_showing")]

    def __str__(self) -> str:
        return f"{self.index}: {self.episode or self.maker}"


class Judgement(models.Model):
    """What a participant said of what they were shown. Rows are only ever added."""

    class Kind(models.TextChoices):
        RATING = "rating"
        PAIR = "pair"
        FAVOURITE = "favourite"
        TURING = "turing"
        TURING_PAIR = "turing_pair"

    showing = models.ForeignKey(Showing, on_delete=models.CASCADE, related_name="judgements")
    kind = models.CharField(max_length=20, choices=Kind)
    answer = models.PositiveSmallIntegerField(
        help_text="a rating of 1 to 5; of turing 0 for a person, 1 for a program; else the place that was chosen"
    )
    ms = models.BigIntegerField(help_text="from the pictures to the answer, by the client's clock")
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["made", "pk"]
        constraints: ClassVar = [models.UniqueConstraint("showing", "kind", name="kind_once_of_a_showing")]

    def __str__(self) -> str:
        return f"{self.kind} {self.answer} of {self.showing}"
