"""Migrations of tables that grow with play: none may lock one for as long as it takes to read or to write it.

squawk reads the statements that Django would run. Where it says that one locks, docs/decisions/short-locks.md says how
the same is done without.
"""

import json
import re
import subprocess
import sysconfig
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

SQUAWK = Path(sysconfig.get_path("scripts")) / "squawk"
LARGE = {
    *("games_episode", "games_event", "games_step", "quality_measure", "django_session", "participants_participant"),
    *("studies_participation", "studies_lease", "studies_consent", "questionnaires_answers", "downloads_download"),
    *("ratings_showing", "ratings_place", "ratings_judgement", "judging_trial", "judging_shownpicture"),
    *("datasets_versionepisode", "datasets_versionperson"),
}
# Of squawk's rules those about locks that last; the others are about style.
LOCKING = {
    *("adding-field-with-default", "adding-foreign-key-constraint", "adding-not-nullable-field"),
    *("changing-column-type", "constraint-missing-not-valid", "disallowed-unique-constraint"),
    *("require-concurrent-index-creation", "require-concurrent-index-deletion", "require-concurrent-reindex"),
    *("adding-serial-primary-key-field", "syntax-error"),
}
# The last ones from before this rule, on which a long test of tests/deploy measures how long others wait.
BEFORE = {
    **dict.fromkeys(("backups", "judging", "logins", "quality"), 1),
    **dict.fromkeys(("downloads", "participants", "questionnaires", "recruiting"), 2),
    "ratings": 3,
    "datasets": 4,
    "photos": 5,
    "games": 6,
    "studies": 22,
}


def locks(statements: list[str], tmp_path: Path) -> list[str]:
    """What squawk says of statements that lock a large table."""
    lines = [" ".join(line for line in each.splitlines() if not line.startswith("--")) for each in statements]
    file = tmp_path / "migration.sql"
    file.write_text("\n".join(lines))
    command = [str(SQUAWK), "--reporter", "json", "--pg-version", "14", str(file)]
    said = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    # What the migration itself has made is empty.
    made = {table for line in lines for table in re.findall(r'^CREATE TABLE "(\w+)"', line)}
    altered = [re.findall(r'^ALTER TABLE "(\w+)"', line) for line in lines]
    old = [number for number in range(len(lines)) if not made.intersection(altered[number])]
    found = ((lines[each["line"]], each) for each in said if each["rule_name"] in LOCKING and each["line"] in old)
    return [f"{each['rule_name']}: {line}" for line, each in found if LARGE & set(re.findall(r"\w+", line))]


def statements_of(migration: migrations.Migration, state: object) -> list[str]:
    # What is to run in no transaction is only written down here.
    own = nullcontext() if migration.atomic else patch.object(connection, "in_atomic_block", False)
    with own, connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    return list(editor.collected_sql)


@pytest.mark.django_db
def test_there_is_a_migration_for_every_change_of_the_models_and_one_last_one_in_each_app():
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


def test_the_large_tables_are_those_of_the_models():
    assert {model._meta.db_table for model in apps.get_models()} >= LARGE


@pytest.mark.django_db
def test_no_migration_locks_a_large_table_while_it_is_read_or_written(tmp_path):
    loader = MigrationLoader(connection)
    new = [
        migration
        for (app, name), migration in loader.graph.nodes.items()
        if migration.__module__.startswith("webapp.") and int(name[:4]) > BEFORE.get(app, 0)
    ]
    for migration in new:
        state = loader.project_state((migration.app_label, migration.name), at_end=False)
        assert not locks(statements_of(migration, state), tmp_path), f"{migration}: see docs/decisions/short-locks.md"


@pytest.fixture(scope="module")
def project_state(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        state = MigrationLoader(connection).project_state()
    state.apps  # noqa: B018 - its copies have what is made here
    return state


class TestSquawkSays:
    @pytest.fixture
    def said(self, db, tmp_path, project_state):
        def said(*operations, atomic=True):
            migration = migrations.Migration("planted", "games")
            migration.operations, migration.atomic = operations, atomic
            return locks(statements_of(migration, project_state.clone()), tmp_path)

        return said

    @pytest.mark.parametrize(
        "operation",
        [
            migrations.AddIndex("event", models.Index(fields=["kind"], name="planted")),
            migrations.AlterField("event", "ms", models.TextField()),
            migrations.AlterField("event", "step", models.PositiveSmallIntegerField(default=0)),
            migrations.AddField("event", "lease", models.ForeignKey("studies.Lease", models.SET_NULL, null=True)),
            migrations.AddConstraint("event", models.CheckConstraint(condition=models.Q(ms__gte=0), name="planted")),
            migrations.AddConstraint("event", models.UniqueConstraint(fields=["episode", "ms"], name="planted")),
            migrations.RunSQL("ALTER TABLE games_event ADD COLUMN mark uuid DEFAULT gen_random_uuid()"),
        ],
        ids=lambda operation: operation.__class__.__name__ + getattr(operation, "name", ""),
    )
    def test_what_locks(self, said, operation):
        assert said(operation)

    def test_nothing_of_what_does_not(self, said):
        assert not said(
            migrations.AddField("event", "note", models.TextField(null=True)),
            migrations.AddField("episode", "flag", models.BooleanField(default=False)),
            migrations.CreateModel("Small", [("id", models.BigAutoField(primary_key=True))]),
            migrations.AddField("small", "kind", models.TextField(default="", db_index=True)),
        )
        index = models.Index(fields=["kind"], name="planted")
        assert not said(AddIndexConcurrently("event", index), atomic=False)
        check = "ALTER TABLE games_event ADD CONSTRAINT planted CHECK (ms >= 0) NOT VALID"
        assert not said(migrations.RunSQL(check))
