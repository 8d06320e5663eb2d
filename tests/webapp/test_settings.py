"""The site as processes of its own see it: what the environment sets, and what is said when it is wrong."""

import os
import runpy
import stat
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test import override_settings
from environs import EnvError

from webapp import command_line
from webapp import settings as settings_of_tests
from webapp.configuration import mail_server, postgres_address
from webapp.http.static_files import HashedFiles


@pytest.fixture
def python(root, tmp_path):
    """Runs Python at the project's root with an environment for the site."""

    def run(*arguments, **environment):
        inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=root,
            env=inherited | {"DATA_DIR": str(tmp_path / "var"), "DATABASE_URL": NOWHERE} | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def site_settings(root, tmp_path, monkeypatch):
    """Reads the settings anew, as a process does whose environment has nothing else for the site."""

    def read(**environment):
        for variable in settings_of_tests.environment.variables:
            monkeypatch.delenv(variable.name, raising=False)
        for name, text in ({"DATA_DIR": str(tmp_path / "var"), "DATABASE_URL": NOWHERE} | environment).items():
            monkeypatch.setenv(name, text)
        return runpy.run_path(str(root / "webapp" / "settings.py"))

    return read


NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
SERVER = {"SITE_URL": "https://lab.example", "SECRET_KEY": "".join(map(chr, range(40, 110)))}
# Loading Django takes a second, which what is forked from here has behind it.
FORKED = """
import os, sys, django
from webapp import command_line
os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
django.setup()

def manage(*command):
    sys.stdout.flush()
    if not (process := os.fork()):
        sys.argv = ["manage.py", *command]
        command_line.main()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
"""


def test_the_web_process_serves_through_its_pool_and_never_imports_torch(python, db):
    url = postgres_address(connection.settings_dict)
    program = """
import sys
from webapp.wsgi import application
from django.test import RequestFactory
for path in ("/healthz", "/static/site.css"):
    environ = RequestFactory().get(path, headers={"Host": "localhost"}).environ
    answer = application(environ | {"CONTENT_TYPE": "a/b; charset*=unreadable'y'z"}, lambda *args: None)
    print(answer.status_code)
    answer.close()
from django.db import connection
print(connection.pool is not None, sorted(set(sys.modules) & {"torch", "learning"}))
connection.close_pool()
"""
    assert python("-c", program, DATABASE_URL=url).stdout.split("\n")[:3] == ["200", "200", "True []"]


def test_what_the_worker_imports_has_no_torch(python):
    program = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
django.setup()
import editing.rendering.developing, webapp.downloads.management.commands.worker
print(sorted(set(sys.modules) & {"torch", "learning"}), "webapp.downloads.tasks" in sys.modules)
"""
    assert python("-c", program).stdout == "[] True\n"


def test_without_postgres_a_command_says_so_in_one_line(monkeypatch, capsys):
    def fail(arguments):
        raise OperationalError("connection failed: Connection refused\nIs it running?")

    nowhere = SimpleNamespace(connection=None, settings_dict={"HOST": "127.0.0.1", "PORT": 1})
    monkeypatch.setattr("django.core.management.execute_from_command_line", fail)
    monkeypatch.setattr("django.db.connections", {"default": nowhere})
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: Postgres is not reachable at 127.0.0.1:1 (Connection refused): start it with")
    assert said.count("\n") == 1


@pytest.mark.long
def test_without_postgres_every_command_says_so_in_one_line(python):
    program = (
        FORKED
        + """
for command in (["migrate"], ["import_photos", "tests"], ["worker"]):
    print(manage(*command))
