"""Agents that edit like one participant: a model of people, what was fitted of a person, and the pictures it made.

None of it is play: it is no episode, counts nowhere, and is in no export.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models

from webapp.photos.models import Photo
from webapp.studies.models import Participation, Study


class ModelOfPeople(models.Model):
    """The model of people on which a study's personal agents stand: a run of ``safelight imitate``.

    Attributes:
        config: what its ``config.json`` says.
        weights: the bytes of its ``best.safetensors``, half a megabyte or so.
    """

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="model_of_people")
    config = models.JSONField()
    weights = models.BinaryField()
    uploaded = models.DateTimeField(auto_now_add=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"model of people of {self.study}"


class PersonalAgent(models.Model):
    """An agent that was fitted to somebody, or why it could not be. Personal data of theirs, as their play is.

    Attributes:
        numbers: what the model of people is to be told of them.
        tried: when it was made, or failed.
    """

    class State(models.TextChoices):
        READY = "ready"
        FAILED = "failed"

    participation = models.OneToOneField(Participation, on_delete=models.CASCADE, related_name="personal_agent")
    state = models.CharField(max_length=10, choices=State)
    reason = models.CharField(max_length=500, blank=True, help_text="why it failed, for the researcher")
    numbers = models.JSONField(default=list)
    tried = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["tried", "pk"]

    def __str__(self) -> str:
        return f"agent like {self.participation}"


class PersonalPicture(models.Model):
    """What a personal agent made of a photo: its steps.

    Attributes:
        learned: whether it was fitted by what its person made of this very photo.
    """

    agent = models.ForeignKey(PersonalAgent, on_delete=models.CASCADE, related_name="pictures")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="personal_pictures")
    steps = models.JSONField()
    learned = models.BooleanField()

    class Meta:
        ordering: ClassVar = ["agent", "pk"]
        constraints: ClassVar = [models.UniqueConstraint("agent", "photo", name="photo_once_of_a_personal_agent")]

    def __str__(self) -> str:
        return f"{self.photo} by {self.agent}"
