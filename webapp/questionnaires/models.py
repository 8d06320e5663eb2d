"""What participants answer to a study's questionnaires."""

from typing import ClassVar

from django.db import models

from webapp.studies.models import Participation


class Answers(models.Model):
    """All that a participant answered to one questionnaire, by question. Rows are only ever added.

    Attributes:
        key: made by the participant's client: the same answers may come twice.
        values: as SurveyJS gives them, by the name of each question.
    """

    participation = models.ForeignKey(Participation, on_delete=models.CASCADE, related_name="answers")
    questionnaire = models.CharField(max_length=40)
    key = models.UUIDField(unique=True)
    values = models.JSONField()
    language = models.CharField(max_length=10)
    ms = models.BigIntegerField(help_text="from the first page to the answers, by the client's clock")
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["made", "pk"]
        verbose_name_plural = "answers"
        constraints: ClassVar = [
            models.UniqueConstraint("participation", "questionnaire", name="questionnaire_once_of_a_participation")
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire} by {self.participation}"