"""
    )
    done = python("-c", program)
    assert done.stdout.split() == ["1", "1", "1"]
    said = "Error: Postgres is not reachable at 127.0.0.1:1 (Connection refused): start it with"
    assert [line.startswith(said) for line in done.stderr.splitlines()] == [True] * 3


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DATABASE_URL": "no address"}, "DATABASE_URL is not an address of Postgres"),
        ({"SITE_URL": "https://retouch.example.org"}, "SECRET_KEY must be set"),
        ({"SITE_URL": "retouch.example.org", "SECRET_KEY": "x" * 50}, "SITE_URL must look like https://"),
        ({"DEBUG": "perhaps"}, "DEBUG"),
        ({"SENTRY_DSN": "'https://key@errors.example/1'"}, "SENTRY_DSN is in quotes: write it without them"),
        ({"BACKUP_DAYS": "0"}, "BACKUP_DAYS must be at least 1, not 0"),
        ({"DECODING_SECONDS": "nan"}, "DECODING_SECONDS"),
        ({"BACKUP_RECIPIENT": "AGE-SECRET-KEY-1"}, "BACKUP_RECIPIENT must be a public key of age"),
        ({"BACKUP_IDENTITY": "/key"}, "BACKUP_IDENTITY reads encrypted backups, and BACKUP_RECIPIENT"),
        ({"EMAIL_URL": "mail.example"}, "EMAIL_URL must look like smtp://"),
        ({"EMAIL_URL": "smtp://mail.example:port"}, "EMAIL_URL must look like smtp://"),
        ({"DATA_DIR": "/dev/null/data"}, "DATA_DIR cannot be used: /dev/null/data: Not a directory"),
        ({"DATABASE_BY_TRANSACTION": "true"}, "needs DATABASE_DIRECT_URL"),
        ({"DATABASE_DIRECT_URL": NOWHERE, "DATABASE_URL": ""}, "DATABASE_URL is not: set both"),
        ({"DATABASE_DIRECT_URL": "no address"}, "DATABASE_DIRECT_URL is not an address of Postgres"),
        (SERVER | {"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters: a server needs 50"),
        (SERVER | {"DEBUG": "true"}, "DEBUG shows visitors the inside of the site"),
        (SERVER | {"ALLOWED_HOSTS": "other.example"}, "ALLOWED_HOSTS lacks lab.example, the host of SITE_URL"),
        (SERVER | {"CSRF_TRUSTED_ORIGINS": "lab.example"}, "CSRF_TRUSTED_ORIGINS has 'lab.example', which must begin"),
        ({"S3_ENDPOINT": "https://s3.example"}, "S3_ENDPOINT is set, and S3_BUCKET is not"),
        ({"S3_BUCKET": "s3://photos"}, "S3_BUCKET must be a name, or bucket/folder, not 's3://photos'"),
        ({"S3_BUCKET": "photos", "S3_ENDPOINT": "s3.example"}, "S3_ENDPOINT must look like https://s3.example.org"),
        ({"S3_BUCKET": "photos", "S3_ACCESS_KEY": "name"}, "S3_ACCESS_KEY and S3_SECRET_KEY need each other"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(site_settings, environment, said):
    with pytest.raises((ImproperlyConfigured, EnvError)) as wrong:
        site_settings(**environment)
    assert said in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_an_empty_setting_is_none(site_settings):
    """Files of settings name all of them, and give those a value that somebody wants."""
    names = {variable.name for variable in settings_of_tests.environment.variables} - {"DATA_DIR", "DATABASE_URL"}
    empty, unset = (site_settings(**environment) for environment in (dict.fromkeys(names, ""), {}))
    read = {name for name in names if name in unset}
    assert {"METRICS_TOKEN", "ALLOWED_HOSTS", "DECODING_SECONDS", "BACKUP_DIR"} <= read
    assert {name: empty[name] for name in read} == {name: unset[name] for name in read}


def test_through_pgbouncer_the_web_prepares_nothing_and_commands_go_past_it(site_settings):
    bouncer = "postgresql://nobody@127.0.0.1:6432/nothing"
    addresses = {"DATABASE_URL": bouncer, "DATABASE_DIRECT_URL": NOWHERE, "DATABASE_BY_TRANSACTION": "true"}
    web = site_settings(**addresses, DATABASE_POOL="true")["DATABASES"]["default"]
    assert (web["PORT"], web["OPTIONS"]["prepare_threshold"], web["DISABLE_SERVER_SIDE_CURSORS"]) == (
        "6432",
        None,
        True,
    )
    command = site_settings(**addresses)["DATABASES"]["default"]
    assert (command["PORT"], command["DISABLE_SERVER_SIDE_CURSORS"]) == ("1", False)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://ada:a%40b@mail.example", ("mail.example", 587, "ada", "a@b", True, False)),
        ("smtps://ada:x@mail.example", ("mail.example", 465, "ada", "x", False, True)),
        ("smtp://localhost", ("localhost", 25, "", "", False, False)),
        ("", ("", 25, "", "", False, False)),
    ],
)
def test_mail_is_encrypted_but_on_this_machine(address, expected):
    assert mail_server(address) == expected


def test_a_command_ends_with_that_line(python):
    done = python("manage.py", "check", DEBUG="perhaps")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "DEBUG" in done.stderr
    assert done.stderr.count("\n") == 1


def test_on_this_machine_a_secret_key_is_made_once_and_kept_private(site_settings, tmp_path):
    keys = {site_settings()["SECRET_KEY"] for _ in range(2)}
    assert len(keys) == 1
    assert len(keys.pop().strip()) > 50
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("site", "is_secure", "hosts", "origins"),
    [
        ("", False, ["localhost", "127.0.0.1", "[::1]"], []),
        ("http://lab.example", False, ["lab.example"], ["http://lab.example"]),
        ("https://lab.example", True, ["lab.example"], ["https://lab.example"]),
    ],
)
def test_cookies_and_hosts_follow_from_the_sites_address(site_settings, site, is_secure, hosts, origins):
    values = site_settings(SITE_URL=site, SECRET_KEY="x" * 60)
    assert values["SESSION_COOKIE_SECURE"] is values["CSRF_COOKIE_SECURE"] is is_secure
    assert (values["SECURE_HSTS_SECONDS"] > 0) is is_secure
    assert values["X_FRAME_OPTIONS"] == "DENY"
    assert (values["ALLOWED_HOSTS"], values["CSRF_TRUSTED_ORIGINS"]) == (hosts, origins)


# What Django's checks of security read.
CHECKED = (
    "SILENCED_",
    "SECURE_",
    "SESSION_",
    "CSRF_",
    "SECRET_KEY",
    "X_FRAME_",
    "ALLOWED_HOSTS",
    "MIDDLEWARE",
    "DEBUG",
)


def test_djangos_check_of_security_has_nothing_to_say_of_a_server_and_much_of_a_machine(site_settings):
    def warnings(**environment):
        values = {name: value for name, value in site_settings(**environment).items() if name.startswith(CHECKED)}
        with override_settings(**values):
            found = run_checks(tags=[Tags.security], include_deployment_checks=True)
            return {warning.id for warning in found if not warning.is_silenced()}

    assert warnings(**SERVER) == set()
    assert {"security.W012", "security.W016"} <= warnings()


@pytest.mark.long
def test_a_server_passes_djangos_own_check(python):
    done = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **SERVER)
    assert done.returncode == 0, done.stderr


def test_what_was_collected_has_a_hashed_name_and_what_came_later_its_own(tmp_path):
    (tmp_path / "site.css").write_text("body { color: black }")
    files = HashedFiles(location=tmp_path, base_url="/static/")
    list(files.post_process({"site.css": (files, "site.css")}))
    assert files.url("site.css") != "/static/site.css"
    assert (tmp_path / files.url("site.css").removeprefix("/static/")).is_file()
    assert files.url("absent.js") == "/static/absent.js"


@pytest.mark.long
def test_static_files_are_collected_under_hashed_names(python, tmp_path):
    program = (
        FORKED
        + """
print(manage("collectstatic", "--no-input", "--verbosity", "0"))
from django.templatetags.static import static
print(static("site.css"), static("absent.js"))
"""
    )
    status, *names = python("-c", program).stdout.split()
    assert status == "0"
    assert names[0] != "/static/site.css"
    assert (tmp_path / "var" / names[0].lstrip("/")).is_file()
    assert names[1] == "/static/absent.js"
