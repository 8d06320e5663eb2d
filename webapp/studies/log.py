"""The log: who did what on the site, and in a study besides changing its configuration, which ``StudyChange`` keeps."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.utils import timezone

from webapp.studies.copying import account_of
from webapp.studies.models import Study

_LONGEST = 2000
KEPT_FOR = timedelta(days=365)


class StudyAction(models.Model):
    """Something that a researcher did, as a sentence. Rows are only ever added; those of no study go after a year.

    Attributes:
        study: in which; None for what was done on the site, such as a login.
        account: the name of who did it, which stays when the account is deleted.
    """

    study = models.ForeignKey(Study, null=True, on_delete=models.CASCADE, related_name="actions")
    made = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    account = models.CharField(max_length=150)
    action = models.CharField(max_length=_LONGEST)

    class Meta:
        ordering: ClassVar = ["study", "pk"]

    def __str__(self) -> str:
        return f"{self.account} {self.action}"


def log(study: Study | None, user: User | AnonymousUser | None, action: str) -> None:
    """Keep that somebody did something, such as ``removed 2 photos: a.png, b.png``; None for a program."""
    account = account_of(user)
    name = account.username if account else ""
    StudyAction.objects.create(study=study, made_by=account, account=name, action=action[:_LONGEST])


def forget_old_actions() -> int:
    """Delete what was done on the site more than a year ago, logins above all; return how much."""
    old = StudyAction.objects.filter(study=None, made__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]


def counted_names(count: int, what: str, names: list[str], shown: int = 5) -> str:
    """Return how many of something, with the first few names: ``3 photos: a.png, b.png, c.png``."""
    plural = what if count == 1 else f"{what}s"
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{count} {plural}: {', '.join(names[:shown])}{more}"
