"""Who plays: a pseudonym and a kind, nothing else is known."""

from typing import ClassVar

from django.db import models

from webapp.participants.pseudonyms import new_pseudonym


class Participant(models.Model):
    """A player: a person, a robot that plays through the web, or an agent whose play was imported."""

    class Kind(models.TextChoices):
        HUMAN = "human"
        ROBOT = "robot"
        AGENT = "agent"
        BASELINE = "baseline"
        EXPERT = "expert"

    pseudonym = models.CharField(max_length=200, unique=True, default=new_pseudonym)
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.UUIDField(
        null=True, unique=True, editable=False, help_text="of the request that made it, which may come twice"
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["pseudonym"]

    def __str__(self) -> str:
        return self.pseudonym
