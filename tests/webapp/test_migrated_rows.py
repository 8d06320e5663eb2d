"""What the rows of sites from before become when those are brought up to date: one walk from nothing to today.

It stops where such a site stood, and stores what that had. All of it lies in a schema of its own.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from tests.webapp.test_withdrawing import tables_with
from webapp.recruiting.models import Payment
from webapp.studies.members import Membership
from webapp.studies.models import Study, StudyChange

ANNA = "5f3c0ffee"
ALLOWED_TO = "change_study"
OUR_GERMAN = "mit den Fotos und unter den zufälligen Namen veröffentlicht"


def migrate(*targets: tuple[str, str]) -> Any:
    """Bring the tables to some migrations, and all that those need; returns the models of then."""
    executor = MigrationExecutor(connection)
    return executor.migrate(list(targets)).apps


def migrate_to_today() -> None:
    """Bring the tables of our own apps that hold rows of before, and all that those need, to their last migrations."""
    executor = MigrationExecutor(connection)
    executor.migrate([leaf for app in ("studies", "recruiting") for leaf in executor.loader.graph.leaf_nodes(app)])


def store_studies(apps: Any) -> None:
    """Two studies from before there was a seed."""
    studies = apps.get_model("studies", "Study").objects
    studies.create(slug="played", title="Played")
    studies.create(slug="over", title="Over", open=False)


def store_identity(apps: Any) -> None:
    """Somebody's id, kept for payment before there was a table for that."""
    study = apps.get_model("studies", "Study").objects.create(slug="paying", title="Paying", payment_days=7)
    apps.get_model("studies", "Identity").objects.create(study=study, platform_id=ANNA, parameters={})


def store_accounts(apps: Any) -> None:
    """Accounts from before there were members, two of which have changed a study."""
    study = apps.get_model("studies", "Study").objects.create(slug="old", title="Old", seed="old")
    accounts = {
        name: apps.get_model("auth", "User").objects.create(
            username=name, is_staff=name != "player", is_superuser=name == "root"
        )
        for name in ("founder", "helper", "allowed", "onlooker", "player", "root")
    }
    kind = apps.get_model("contenttypes", "ContentType").objects.create(app_label="studies", model="study")
    permission = apps.get_model("auth", "Permission").objects.create(codename=ALLOWED_TO, content_type=kind)
    accounts["allowed"].user_permissions.add(permission)
    for name in ("founder", "helper"):
        apps.get_model("studies", "StudyChange").objects.create(study=study, values={}, changed_by=accounts[name])


def store_consents(apps: Any) -> None:
    """Studies with consents to the text in German that did not speak of copies, in two its own, and one in English."""
    kinds = {
        "german": ("de", f"Es kann {OUR_GERMAN} werden.", {}),
        "own": ("de", f"Es kann {OUR_GERMAN} werden.", {"de": {"consent_text": f"Es kann {OUR_GERMAN} werden."}}),
        "english": ("en", "It may be published.", {}),
    }
    participant = apps.get_model("participants", "Participant").objects.create(pseudonym="quiet-heron-1")
    for slug, (language, text, translations) in kinds.items():
        study = apps.get_model("studies", "Study").objects.create(slug=slug, seed=slug, translations=translations)
        apps.get_model("studies", "Consent").objects.create(
            study=study, participant=participant, version=1, text=text, language=language
        )


@pytest.fixture(scope="module", autouse=True)
def _up_to_date(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA before; SET search_path TO before")
        try:
            store_studies(migrate(("studies", "0007_agent_of_the_reveal")))
            store_identity(
                migrate(("recruiting", "0001_submissions_and_payments"), ("studies", "0014_payment_and_prolific"))
            )
            store_accounts(
                migrate(
                    ("studies", "0015_identity_goes_with_participation"),
                    ("auth", "0012_alter_user_first_name_max_length"),
                )
            )
            store_consents(migrate(("studies", "0025_study_personal_agents")))
            migrate_to_today()
            yield
        finally:
            cursor.execute("SET search_path TO DEFAULT; DROP SCHEMA before CASCADE")
            ContentType.objects.clear_cache()


@pytest.mark.django_db
def test_orders_from_before_the_seed_stay_and_studies_mean_what_they_did() -> None:
    study = Study.objects.get(slug="played")
    assert study.seed == "played"
    assert study.recorded | study.changes.get().values == study.recorded, "but for settings that came later"
    assert (study.state, study.episodes_per_photo, study.filters) == ("open", None, [])
    assert Study.objects.get(slug="over").state == "closed"


@pytest.mark.django_db
def test_ids_kept_for_payment_before_there_was_a_table_become_payments() -> None:
    own = Payment.objects.get()
    assert (own.platform_id, own.participation, own.state, own.sum) == (ANNA, None, "due", "")
    assert tables_with(ANNA) == ["recruiting_payment"]


@pytest.mark.django_db
def test_accounts_of_before_keep_what_is_sensible() -> None:
    roles = dict(Membership.objects.filter(study__slug="old").values_list("user__username", "role"))
    assert roles == {"founder": "owner", "helper": "editor", "allowed": "editor", "onlooker": "viewer"}
    assert json.dumps(list(StudyChange.objects.values_list("values", flat=True)))


@pytest.mark.django_db
def test_who_agreed_to_our_german_text_before_it_spoke_of_copies_is_asked_again() -> None:
    versions = dict(Study.objects.filter(consents__isnull=False).values_list("slug", "consent_version"))
    assert versions == {"german": 2, "own": 1, "english": 1}
