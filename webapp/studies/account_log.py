"""What becomes of researchers' accounts is kept in the log: logins, passwords, second factors. From where is not."""

from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from webapp.studies.log import log

_NAMES = {
    Authenticator.Type.TOTP: "an app of codes",
    Authenticator.Type.WEBAUTHN: "a security key",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


@receiver(user_logged_in)
def note_login(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Keep that a researcher has logged in, and whether by a second factor."""
    methods = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    if user.is_staff:
        is_second = any(method.get("method") == "mfa" for method in methods)
        log(None, user, "logged in by a second factor" if is_second else "logged in by password alone")


@receiver(authentication_failed)
def note_wrong_factor(user: User, **kwargs: Any) -> None:
    """Keep that somebody who has the password gave a wrong code: it may be somebody else."""
    log(None, user, "gave the password, and a wrong code")


@receiver(password_changed)
def note_password(user: User, **kwargs: Any) -> None:
    """Keep that a password is another one."""
    log(None, user, "changed the password")


@receiver(authenticator_added)
def note_added(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Keep that a second factor was set up."""
    log(None, user, f"set up {_NAMES[authenticator.type]}")


@receiver(authenticator_removed)
def note_removed(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Keep that a second factor was removed."""
    log(None, user, f"removed {_NAMES[authenticator.type]}")


@receiver(authenticator_reset)
def note_reset(user: User, **kwargs: Any) -> None:
    """Keep that there are new recovery codes."""
    log(None, user, "made new recovery codes")
