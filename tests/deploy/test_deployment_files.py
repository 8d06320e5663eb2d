"""The files that people and servers read: they can be parsed, and name nothing that does not exist."""

import configparser
import json
import os
import re
import shutil
import subprocess
import tomllib
from argparse import ArgumentParser
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from gunicorn.app.wsgiapp import WSGIApplication
from packaging.specifiers import SpecifierSet
from psycopg.conninfo import conninfo_to_dict

from tests.documentation.pages import PAGES, ROOT
from webapp.http.patient_worker import PatientWorker


@pytest.fixture
def makefile(root: Path) -> str:
    return (root / "Makefile").read_text()


def test_all_that_is_pinned_installs_on_the_oldest_python_that_we_name(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    (oldest,) = re.findall(r"^>=(\d+\.\d+)$", project["requires-python"])
    pinned = dict(re.findall(r"(?m)^([^\s#=]+)==(\S+)$", (root / "constraints.txt").read_text()))
    installed = {each.name.lower().replace("_", "-"): each.metadata for each in distributions()}
    needs = {name: installed[name].get("Requires-Python") or "" for name in pinned.keys() & installed.keys()}
    assert len(needs) > 100
    assert [name for name, python in needs.items() if not SpecifierSet(python).contains(f"{oldest}.0")] == []


def test_gunicorn_takes_its_settings_from_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIND", "127.0.0.1:8123")
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    monkeypatch.setattr("sys.argv", ["gunicorn", "--config", str(root / "deploy" / "gunicorn.conf.py")])
    settings = WSGIApplication("%(prog)s").cfg
    assert settings.wsgi_app == "webapp.wsgi"
    assert settings.address == [("127.0.0.1", 8123)]
    assert settings.workers == 3
    assert settings.worker_class is PatientWorker


def test_compose_runs_the_site_on_a_healthy_postgres(root: Path) -> None:
    services = yaml.safe_load((root / "deploy" / "compose.yaml").read_text())["services"]
    site = services["site"]
    assert site["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert (root / "deploy" / site["build"]["context"] / site["build"]["dockerfile"]).is_file()
    # Only the proxy on the same machine reaches it.
    assert site["ports"] == ["127.0.0.1:8000:8000"]
    assert "ports" not in services["database"]


def test_compose_runs_a_worker_on_the_sites_data(root: Path) -> None:
    services = yaml.safe_load((root / "deploy" / "compose.yaml").read_text())["services"]
    site, worker = services["site"], services["worker"]
    assert worker["command"] == ["python", "manage.py", "worker"]
    for same in ("env_file", "environment"):
        assert worker[same] == site[same]
    assert worker["volumes"] == ["previews:/data"]
    assert set(worker["volumes"]) < set(site["volumes"])


def test_every_setting_reaches_the_containers_but_those_that_compose_sets(root: Path) -> None:
    """What stands under ``environment`` would hide what ``deploy/.env`` says of it."""
    site = yaml.safe_load((root / "deploy" / "compose.yaml").read_text())["services"]["site"]
    assert site["env_file"] == ".env"
    fixed = {name for name, value in site["environment"].items() if f"${{{name}" not in value}
    assert fixed == {"DATABASE_URL", "PGPASSWORD", "DATA_DIR", "BACKUP_DIR", "BIND"}
    assert f"previews:{site['environment']['DATA_DIR']}" in site["volumes"]
    assert f"backups:{site['environment']['BACKUP_DIR']}" in site["volumes"]


@pytest.mark.skipif(shutil.which("podman-compose") is None, reason="needs podman-compose")
def test_podman_compose_gives_the_containers_what_the_file_of_settings_says(root: Path, tmp_path: Path) -> None:
    for name in ("compose.yaml", "Dockerfile"):
        shutil.copy(root / "deploy" / name, tmp_path)
    (tmp_path / ".env").write_text("SITE_URL=https://lab.example\nSECRET_KEY=k\nPOSTGRES_PASSWORD='p w'\n")
    # In place of podman, a program that writes down what it is asked to start.
    podman, asked = tmp_path / "podman", tmp_path / "asked"
    podman.write_text(f"""#!/bin/sh
[ "$1" != --version ] || echo 'podman version 4.3.1'
case "$*" in run*site*) printf '%s\\n' "$@" >'{asked}' ;; esac
""")
    podman.chmod(0o755)
    command = ["podman-compose", "--podman-path", podman, "-p", "safelight", "-f", tmp_path / "compose.yaml"]
    subprocess.run([*command, "up", "--no-build", "-d", "site"], capture_output=True, check=True)
    given = asked.read_text().splitlines()
    assert given[given.index("--env-file") + 1] == str(tmp_path / ".env")
    assert {"SITE_URL=https://lab.example", "PGPASSWORD=p w", "DATA_DIR=/data"} <= set(given)


def test_compose_can_give_the_worker_alone_the_learning_extra(root: Path) -> None:
    services = yaml.safe_load((root / "deploy" / "compose.yaml").read_text())["services"]
    site, worker = services["site"]["build"], services["worker"]["build"]
    assert worker == site | {"target": "${WORKER_IMAGE:-site}"}
    parts = re.split(r"^FROM (\S+) AS (\S+)$", (root / "deploy" / "Dockerfile").read_text(), flags=re.M)
    stages = {name: (parent, text) for parent, name, text in zip(*(parts[at::3] for at in (1, 2, 3)), strict=True)}
    # What is built where no target is named is the last one.
    assert list(stages)[-1] == site["target"]
    assert stages["site"] == ("installed", "\n")
    assert "'.[web,s3,render,learn]'" in stages["with-agent"][1]
    assert "learn]" not in stages["installed"][1]


def test_a_server_has_the_renderer_and_the_translations(root: Path) -> None:
    image, install = ((root / "deploy" / name).read_text() for name in ("Dockerfile", "install"))
    assert "'.[web,s3,render]'" in image
    assert "python -m webapp.translations compile" in image
    assert "extras=web,render" in install
    assert "EXTRAS=$extras frontend/dist/play.js webapp/locale/compiled" in install


def test_every_variable_of_compose_stands_in_the_example(root: Path) -> None:
    used = set(re.findall(r"\$\{(\w+)", (root / "deploy" / "compose.yaml").read_text()))
    given = set(re.findall(r"^(\w+)=", (root / "deploy" / "environment.example").read_text(), re.M))
    assert used <= given


def test_any_password_for_postgres_leaves_its_address_alone_in_compose(root: Path) -> None:
    services = yaml.safe_load((root / "deploy" / "compose.yaml").read_text())["services"]
    environment = {
        name: re.sub(r"\$\{POSTGRES_PASSWORD[^}]*\}", "p@ss/w#rd:1%", value)
        for name, value in services["site"]["environment"].items()
    }
    address = conninfo_to_dict(environment["DATABASE_URL"])
    assert (address["host"], address["user"], address["dbname"]) == ("database", "safelight", "safelight")
    # libpq's own variable, which is taken as it is.
    assert environment["PGPASSWORD"] == "p@ss/w#rd:1%"


def test_the_image_copies_what_is_there(root: Path) -> None:
    lines = re.findall(r"^COPY (?!--from)(.*) \S+$", (root / "deploy" / "Dockerfile").read_text(), re.M)
    missing = [name for line in lines for name in line.split() if not (root / name).exists()]
    assert missing == []


UNITS = sorted((ROOT / "deploy").glob("safelight*.*"))
SERVICES = [unit.name for unit in UNITS if unit.suffix == ".service"]
# Of 10, as systemd counts it.
EXPOSURE = 1.5


@pytest.fixture
def units(root: Path, tmp_path: Path) -> Path:
    """The units as deploy/install lays them out, in a folder."""
    for unit in UNITS:
        shutil.copy(unit, tmp_path)
    for name in SERVICES:
        (tmp_path / f"{name}.d").mkdir()
        shutil.copy(root / "deploy" / "service.conf", tmp_path / f"{name}.d" / "safelight.conf")
    return tmp_path


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_can_be_read_and_starts_what_exists(root: Path, unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.read(unit)
    assert "Description" in parsed["Unit"]
    for path in re.findall(r"(?:manage\.py|deploy/\S+)", unit.read_text()):
        assert (root / path).is_file()


def test_every_service_and_timer_is_started_or_has_a_timer(root: Path) -> None:
    shared = (root / "deploy" / "settings.sh").read_text()
    for unit in UNITS:
        timer = unit.with_suffix(".timer")
        assert (timer if timer.exists() else unit).name in shared


def test_the_services_may_write_where_the_settings_say(root: Path, tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("BACKUP_DIR='/mnt/backups'\nDATA_DIR=/srv/data")

    def write_paths(settings: str, unit: str) -> str:
        script = f". deploy/settings.sh; home=. settings={tmp_path}/{settings}; with_folders deploy/{unit}"
        said = subprocess.run(["bash", "-euc", script], cwd=root, capture_output=True, text=True, check=True).stdout
        parsed = configparser.ConfigParser(strict=False, interpolation=None)
        parsed.read_string(said)
        assert parsed["Unit"]["RequiresMountsFor"] == parsed["Service"]["ReadWritePaths"]
        return parsed["Service"]["ReadWritePaths"]

    for unit in ("safelight-backup.service", "safelight-drill.service"):
        assert write_paths("environment", unit) == "/mnt/backups"
        assert write_paths("none", unit) == "/var/backups/safelight"
    assert write_paths("environment", "service.conf") == "/srv/data"
    assert write_paths("none", "service.conf") == "/var/lib/safelight-site"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_might_do_is_little(units: Path, name: str) -> None:
    """By systemd's own count, which reads the files alone."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(units / name)],
        env={"SYSTEMD_UNIT_PATH": str(units)},
        capture_output=True,
        text=True,
    )
    said = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert said is not None, done.stdout + done.stderr
    assert float(said[1]) <= EXPOSURE


def test_no_access_log_has_visitors_addresses_browsers_or_queries(root: Path) -> None:
    """Recruiters say in queries who comes."""
    nginx = (root / "deploy" / "nginx.conf").read_text()
    (log_format,) = re.findall(r"log_format safelight '(.*)';", nginx)
    variables = set(re.findall(r"\$\w+", log_format))
    assert not variables & {"$request", "$request_uri", "$args", "$remote_addr", "$http_user_agent", "$http_referer"}
    assert nginx.count("access_log") == nginx.count("server {") == nginx.count(" safelight;")
    gunicorn = re.search(r"^access_log_format = '(.*)'$", (root / "deploy" / "gunicorn.conf.py").read_text(), re.M)
    assert gunicorn
    assert not set(re.findall(r"%\((.*?)\)", gunicorn[1])) & {"h", "r", "q", "f", "a", "u"}


def test_nginx_takes_the_largest_photo_that_the_site_takes(root: Path) -> None:
    from django.conf import settings

    found = re.search(r"client_max_body_size (\d+)m;", (root / "deploy" / "nginx.conf").read_text())
    assert found is not None
    assert int(found[1]) * 2**20 > settings.MAXIMUM_PHOTO_BYTES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_make_targets_that_exist(root: Path, makefile: str, page: str) -> None:
    targets = set(re.findall(r"^([a-z/.-]+):", makefile, re.M)) | {"frontend/dist/play.js"}
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z/.-]*)", (root / page).read_text(), re.M))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_commands_that_exist(root: Path, page: str) -> None:
    from django.core.management import get_commands

    from learning.command_line import COMMANDS

    text = (root / page).read_text()
    assert set(re.findall(r"manage\.py (\w+)", text)) <= set(get_commands())
    assert set(re.findall(r"`safelight ([a-z][a-z-]+)", text)) <= set(COMMANDS)
    assert [name for name in re.findall(r"python -m ([\w.]+)", text) if find_spec(name) is None] == []


def options_of(parser: ArgumentParser) -> set[str]:
    """The options of a command, and of its subcommands."""
    found = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action.choices, dict):
            found |= set().union(*map(options_of, action.choices.values()))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_calls_the_programs_of_a_server_with_options_that_they_have(root: Path, page: str) -> None:
    from django.core.management import get_commands, load_command_class

    applications = get_commands()
    called = r"(?:manage\.py |deploy/manage |deploy/(?!manage))([a-z_]+)(?![\w./-])([^`\n#&]*)"
    for name, arguments in re.findall(called, (root / page).read_text()):
        options = set(re.findall(r"--[a-z-]+", arguments))
        if name in applications:
            assert options <= options_of(load_command_class(applications[name], name).create_parser("", name)), name
        else:
            program = root / "deploy" / name
            assert os.access(program, os.X_OK), name
            assert all(f"{option} " in program.read_text() for option in options), name


@pytest.mark.parametrize("page", PAGES)
def test_a_page_links_to_files_that_exist(root: Path, page: str) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (root / page).read_text())
    assert [link for link in links if not ((root / page).parent / link).exists()] == []


def test_every_decision_is_listed(root: Path) -> None:
    folder = root / "docs" / "decisions"
    listed = set(re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("*.md")} - {"README.md"}


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_alone_lists_the_targets(root: Path) -> None:
    done = subprocess.run(["make"], cwd=root, capture_output=True, text=True, check=True)
    assert {"make run", "make test", "make demo", "make bench"} <= set(re.findall(r"make [a-z-]+", done.stdout))


def test_the_demo_photos_are_in_the_wheel_and_have_a_licence() -> None:
    pytest.importorskip("skimage")
    from webapp.studies.demo_photos import demo_photo_paths

    photos = demo_photo_paths()
    assert len(photos) >= 4
    assert all(path.is_file() for path in photos)
    assert {photo.licence for photo in photos.values()} <= {"Public domain", "CC0 1.0"}


def test_node_is_asked_for_in_one_version(root: Path, makefile: str) -> None:
    wanted = json.loads((root / "frontend" / "package.json").read_text())["engines"]["node"]
    assert wanted == ">=20.19.0"
    assert "20.19" in makefile
