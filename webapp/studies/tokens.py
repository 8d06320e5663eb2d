"""Tokens of the API: for a researcher's programs, in one study, with at most the rights of their maker.

A token is shown once; the database has its digest. It stops as it is revoked, or as its maker's role does.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from webapp.studies.members import Role
from webapp.studies.models import Study

PREFIX = "safelight_"
_KEYWORD = "Bearer"
_NOTED_EVERY = timedelta(minutes=10)


class ApiToken(models.Model):
    """A token, by its digest.

    Attributes:
        role: what it may do at most; less, where its maker may do less by now.
        beginning: of the token, by which its maker knows it again.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="tokens")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=100)
    role = models.CharField(
        max_length=10, choices=[choice for choice in Role.choices if choice[0] != Role.OWNER], default=Role.VIEWER
    )
    digest = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=20)
    made = models.DateTimeField(auto_now_add=True)
    used = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["study", "pk"]

    def __str__(self) -> str:
        return f"{self.label} ({self.beginning}...)"

    @classmethod
    def make(cls, study: Study, user: User, label: str, role: Role) -> "tuple[ApiToken, str]":
        """Store a new token; return the row, and the token itself, which nobody can read again."""
        text = PREFIX + secrets.token_urlsafe(32)
        row = cls.objects.create(
            study=study, user=user, label=label, role=role, digest=_digest(text), beginning=text[: len(PREFIX) + 6]
        )
        return row, text


def _digest(text: str) -> str:
    # 256 random bits: no dictionary finds them, so that one round is enough.
    return hashlib.sha256(text.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer safelight_...``, in place of a session; it needs no CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token's maker and the token; None for a request without one.

        Raises:
            AuthenticationFailed: it is none of ours, or was revoked, or its maker's account is closed.
        """
        keyword, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword != _KEYWORD:
            return None
        tokens = ApiToken.objects.select_related("user").filter(digest=_digest(text.strip()), revoked=None)
        token = tokens.filter(user__is_active=True).first()
        if token is None:
            raise AuthenticationFailed("This token is none of this site, or was revoked.")
        now = timezone.now()
        if token.used is None or now - token.used > _NOTED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(used=now)
        return token.user, token


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its hook is not typed
    """How the API's description names it."""

    target_class = "webapp.studies.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer"}
