"""The loop of ``docs/learning-from-people.md`` by its own commands: from synthetic people to a table of all stages.

What agents play goes into a site, by the same command as what people did, and out of it again before it is compared.
"""

import csv
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from editing.trajectories.columns import rows
from editing.trajectories.reading import open_snapshot
from tests.command_line import safelight_output
from tests.documentation.pages import blocks
from webapp.games.models import Episode

STAGES = ("imitated", "trained", "preferred", "adapted", "pretrained")
# What the site is given.
SOURCES = ("others", *(f"play/{stage}" for stage in STAGES))
# What makes each command tiny; an option that the docs have too is given again, and the last one counts.
TINY = {
    "synthetic-people": "--people 16 --each 8 --scenes 16",
    "imitate": "--iterations 60 --width 1",
    "train": "--iterations 3 --width 1 --batch 8 --picture-every 0 --save-every 3",
    "prefer": "--iterations 10 --reward-iterations 10",
    "play": "--samples 2",
    "compare": "--photos 1 --episodes 1",
}


def commands() -> list[list[str]]:
    """Return the commands of the page's section of the whole loop, each as its words."""
    (block,) = (block for block in blocks("docs/learning-from-people.md", "sh") if block.has("import_trajectories"))
    return [shlex.split(line) for line in block.lines]


def assert_the_site_gives_back_what_it_was_given(folder: Path) -> None:
    """All that people and agents did, step by step, stands in the site's own export, and nothing else."""
    given = {row["id"]: row for source in SOURCES for row in rows(open_snapshot(folder / source).episodes)}
    exported = {row["id"]: row for row in rows(open_snapshot(folder / "export").episodes)}
    assert exported.keys() == given.keys() == {str(key) for key in Episode.objects.values_list("pk", flat=True)}
    same = ("player", "player_kind", "photo", "study", "status", "seed", "sample", "checkpoint_hash")
    assert [[exported[key][name] for name in same] for key in given] == [
        [row[name] for name in same] for row in given.values()
    ]
    assert {row["player_kind"] for row in exported.values()} == {"robot", "agent"}
    steps = [step for source in SOURCES for step in rows(open_snapshot(folder / source).steps)]
    stored = {(row["episode"], row["index"]): row for row in rows(open_snapshot(folder / "export").steps)}
    assert len(stored) == len(steps)
    for step in steps:
        kept = stored[step["episode"], step["index"]]
        assert kept["filter"] == step["filter"]
        assert kept["parameters"] == pytest.approx(step["parameters"])


@pytest.mark.long
@pytest.mark.django_db
def test_the_loop_ends_in_one_table_of_all_stages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "site"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("learning.training.people_guide.WARM_UPDATES", 5)
    ran = []
    for program, name, *words in commands():
        if program == "python":
            assert name == "manage.py"
            call_command(*words)
            ran.append(words[0])
        else:
            assert program == "safelight"
            safelight_output(name, *words, *shlex.split(TINY.get(name, "")))
            ran.append(name)
    loop = {"imitate", "train", "prefer", "adapt", "play", "import_trajectories", "export_dataset", "compare"}
    assert loop <= set(ran)
    assert_the_site_gives_back_what_it_was_given(tmp_path)
    people = json.loads((tmp_path / "synthetic" / "manifest.json").read_text())["synthetic_people"]
    assert {taste["temperament"] for taste in people.values()} == {"hasty", "careful", "colourful", "moody"}
    with (tmp_path / "report" / "human-likeness.csv").open(encoding="utf-8", newline="") as file:
        lines = {(line["player"], line["distance"]): line for line in csv.DictReader(file)}
    numbers = json.loads((tmp_path / "report" / "comparison.json").read_text())["human_likeness"]
    with capsys.disabled():
        print(f"\n{'human-likeness':16}" + "".join(f"{distance:>10}" for distance in numbers))
        for stage in STAGES:
            values = [float(lines[stage, distance]["human_likeness"]) for distance in numbers]
            print(f"{stage:16}" + "".join(f"{value:10.2f}" for value in values))
        print(f"{'ceiling':16}" + "".join(f"{of['ceiling']['value']:10.2f}" for of in numbers.values()))
    for distance, of in numbers.items():
        assert of["ceiling"]["value"] > 0, distance
