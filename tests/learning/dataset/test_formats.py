"""`safelight dataset convert`: each form is read back by an independent reader, with as many episodes and steps."""

import csv
import json
import re
import shutil
from pathlib import Path

import gymnasium
import numpy as np
import pandas as pd
import pytest
import yaml

import learning.environments
from editing.formats.about import Publication, about
from editing.formats.croissant import croissant
from editing.formats.datasheet import datasheet
from editing.formats.psych_ds import data_name
from editing.trajectories.reading import open_snapshot
from editing.trajectories.schemas import ALL_SCHEMAS
from learning.dataset.transitions import game_view
from tests.command_line import safelight, safelight_output

EPISODES, STEPS = 5, 7
TOLD = ("--author", "A. Researcher", "--licence", "CC BY 4.0", "--date", "2026-11-29", "--doi", "10.5281/zenodo.1")
assert learning.environments  # imported, it registers the game


def convert(export: Path, form: str, *options: object) -> Path:
    out = export.parent / form
    safelight_output("dataset", "convert", export, "--to", form, "-o", out, *options)
    return out


def test_csv_is_read_by_pandas_and_the_codebook_names_every_column(export: Path) -> None:
    folder = convert(export, "csv")
    assert len(pd.read_csv(folder / "episodes.csv")) == EPISODES
    steps = pd.read_csv(folder / "steps.csv")
    assert len(steps) == STEPS
    exposure = steps[steps["filter"] == "exposure"]
    assert sorted(exposure["exposure_ev"]) == [0.5, 1.0, 1.5]
    assert steps.loc[steps["filter"] == "gamma", "exposure_ev"].isna().all()
    episodes = pd.read_csv(folder / "episodes.csv", keep_default_na=False)
    assert set(episodes["condition"]) == {"fast", "slow", ""}
    assert set(episodes["tutorial"]) == {False}
    assert episodes["started"].str.fullmatch(r"2026-01-05T\d\d:00:00\.000000Z").all()
    judgements = pd.read_csv(folder / "judgements.csv")
    assert sorted(judgements["episodes"].str.count(";")) == [0, 0, 0, 1]
    codebook = pd.read_csv(folder / "codebook.csv", keep_default_na=False)
    for table in folder.glob("*.csv"):
        if table.stem != "codebook":
            named = codebook.loc[codebook["table"] == table.stem, "column"].tolist()
            assert named == pd.read_csv(table).columns.tolist() == ALL_SCHEMAS[table.stem].names
    ev = codebook[codebook["column"] == "exposure_ev"].iloc[0]
    assert (ev["unit"], ev["low"], ev["high"]) == ("EV", "-3.5", "3.5")


def test_a_published_folder_is_an_export_too(export: Path) -> None:
    folder = convert(export, "hugging-face", *TOLD)
    assert "nothing is wrong" in safelight_output("dataset", "validate", folder)
    card = (folder / "README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["license"] == "cc-by-4.0"
    assert [config["config_name"] for config in front["configs"]] == list(open_snapshot(folder).manifest["rows"])
    assert "A. Researcher (2026). Retouching trajectories: default" in card
    assert "https://doi.org/10.5281/zenodo.1" in (folder / "DATASHEET.md").read_text()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "This export does not say; the study's log on the site does."),
        ({"changes_after_opening": []}, "No."),
        (
            {"changes_after_opening": [{"days_after_opening": 3, "settings": ["photos", "reward"]}]},
            "Yes. Day 3: photos, reward.",
        ),
    ],
)
def test_the_datasheet_says_what_was_changed_after_the_opening(
    export: Path, changes: dict[str, object], answer: str
) -> None:
    path = export / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    sheet = datasheet(about(open_snapshot(export), Publication()))
    assert f"**Was the configuration changed after the study had opened?** {answer}\n" in sheet


