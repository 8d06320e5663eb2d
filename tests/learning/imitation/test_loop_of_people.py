"""The loop of ``docs/learning-from-people.md`` by its own commands: from synthetic people to a table of all stages."""

import csv
import json
import re
import shlex
from pathlib import Path

import pytest

from tests.command_line import safelight_output

STAGES = ("imitated", "trained", "preferred", "adapted", "pretrained")
# What makes each command tiny; an option that the docs have too is given again, and the last one counts.
TINY = {
    "synthetic-people": "--people 16 --each 8 --scenes 16",
    "imitate": "--iterations 60 --width 1",
    "train": "--iterations 3 --width 1 --batch 8 --picture-every 0 --save-every 3",
    "prefer": "--iterations 10 --reward-iterations 10",
    "play": "--samples 2",
    "compare": "--photos 1 --episodes 1",
}


def commands(root: Path) -> list[list[str]]:
    """Return the commands of the page's section of the whole loop, each as its words."""
    text = (root / "docs" / "learning-from-people.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"## The whole loop\n.*?```\n(.*?)```", text, re.DOTALL)
    return [shlex.split(line) for line in block.splitlines()]


@pytest.mark.long
def test_the_loop_ends_in_one_table_of_all_stages(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("learning.training.people_guide.WARM_UPDATES", 5)
    ran = []
    for program, name, *words in commands(root):
        assert program == "safelight"
        safelight_output(name, *words, *shlex.split(TINY.get(name, "")))
        ran.append(name)
    assert {"imitate", "train", "prefer", "adapt", "play", "compare"} <= set(ran)
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
