"""Every command and program of the documentation runs as it stands there, where what it names is there.

The most of them, that is: `pages.py` lists those that have tests of their own. Only sizes are others, and names that
stand for something: `PLACEHOLDERS` below, and `ADDED` in `programs.py`.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from editing.trajectories.columns import rows
from editing.trajectories.reading import open_snapshot
from learning.robots.crowd import play_site
from learning.robots.visitor import Manner
from tests.documentation.pages import PAGES, Block, blocks
from tests.documentation.programs import outputs, program_of, terminal
from tests.documentation.workplace import HOME, WORK, write_photo, write_workplace
from tests.webapp.prolific_server import STUDY, TOKEN, WORKSPACE, Recruiter, running
from tests.webapp.test_prolific import ANNA, BEN, arrive, play_one
from tests.webapp.test_recruitment import play_all
from webapp.local.embedded_postgres import free_port
from webapp.studies.members import Membership, Role
from webapp.studies.models import Study
from webapp.studies.photos import add_photo
from webapp.studies.tokens import ApiToken

pytestmark = pytest.mark.long

# What stands for something else: a pattern, and the fixture that has what it stands for, or a smaller number.
PLACEHOLDERS: Mapping[str, str] = {
    r"(?<= )~(?=/)": "home",
    r"https://(retouch\.)?example\.org|http://127\.0\.0\.1:8000": "site",
    r"\$TOKEN(?=.*/lab/)": "token_of_lab",
    r"\$TOKEN": "token_of_default",
    r"tcp://[\w.]+:8786": "scheduler",
    r"(?<=play:)(ID\b|[0-9a-f]{8}-\S+)": "episode_of_play",
    r"(?<!play:)(\bID\b|\b[0-9a-f]{8}-[0-9a-f]{4}-\S+)": "episode_of_export",
    r"(?<=^dask scheduler)": "scheduler_options",
    r"(?<![\w~])/(?=(photos|developed|played)\b)": "shared_folder",
    r"\bSTUDY\b": "study_at_prolific",
    r"\bWORKSPACE\b": "workspace",
}
SIZES: Mapping[str, str] = {
    "--episodes 40": "--episodes 4",
    "--episodes 100 --workers 20": "--episodes 4 --workers 2",
    "--participants 60 --workers 20": "--participants 3 --workers 2",
    "--seeds 5": "--seeds 2",
    "--nproc-per-node 4": "--nproc-per-node 2",
}

RUN_HERE = [block for page in PAGES for block in blocks(page) if block.test is None]
SHELL = [block for block in RUN_HERE if block.language == "sh"]
PYTHON = [block for block in RUN_HERE if block.language == "python"]
NEEDS_SITE = re.compile(r"manage\.py|--url|curl")
# By which a cluster is started, where a command works on one that is there.
(CLUSTER,) = (block for block in blocks("docs/rendering.md", "sh") if block.has("dask scheduler"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that the examples name, made once."""
    import torch  # only here: it takes seconds, and these tests are collected with all others

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("prepared")
    write_workplace(folder)
    return folder


@pytest.fixture
def workplace(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reader's folder, in which they are, with all that the examples name; and a home."""
    # No program changes a file in its place.
    folder = Path(shutil.copytree(prepared, tmp_path / "reader", copy_function=os.link))
    monkeypatch.chdir(folder / WORK)
    # No command has an option for how many studies are drawn from a pilot.
    monkeypatch.setattr("learning.comparison.power.DRAWS", 20)
    return folder / WORK


@pytest.fixture
def home(workplace: Path) -> str:
    return str(workplace.parent / HOME)


@pytest.fixture
def site(workplace: Path, live_server: Any, settings: Any, tmp_path: Path, django_user_model: Any) -> str:
    """The address of a site whose studies are played: an open one, `pilot` with a recruiter's link, and `lab`.

    Lab has three versions. Ada owns all.
    """
    settings.DATA_DIR = tmp_path / "site"
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": f"{tmp_path}{name}"}
        for name in settings.CACHES
    }
    ada = django_user_model.objects.create_user("ada", is_staff=True)
    for slug in ("default", "pilot", "lab"):
        study = Study.objects.get_or_create(slug=slug, defaults={"title": slug, "state": "open"})[0]
        study.tutorial = slug == "pilot"
        if study.tutorial:
            study.change({"entry_parameter": "PROLIFIC_PID", "completion_code": "DONE1"})
        study.save()
        Membership.objects.create(study=study, user=ada, role=Role.OWNER)
        for number in (11, 12):
            write_photo(tmp_path / f"{number}.npy", number)
            add_photo(study, tmp_path / f"{number}.npy")
    play_site(live_server.url, study="lab", episodes=2, seed=1)
    play_site(live_server.url, study="pilot", episodes=2, seed=1, manner=Manner(entry={"PROLIFIC_PID": "{robot}"}))
    call_command("study", "export", "pilot", "-o", str(workplace / "pilot.json"))
    for _ in range(3):
        call_command("export_dataset", "--study", "lab", "--new-version")
    return str(live_server.url)


