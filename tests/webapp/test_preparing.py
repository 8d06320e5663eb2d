"""manage.py prepare: what a start of the site needs, and not again where nothing has changed."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from webapp.local import preparing
from webapp.local.preparing import prepare_start

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(settings, tmp_path, monkeypatch):
    """Which commands a start ran, in order; what it collects is one file."""
    settings.DATA_DIR = tmp_path / "data"
    settings.STATIC_ROOT = tmp_path / "static"
    source = tmp_path / "pages"
    for folder in (settings.DATA_DIR, settings.STATIC_ROOT, source):
        folder.mkdir()
    (source / "page.css").write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    commands = []

    def run(name, **options):
        commands.append(name)
        if name == "collectstatic":
            (settings.STATIC_ROOT / "page.css").write_text("a {}")

    monkeypatch.setattr(preparing, "call_command", run)
    assert prepare_start()
    assert commands == ["migrate", "collectstatic"]
    commands.clear()
    return commands


def test_where_nothing_has_changed_nothing_is_done(done):
    call_command("prepare")
    assert done == []


def test_a_changed_file_does_it_again(done, settings):
    (settings.STATICFILES_DIRS[0] / "page.css").write_text("b {}")
    assert prepare_start()
    assert done == ["migrate", "collectstatic"]
    assert not prepare_start()


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO django_migrations (app, name, applied) VALUES ('games', '9999_half', now())",
        "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)",
        "UPDATE django_migrations SET applied = now() WHERE id = (SELECT max(id) FROM django_migrations)",
    ],
)
def test_a_database_that_was_migrated_otherwise_is_migrated_again(done, change):
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert prepare_start()
    assert done == ["migrate", "collectstatic"]


def test_static_files_that_are_gone_are_collected_again(done, settings):
    (settings.STATIC_ROOT / "page.css").unlink()
    assert prepare_start()


@pytest.mark.parametrize("failing", ["migrate", "collectstatic"])
def test_what_failed_is_not_taken_for_done(done, settings, monkeypatch, failing):
    (settings.STATICFILES_DIRS[0] / "page.css").write_text("b {}")
    run = preparing.call_command

    def fail(name, **options):
        if name == failing:
            raise CommandError("no room")
        run(name, **options)

    with monkeypatch.context() as broken:
        broken.setattr(preparing, "call_command", fail)
        with pytest.raises(CommandError):
            prepare_start()
    (settings.STATICFILES_DIRS[0] / "page.css").write_text("a {}")  # as it was when it last went well
    done.clear()
    assert prepare_start()
    assert done == ["migrate", "collectstatic"]
