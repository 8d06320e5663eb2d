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

    class Meta:
        ordering: ClassVar = ["shown", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("study", "participant", "photo", name="photo_shown_once_to_a_participant")
        ]

    def __str__(self) -> str:
        return f"{self.photo} to {self.participant}"


class Place(models.Model):
    """Where an episode's picture stood, from 0."""

    showing = models.ForeignKey(Showing, on_delete=models.CASCADE, related_name="places")
    index = models.PositiveSmallIntegerField()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="places")

    class Meta:
        ordering: ClassVar = ["showing", "index"]
        constraints: ClassVar = [models.UniqueConstraint("showing", "index", name="place_once_in_a_showing")]

    def __str__(self) -> str:
        return f"{self.index}: {self.episode}"


class Judgement(models.Model):
    """What a participant said of what they were shown. Rows are only ever added."""

    class Kind(models.TextChoices):
        RATING = "rating"
        PAIR = "pair"
        FAVOURITE = "favourite"

    showing = models.ForeignKey(Showing, on_delete=models.CASCADE, related_name="judgements")
    kind = models.CharField(max_length=10, choices=Kind)
    answer = models.PositiveSmallIntegerField(help_text="of a pair or a favourite: the place that was chosen")
    ms = models.BigIntegerField(help_text="from the pictures to the answer, by the client's clock")
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["made", "pk"]
        constraints: ClassVar = [models.UniqueConstraint("showing", "kind", name="kind_once_of_a_showing")]

    def __str__(self) -> str:
        return f"{self.kind} {self.answer} of {self.showing}"