@pytest.fixture
def scheduler() -> str:
    """The address of a Dask scheduler that is started by `dask scheduler`."""
    return f"tcp://127.0.0.1:{free_port()}"


@pytest.fixture
def scheduler_options(scheduler: str) -> str:
    return f" --host 127.0.0.1 --port {scheduler.rpartition(':')[2]} --no-dashboard"


@pytest.fixture
def recruiter() -> Iterator[Recruiter]:
    with running() as recruiter:
        yield recruiter


@pytest.fixture
def study_at_prolific(site: str, workplace: Path, recruiter: Recruiter, settings: Any) -> str:
    """A study that Prolific knows, which Anna has done and Ben has not, with Anna's bonus."""
    settings.PROLIFIC_URL, settings.PROLIFIC_TOKEN = recruiter.address, TOKEN
    settings.SITE_URL = "https://retouch.example.org"
    study = Study.objects.get(slug="default")
    codes = {"completion": "DONE1", "attention": "CARELESS", "device": "ADDED", "full": "FULL", "declined": "NO"}
    study.change({f"{outcome}_code": code for outcome, code in codes.items()})
    study.change({"entry_parameter": "PROLIFIC_PID", "entry_required": True})
    study.change({"prolific_study": STUDY, "reward": "4.50"})
    study.save()
    recruiter.study = {
        "completion_codes": [{"code": code} for code in codes.values()],
        "reward": 450,
        "external_study_url": f"{settings.SITE_URL}/play/default/?PROLIFIC_PID={{{{%PROLIFIC_PID%}}}}&SESSION_ID=x",
    }
    play_all(arrive(ANNA))
    play_one(arrive(BEN))
    recruiter.hand_in(ANNA, "AWAITING REVIEW", "DONE1")
    (workplace / "earned.csv").write_text(f"{ANNA},1.50\n")
    (workplace / "paid.txt").write_text(f"{ANNA}\n")
    call_command("payments", "bonus", study.slug, "earned.csv")
    return study.slug


@pytest.fixture
def workspace(site: str, recruiter: Recruiter, settings: Any) -> str:
    """A workspace at Prolific, which has something to say to a site with this address."""
    settings.PROLIFIC_URL, settings.PROLIFIC_TOKEN = recruiter.address, TOKEN
    settings.SITE_URL = "https://retouch.example.org"
    return WORKSPACE


def new_token(slug: str) -> str:
    study = Study.objects.get(slug=slug)
    return ApiToken.make(study, study.memberships.get().user, "a script", Role.EDITOR)[1]


@pytest.fixture
def token_of_default(site: str) -> str:
    return new_token("default")


@pytest.fixture
def token_of_lab(site: str) -> str:
    return new_token("lab")


def first_episode(folder: Path) -> str:
    return str(next(rows(open_snapshot(folder).episodes))["id"])


@pytest.fixture
def episode_of_export(workplace: Path) -> str:
    return first_episode(workplace / "export")


@pytest.fixture
def episode_of_play(workplace: Path) -> str:
    return first_episode(workplace / "play")


@pytest.fixture
def shared_folder(workplace: Path) -> str:
    """Where the machines of a cluster see the same photos."""
    return f"{workplace}/"


def put_in(line: str, request: pytest.FixtureRequest) -> str:
    """Return a command with what its placeholders stand for, and with smaller numbers."""
    for text, smaller in SIZES.items():
        line = line.replace(text, smaller)
    for pattern, name in PLACEHOLDERS.items():
        if re.search(pattern, line):
            line = re.sub(pattern, request.getfixturevalue(name), line)
    return line


def run_block(block: Block, workplace: Path, request: pytest.FixtureRequest) -> None:
    """Type a block's commands in, one after the other."""
    lines = block.lines
    if block.has("--scheduler") and not block.has("dask scheduler"):
        lines = [*(line for line in CLUSTER.lines if program_of(line) == "dask"), *lines]
    # What a block makes is not there before it, and is there after it.
    made = [workplace / name.lstrip("/") for line in lines for name in outputs(line)]
    for path in made:
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    with terminal() as reader:
        for line in lines:
            reader.type_in(put_in(line, request))
    assert [path for path in made if not path.exists()] == []


@pytest.mark.parametrize("block", [block for block in SHELL if not NEEDS_SITE.search(block.text)], ids=str)
def test_the_commands_of_a_block_run_one_after_the_other(
    block: Block, workplace: Path, request: pytest.FixtureRequest
) -> None:
    run_block(block, workplace, request)


@pytest.mark.parametrize("block", [block for block in SHELL if NEEDS_SITE.search(block.text)], ids=str)
def test_the_commands_of_a_block_run_beside_a_site(
    block: Block, workplace: Path, site: str, live_server: Any, request: pytest.FixtureRequest
) -> None:
    run_block(block, workplace, request)


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_a_program_runs(block: Block, workplace: Path) -> None:
    pixels = np.random.default_rng(0).random((20, 30, 3), dtype=np.float32)
    exec(block.text, {"pixels": pixels})  # noqa: S102 (the documentation's own)
