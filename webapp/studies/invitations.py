"""Invitations of researchers by mail: a link that is signed, ends after a week, and makes one account or one member.

The address is known as long as the invitation waits, and no longer: the row goes as it is accepted, withdrawn or ends.
"""

import logging
import smtplib
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import models, transaction
from django.utils import timezone

from webapp.studies.log import log
from webapp.studies.members import Membership, Role, set_role
from webapp.studies.models import Study

LASTS = timedelta(days=7)
MOST = 50  # that wait, of a study
_SALT = "webapp.studies.invitation"
_logger = logging.getLogger(__name__)
_TEXT = """{host} invites you to the study “{title}” on {site}, as {role}.

This link makes your account there, or lets you join with the one that you have:

{link}

It works once, until {until} (UTC). If you know nothing of this, do nothing: your address is deleted then.
"""


class Invitation(models.Model):
    """A role in a study that waits for whoever reads the mail of an address."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["made"]
        constraints: ClassVar = [models.UniqueConstraint("study", "email", name="invited_once_to_a_study")]

    def __str__(self) -> str:
        return f"{self.role} of {self.study}"

    @property
    def ends(self) -> datetime:
        """When it ends by itself."""
        return self.made + LASTS

    @property
    def token(self) -> str:
        """What its link has: signed under the site's key, so that nobody makes one up."""
        return signing.dumps(self.pk, salt=_SALT)


def invite(study: Study, address: str, role: Role, host: User) -> Invitation:
    """Keep an invitation; one of before to the same address is worth nothing any more.

    Raises:
        ValidationError: it is no address, or too many wait.
    """
    forget_invitations()
    row = Invitation(study=study, email=address.strip().lower(), role=role, made_by=host)
    row.full_clean(validate_constraints=False)
    with transaction.atomic():
        waiting = Invitation.objects.filter(study=study)
        waiting.filter(email=row.email).delete()
        if waiting.count() >= MOST:
            raise ValidationError(f"{MOST} invitations wait already: withdraw one first.")
        row.save()
        # The log stays, so the address is not in it.
        log(study, host, f"invited somebody to be {role} of it")
    return row


def send(invitation: Invitation, link: str, site: str) -> str:
    """Send the mail, where the site can; return why it could not, or an empty text.

    Without a mail server a site on this machine alone prints it; another leaves the link to whoever invites.
    """
    if settings.SITE_URL and not settings.EMAIL_HOST:
        return "This site sends no mail (EMAIL_URL is not set)."
    role = Role(invitation.role).value
    text = _TEXT.format(
        host=invitation.made_by.username, title=invitation.study.title, site=site, role=role, link=link,
        until=f"{invitation.ends:%Y-%m-%d %H:%M}",
    )  # fmt: skip
    try:
        send_mail(f"An invitation to {invitation.study.slug}", text, None, [invitation.email])
    except (OSError, smtplib.SMTPException) as error:
        # What servers answer names the address.
        _logger.warning("An invitation could not be mailed: %s", type(error).__name__)
        return "The mail server did not take the mail."
    return ""


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a link; None where the link is none, or the invitation has ended or was accepted."""
    try:
        key = signing.loads(token, salt=_SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    waiting = Invitation.objects.select_related("study", "made_by").filter(made__gt=timezone.now() - LASTS)
    return waiting.filter(pk=key).first()


@transaction.atomic
def accept(invitation: Invitation, user: User) -> bool:
    """Make an account a member, unless it has that role or a greater one; the invitation is gone then.

    Return False where somebody else was faster.
    """
    if not Invitation.objects.select_for_update().filter(pk=invitation.pk).exists():
        return False
    role = Role(invitation.role)
    if not Membership.objects.filter(study=invitation.study, user=user, role__in=role.included).exists():
        set_role(invitation.study, user, role)
    Invitation.objects.filter(pk=invitation.pk).delete()
    log(invitation.study, user, f"accepted the invitation of {invitation.made_by.username}, and is {role} of it")
    return True


def forget_invitations() -> int:
    """Delete the invitations that have ended, and their addresses with them; return how many."""
    return Invitation.objects.filter(made__lte=timezone.now() - LASTS).delete()[0]
