"""What is judged: the pictures of a task, and the trials in which participants are shown them."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from webapp.games.models import Episode
from webapp.personal_agents.models import PersonalPicture
from webapp.photos.models import Photo
from webapp.studies.models import Lease, Participation, Study

# Who made a picture that is shown as an attention item: its task.
BY_TASK = "task"


class Picture(models.Model):
    """A picture that a task can show: what an episode came to, or a photo as it came, or made for an attention item.

    Attributes:
        condition: in which it is counted; empty for all together.
        episode: that came to it; none of what nobody played.
        personal: the picture of a personal agent that it is; it is shown to nobody but that agent's person.
        maker: as the task's settings name who made it.
        steps: that it is made by, where it is an attention item's.
        taken: how many trials show it that are done, or reserved.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="judged_pictures")
    task = models.CharField(max_length=40)
    condition = models.CharField(max_length=40, blank=True)
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="judged_pictures")
    episode = models.ForeignKey(Episode, null=True, on_delete=models.CASCADE, related_name="judged_pictures")
    personal = models.ForeignKey(PersonalPicture, null=True, on_delete=models.CASCADE, related_name="judged_pictures")
    maker = models.CharField(max_length=200)
    steps = models.JSONField(null=True)
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["study", "task", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("study", "task", "condition", "episode", name="episode_once_in_a_task"),
            models.UniqueConstraint("study", "task", "condition", "personal", name="personal_picture_once_in_a_task"),
            models.UniqueConstraint(
                "study",
                "task",
                "condition",
                "photo",
                condition=models.Q(maker="untouched"),
                name="untouched_photo_once_in_a_task",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.photo} by {self.maker}"


class Trial(models.Model):
    """What a participant is shown at once, reserved for them at its position in a task. Its id tells nothing.

    Attributes:
        is_held: whether it is counted among those that show its pictures.
        counts: whether it is counted at all.
        item: which of the task's attention items it is, from 0.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    participation = models.ForeignKey(Participation, on_delete=models.CASCADE, related_name="trials")
    task = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    purpose = models.CharField(max_length=10, choices=Lease.Purpose, default=Lease.Purpose.PLAY)
    state = models.CharField(max_length=10, choices=Lease.State, default=Lease.State.HELD)
    is_held = models.BooleanField(default=False)
    counts = models.BooleanField(default=True)
    surplus = models.BooleanField(default=False, help_text="answered when its pictures had all that were wanted")
    failed = models.BooleanField(default=False, help_text="an attention item that was not answered as it asks")
    item = models.PositiveSmallIntegerField(null=True)
    expires = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["participation", "task", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint("participation", "task", "position", name="position_once_of_a_task")
        ]

    def __str__(self) -> str:
        return f"{self.position} of {self.task}"


class ShownPicture(models.Model):
    """A picture at its place in a trial, from 0: from left to right."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="shown")
    index = models.PositiveSmallIntegerField()
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="shown")

    class Meta:
        ordering: ClassVar = ["trial", "index"]
        constraints: ClassVar = [models.UniqueConstraint("trial", "index", name="index_once_in_a_trial")]

    def __str__(self) -> str:
        return f"{self.index}: {self.picture}"