def test_hugging_face_opens_every_table(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = convert(export, "hugging-face")
    own = open_snapshot(export)
    for table, count in own.manifest["rows"].items():
        opened = load_dataset(str(folder), table, cache_dir=str(tmp_path / "cache"))["train"]
        assert opened.num_rows == count
        assert opened.column_names == ALL_SCHEMAS[table].names
    opened = load_dataset(str(folder), "steps", cache_dir=str(tmp_path / "cache"))["train"]
    assert opened["exposure_ev"] == own.steps.column("exposure_ev").to_pylist()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_croissant_is_valid_and_its_records_are_the_rows(export: Path) -> None:
    import mlcroissant as mlc

    folder = convert(export, "hugging-face", *TOLD)
    record = json.loads((folder / "croissant.json").read_text())
    assert record["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert record["rai:dataBiases"]
    assert record["rai:personalSensitiveInformation"]
    dataset = mlc.Dataset(jsonld=folder / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    assert len(list(dataset.records("episodes"))) == EPISODES
    records = list(dataset.records("steps"))
    assert len(records) == STEPS
    assert {entry["steps/filter"] for entry in records} >= {b"exposure", b"gamma"}
    previews = next(node for node in dataset.metadata.distribution if isinstance(node, mlc.FileSet))
    found = {path.stem for pattern in previews.includes for path in folder.glob(pattern)}
    assert found == set(open_snapshot(export).photos.column("preview_sha256").to_pylist())


@pytest.mark.filterwarnings("ignore")
def test_croissant_of_an_export_without_previews_lists_none(export: Path) -> None:
    import mlcroissant as mlc

    shutil.rmtree(export / "previews")
    snapshot = open_snapshot(export)
    (export / "croissant.json").write_text(json.dumps(croissant(snapshot, about(snapshot, Publication())), default=str))
    metadata = mlc.Dataset(jsonld=export / "croissant.json").metadata
    assert not metadata.ctx.issues.errors
    assert {node.name for node in metadata.distribution} == {f"{name}.parquet" for name in snapshot.manifest["rows"]}


# The rules of Psych-DS 1.5.1 that are errors, written out from its published schema: its validator is not on PyPI.
PSYCH_DS_FILE = re.compile(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.(csv|tsv)")
PSYCH_DS_KEYWORDS = {"study", "site", "subject", "session", "task", "condition", "trial", "stimulus", "description"}


def test_psych_ds_by_the_rules_of_its_schema(export: Path) -> None:
    folder = convert(export, "psych-ds", *TOLD)
    description = json.loads((folder / "dataset_description.json").read_bytes().decode("utf-8"))
    assert description["@type"] == "Dataset"
    assert description["@context"] == "https://schema.org/"
    for required in ("name", "description", "schemaVersion", "variableMeasured"):
        assert description[required]
    variables = [variable["name"] for variable in description["variableMeasured"]]
    assert len(variables) == len(set(variables))
    assert all(variable["@type"] == "PropertyValue" for variable in description["variableMeasured"])
    assert all(variable["description"] for variable in description["variableMeasured"])
    files = sorted((folder / "data").iterdir())
    assert files
    columns = set()
    for path in files:
        assert PSYCH_DS_FILE.fullmatch(path.name)
        keywords = {pair.split("-")[0] for pair in path.name.removesuffix("_data.csv").split("_")}
        assert keywords <= PSYCH_DS_KEYWORDS
        with path.open(encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        assert len(header) == len(set(header))
        assert header
        assert all(len(line) == len(header) for line in lines)
        assert lines
        columns |= set(header)
    assert columns == set(variables)
    assert not list(folder.glob("data/**/dataset_description.json"))
    assert (folder / "README.md").stat().st_size
    assert len(pd.read_csv(folder / "data" / "study-default_description-steps_data.csv")) == STEPS
    assert len(pd.read_csv(folder / "data" / "study-default_description-episodes_data.csv")) == EPISODES


def test_a_study_of_any_name_gives_a_name_that_psych_ds_takes() -> None:
    assert data_name("pilot-2_é", "steps") == "study-pilot2_description-steps_data.csv"
    assert PSYCH_DS_FILE.fullmatch(data_name("---", "steps"))


def no_reward(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.zeros(len(after))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_minari_plays_back_in_the_environment(export: Path) -> None:
    import minari

    folder = convert(export, "minari")
    dataset = minari.MinariDataset(folder / "data")
    assert dataset.total_episodes == EPISODES
    assert dataset.total_steps == STEPS
    snapshot = open_snapshot(export)
    previews = snapshot.table("photos", ["sha256", "preview_sha256"]).to_pylist()
    numbers = {row["sha256"]: number for number, row in enumerate(previews)}
    squares = np.stack([game_view(snapshot.preview_path(row["preview_sha256"])) for row in previews])
    game = gymnasium.make("safelight/EditingGame-v0", photos=squares, reward=no_reward, augment=False)
    for episode, told in zip(dataset.iterate_episodes(), dataset.storage.get_episode_metadata(range(5)), strict=True):
        seen, _ = game.reset(options={"photo": numbers[told["options"]["photo"]]})
        np.testing.assert_allclose(seen["image"], episode.observations["image"][0], atol=1e-6)
        for step in range(len(episode.rewards)):
            action = {name: values[step] for name, values in episode.actions.items()}
            seen, _, _, _, _ = game.step(action)
            recorded = episode.observations["image"][step + 1]
            assert recorded.dtype == np.float32
            np.testing.assert_allclose(seen["image"], recorded, atol=2e-5)
            np.testing.assert_array_equal(seen["state"], episode.observations["state"][step + 1])
    game.close()


def test_minari_says_its_size_first_and_takes_a_part(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.commands.dataset._LARGE", 1e5)
    out = export.parent / "minari"
    monkeypatch.chdir(export.parent)
    refused = safelight("dataset", "convert", export, "--to", "minari", "-o", out)
    assert refused.exit_code == 1
    assert "5 episodes take about 0.0 GB" in refused.output
    assert "take a part with --most, or add --yes" in refused.output
    assert not out.exists()
    part = ("dataset", "convert", export, "--to", "minari", "-o", "minari", "--most", 2, "--yes")
    assert "2 episodes, " in safelight_output(*part)
    assert (out / "data" / "main_data.hdf5").is_file()


def test_what_is_in_the_way_is_not_overwritten(export: Path) -> None:
    for form in ("csv", "hugging-face", "psych-ds", "minari"):
        result = safelight("dataset", "convert", export, "--to", form, "-o", export)
        assert result.exit_code == 1
        assert "is not empty" in result.output
