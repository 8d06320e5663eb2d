"""What is measured of each episode that was handed in, once: it follows from its events, its steps and its photo."""

from django.db import models

from webapp.games.models import Episode

# Of the measures: they are taken again where it is raised.
VERSION = 1


class Measure(models.Model):
    """Numbers of one episode; derived, so that they can be deleted and taken again."""

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, primary_key=True, related_name="measure")
    version = models.PositiveSmallIntegerField(default=VERSION)
    active_ms = models.BigIntegerField(help_text="with the page in sight, by the client's clock")
    away_ms = models.BigIntegerField(help_text="with the page out of sight, or without the focus")
    focus_lost = models.PositiveIntegerField(help_text="how often the page lost the focus or went out of sight")
    actions = models.PositiveIntegerField(help_text="what was done to the picture, and looks at the original")
    gestures = models.PositiveIntegerField(help_text="adjusts that say how they were made")
    untrusted = models.PositiveIntegerField(help_text="of these, the ones that a program made")
    by_keyboard = models.PositiveIntegerField(help_text="of these, the ones made by keys")
    by_touch = models.PositiveIntegerField(help_text="of these, the ones made by a finger or a pen")
    moves = models.PositiveBigIntegerField(help_text="values that their controls went through")
    reversals = models.PositiveBigIntegerField(help_text="how often they turned back")
    signature = models.CharField(max_length=16, help_text="the same for steps that are alike; empty without steps")
    change = models.FloatField(
        null=True, help_text="how far the picture lies from the untouched one, in ΔE; empty where the preview is lost"
    )
    colours = models.BinaryField(null=True, help_text="of the picture, at few points: `webapp.quality.colours`")

    def __str__(self) -> str:
        return f"{self.episode_id}"
