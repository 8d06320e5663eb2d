"""The examples of docs/datasets.md run as they stand there."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import safelight
from tests.command_line import safelight_output
from tests.documentation.pages import blocks
from tests.learning.snapshots import Play, write


@pytest.fixture
def workplace(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that has what the examples name: two exports, the older of whom nobody has left, and play."""
    write(tmp_path / "play", [Play("agent:b", "sea")])
    safelight_output("dataset", "convert", export, "--to", "csv", "-o", tmp_path / "tables")
    safelight_output("dataset", "convert", export, "--to", "hugging-face", "-o", tmp_path / "public")
    safelight_output("dataset", "partition", export, "-o", tmp_path / "parts")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return tmp_path


SHARES = {("fast", "exposure"): 1 / 3, ("fast", "gamma"): 0, ("slow", "gamma"): 1 / 3, ("slow", "white_balance"): 1 / 3}


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_the_examples_in_python_run(workplace: Path) -> None:
    namespace: dict[str, Any] = {}
    examples = blocks("docs/datasets.md", "python")
    assert len(examples) >= 3
    for example in examples:
        exec(example.text, namespace)  # noqa: S102 (the documentation's own)
    assert (workplace / "edited.png").is_file()
    assert namespace["counts"]["uses"].sum() == namespace["steps"].count("*").fetchall()[0][0] == 7
    assert (namespace["newest"].height, namespace["exposures"].num_rows) == (5, 3)
    for (condition, filter_), share in SHARES.items():
        assert namespace["shares"].loc[condition, filter_] == pytest.approx(share)


@pytest.mark.long
def test_the_example_in_r_gives_the_same_shares(workplace: Path) -> None:
    if shutil.which("Rscript") is None and (os.getuid() or not shutil.which("apt-get")):
        pytest.skip("R is not installed, and cannot be by this user")
    if shutil.which("Rscript") is None:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "r-base-core"]
        subprocess.run(install, env=environment, capture_output=True, check=True)
    (example,) = blocks("docs/datasets.md", "r")
    assert len(example.text.splitlines()) <= 10
    (workplace / "shares.r").write_text(example.text + 'write.csv(as.data.frame(shares), "shares.csv")\n')
    subprocess.run(["Rscript", "--vanilla", "shares.r"], check=True, capture_output=True)
    by_r = {(row["Var1"], row["Var2"]): row["Freq"] for _, row in pd.read_csv("shares.csv").iterrows()}
    for key, share in SHARES.items():
        assert by_r[key] == pytest.approx(share)


def test_the_package_can_be_asked_for_its_contract() -> None:
    assert len(safelight.contract()["filters"]) == 8
