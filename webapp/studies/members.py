"""Who may do what in a study: its members and their roles, and the one function that every researcher's page asks.

An account without a role in a study may do nothing there. Superusers are owners of all studies.
"""

from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from rest_framework.request import Request

from webapp.photos.models import Photo
from webapp.studies.models import Study

Account = AbstractBaseUser | AnonymousUser


class Scope(Protocol):
    """What a token of the API is limited to: a study, and a role there."""

    study_id: int
    role: str


class Role(models.TextChoices):
    """What a member may do; each role may do what those before it may."""

    VIEWER = "viewer", "viewer: sees the study, and not who people are at a recruiter"
    EDITOR = "editor", "editor: also changes the study and its photos, and says what counts"
    OWNER = "owner", "owner: also says who is a member, and makes tokens"

    @property
    def included(self) -> list["Role"]:
        """The roles that may do at least as much."""
        return list(Role)[list(Role).index(self) :]


class Membership(models.Model):
    """A researcher's role in a study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["study", "since"]
        constraints: ClassVar = [models.UniqueConstraint("study", "user", name="member_once_of_a_study")]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.study}"


def role_of(request: HttpRequest | Request, study: Study) -> Role | None:
    """Return the role of who asks in a study, by a token no more than that allows; None for who has none there."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return None
    own = Role.OWNER if user.is_superuser else _stored_role(user, study)
    token = _token(request)
    if token is None or own is None:
        return own
    limit = Role(token.role) if token.study_id == study.pk else None
    return limit if limit is None or own in limit.included else own


def _stored_role(user: Account, study: Study) -> Role | None:
    role = Membership.objects.filter(study=study, user=user.pk).values_list("role", flat=True).first()
    return Role(role) if role is not None else None


def _token(request: HttpRequest | Request) -> Scope | None:
    """Return the token of the API by which somebody asks, if it is by one."""
    return getattr(request, "auth", None)


def may(request: HttpRequest | Request, study: Study, role: Role) -> bool:
    """Tell whether who asks has at least this role in a study."""
    return role_of(request, study) in role.included


def check_role(request: HttpRequest | Request, study: Study, role: Role) -> None:
    """Refuse who has less than this role in a study.

    Raises:
        PermissionDenied: saying what they are there.
    """
    own = role_of(request, study)
    if own not in role.included:
        what = "no member of this study" if own is None else f"{own} of this study, and this needs an {role}"
        raise PermissionDenied(f"You are {what}. One of its owners can change that.")


def studies_of(request: HttpRequest | Request, role: Role = Role.VIEWER) -> models.QuerySet[Study]:
    """Return the studies in which who asks has at least this role."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return Study.objects.none()
    studies = Study.objects.all()
    if (token := _token(request)) is not None:
        studies = studies.filter(pk=token.study_id) if token.role in role.included else studies.none()
    if user.is_superuser:
        return studies
    own = Membership.objects.filter(user=user.pk, role__in=role.included)
    return studies.filter(pk__in=own.values("study"))


def is_administrator(request: HttpRequest | Request) -> bool:
    """Tell whether who asks is a superuser, not by a token: these are of one study."""
    user = request.user
    return bool(user.is_active and user.is_staff and user.is_superuser and _token(request) is None)


def may_see_photo(request: HttpRequest | Request, photo: Photo) -> bool:
    """Tell whether who asks is a member of a study that has the photo."""
    if is_administrator(request):
        return True
    return photo.studies.filter(pk__in=studies_of(request)).exists()


def may_change_photo(request: HttpRequest | Request, photo: Photo) -> bool:
    """Tell whether who asks may change a photo, which changes in all studies that have it."""
    return not photo.studies.exclude(pk__in=studies_of(request, Role.EDITOR)).exists()


@transaction.atomic
def set_role(study: Study, user: User, role: Role | None) -> None:
    """Give an account a role in a study, another one, or with None none.

    Raises:
        ValidationError: it is no researcher's account, or the study would be left without an owner.
    """
    # One after another, so that two owners do not make viewers of each other.
    owners = Membership.objects.select_for_update().filter(study=study, role=Role.OWNER)
    if role != Role.OWNER and [owner.user_id for owner in owners] == [user.pk]:
        raise ValidationError("A study keeps at least one owner: make somebody else an owner first.")
    if role is None:
        Membership.objects.filter(study=study, user=user).delete()
        return
    if not (user.is_staff and user.is_active):
        raise ValidationError(
            f"“{user}” is no researcher's account. On the server, `manage.py make_researcher --member --name NAME` "
            "makes one."
        )
    Membership.objects.update_or_create(study=study, user=user, defaults={"role": role})


@receiver(post_save, sender=Study)
def make_creator_owner(instance: Study, created: bool, **kwargs: Any) -> None:
    """Make who has created a study its owner."""
    if created and instance.changed_by is not None:
        Membership.objects.get_or_create(study=instance, user=instance.changed_by, defaults={"role": Role.OWNER})
