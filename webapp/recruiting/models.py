"""What is known of people at their recruiter beyond who they are: the states of their submissions, and payments."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from webapp.studies.models import Identity, Participation, Study


class Submission(models.Model):
    """A submission at Prolific of somebody who has joined here. Of others nothing is stored.

    Attributes:
        status: as Prolific writes it.
        since: when Prolific said so, by its clock; what it said before that is passed over.
        code: that they came back with.
        study_key: the id of the study at Prolific; empty until a poll says it.
        approval_asked: when a researcher asked for its approval, which Prolific does later.
    """

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="submissions")
    submission_id = models.CharField(max_length=100, unique=True)
    study_key = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=40)
    since = models.DateTimeField()
    code = models.CharField(max_length=100, blank=True)
    approval_asked = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["identity", "pk"]

    def __str__(self) -> str:
        return f"{self.status}: {self.identity.participation}"


class Payment(models.Model):
    """Money for somebody who came by a recruiter, with who that is there until it is paid or lapses.

    After a withdrawal it stands alone while it is due.

    Attributes:
        amount: in the currency's units; None where the study keeps none.
        since: when it fell due.
        withheld: the researcher has rejected them, or they returned their submission.
        batch: under which it was sent to Prolific to be paid; whether that arrived is known once it is ``paid``.
    """

    class Purpose(models.TextChoices):
        REWARD = "reward", "for doing all"
        BONUS = "bonus"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="payments")
    participation = models.ForeignKey(Participation, null=True, on_delete=models.SET_NULL, related_name="payments")
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.REWARD)
    platform_id = models.CharField(max_length=200, blank=True)
    submission_id = models.CharField(max_length=100, blank=True)
    amount = models.DecimalField(null=True, max_digits=8, decimal_places=2)
    currency = models.CharField(max_length=3)
    since = models.DateTimeField(default=timezone.now)
    deadline = models.DateTimeField()
    paid = models.DateTimeField(null=True)
    withheld = models.BooleanField(default=False)
    batch = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering: ClassVar = ["study", "since", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "participation", condition=models.Q(purpose="reward"), name="reward_once_of_a_participation"
            ),
            models.UniqueConstraint(
                "participation",
                condition=models.Q(purpose="bonus", paid=None),
                name="one_unpaid_bonus_of_a_participation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}, {self.sum}, {self.state}"

    @property
    def state(self) -> str:
        """How it stands: ``paid``, ``lapsed``, ``withheld``, ``sent`` or ``due``."""
        if self.paid is not None:
            return "paid"
        if self.deadline <= timezone.now():
            return "lapsed"
        if self.withheld:
            return "withheld"
        return "sent" if self.batch else "due"

    @property
    def described(self) -> str:
        """What is said of it to whom it is for."""
        sentences = {
            "paid": gettext("Paid: %(sum)s"),
            "lapsed": gettext("To be paid: %(sum)s; the time for it has passed"),
            "withheld": gettext("Not to be paid as things stand: %(sum)s"),
        }
        return sentences.get(self.state, gettext("To be paid: %(sum)s")) % {"sum": self.sum}

    @property
    def sum(self) -> str:
        """The amount with its currency; empty where none is kept."""
        return "" if self.amount is None else f"{self.amount:.2f} {self.currency}"


class ReceivedEvent(models.Model):
    """An event that a recruiter sent, so that it is taken in once: it may come again, or be sent again by others.

    Attributes:
        signature: a digest of its signature, which covers its text and the second in which it was sent.
    """

    KEPT: ClassVar = timedelta(days=7)  # Prolific sends again for a day

    event_id = models.CharField(max_length=200, unique=True)
    signature = models.CharField(max_length=64, unique=True)
    received = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["received"]

    def __str__(self) -> str:
        return self.event_id


class Poll(models.Model):
    """When a study's submissions were last asked for at the recruiter, and what went wrong."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="poll")
    tried = models.DateTimeField()
    succeeded = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["study"]

    def __str__(self) -> str:
        return self.problem or f"{self.study}: in order"
