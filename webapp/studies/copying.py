"""The configuration of a study as JSON, and studies that begin as a copy of another."""

import json
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.db import transaction

from webapp.studies.models import Study, StudyPhoto

FORMAT = "safelight-study"
FORMAT_VERSION = 1


def write_configuration(study: Study) -> dict[str, Any]:
    """Return the configuration of a study as JSON values."""
    return {"format": FORMAT, "format_version": FORMAT_VERSION, "settings": study.to_json()}


@transaction.atomic
def read_configuration(study: Study, text: str | bytes, user: User | AnonymousUser | None = None) -> None:
    """Put an exported configuration in place of the study's own, and store it. What it does not name stays.

    Raises:
        ValidationError: it is none, or what it says cannot be.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ValidationError(f"This is not JSON: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValidationError("This is not the configuration of a study.")
    if content.get("format_version") != FORMAT_VERSION or not isinstance(content.get("settings"), dict):
        raise ValidationError(f"This configuration is of another version; this site reads version {FORMAT_VERSION}.")
    study.change(content["settings"])
    study.full_clean()
    study.changed_by = account_of(user)
    study.save()


@transaction.atomic
def begin_copy(study: Study, slug: str, user: User | AnonymousUser | None = None) -> Study:
    """Return a new draft with the configuration and the photos of a study.

    Raises:
        ValidationError: the slug is taken, or is none.
    """
    made = Study(slug=slug)
    # At the recruiter it is another study.
    made.change(study.to_json() | {"prolific_study": ""})
    made.full_clean()
    made.changed_by = account_of(user)
    made.save()
    photos = StudyPhoto.objects.filter(study=study, photo__removed_at=None).order_by("added", "pk")
    StudyPhoto.objects.bulk_create(
        StudyPhoto(study=made, photo_id=key) for key in photos.values_list("photo", flat=True)
    )
    return made


def free_slug(slug: str) -> str:
    """Return a slug for a copy that no study has, or had."""
    number = 2
    while Study.objects.at(made := f"{slug[:40]}-{number}") is not None:
        number += 1
    return made


def sentences(error: ValidationError) -> list[str]:
    """Return what is wrong, with the name of the setting before each sentence."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [f"{name}: {message}" for name, messages in error.message_dict.items() for message in messages]


def account_of(user: User | AnonymousUser | None) -> User | None:
    """Return the account of who asks; None for a visitor without one, and for a program."""
    return user if isinstance(user, User) else None
