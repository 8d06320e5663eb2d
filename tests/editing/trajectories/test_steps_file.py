"""Steps files: what is written is read again, and what cannot be applied is refused in one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from editing.game.filters import FILTERS, VERSION
from editing.game.rules import Step
from editing.trajectories.steps_file import LARGEST_BYTES, StepsFile, StepsFileError, read_steps, write_steps
from tests.editing.strategies import chains

EXPOSURE = {"filter": "exposure", "parameters": {"ev": 1.9}}
GAMMA = {"filter": "gamma", "parameters": {"gamma": 0.8}}
SHARES = {"probabilities": dict.fromkeys(FILTERS, 1 / len(FILTERS))}
GOOD = {"format": "safelight-steps", "format_version": 1, "contract_version": VERSION, "steps": [EXPOSURE, GAMMA]}


@given(chains())
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Step, ...]) -> None:
    path = tmp_path_factory.mktemp("steps") / "a.json"
    about = {"player": "agent:é", "made_by": {"seed": 3}}
    write_steps(path, StepsFile(drawn, None, about))
    found = read_steps(path)
    assert found.about == about
    assert found.probabilities is None
    assert [step.filter for step in found.steps] == [step.filter for step in drawn]
    for step, wanted in zip(found.steps, drawn, strict=True):
        assert dict(step.parameters) == pytest.approx(dict(wanted.parameters), rel=1e-12)
    assert [one.name for one in path.parent.iterdir()] == ["a.json"]


def test_probabilities_are_kept(tmp_path: Path) -> None:
    shares = dict.fromkeys(FILTERS, 0.0) | {"exposure": 0.75, "gamma": 0.25}
    write_steps(tmp_path / "a.json", StepsFile((Step("exposure", {"ev": 1.0}),), (shares,)))
    assert read_steps(tmp_path / "a.json").probabilities == (shares,)


def test_parameters_become_canonical_and_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    tone = {"filter": "tone", "parameters": {f"slope_{i}": 0.7 for i in range(8)}}
    (tmp_path / "a.json").write_text(json.dumps(GOOD | {"steps": [tone]}), encoding="utf-8-sig")
    assert read_steps(tmp_path / "a.json").steps == (Step("tone", FILTERS["tone"].neutral),)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"format": "safelight-snapshot"}, "it is no steps file"),
        ({"format_version": 2}, "it is of format version 2; this program reads version 1"),
        ({"contract_version": 7}, f"it was made by version 7 of the filters; this is version {VERSION}"),
        ({"contract_version": None}, "it was made by version None of the filters"),
        ({"steps": {"0": EXPOSURE}}, "it has no list of steps"),
        ({"steps": [EXPOSURE] * 6}, "it has 6 steps; at most 5"),
        ({"steps": [EXPOSURE, GAMMA, EXPOSURE]}, "it uses exposure twice"),
        ({"steps": [EXPOSURE, "gamma"]}, "step 2 must be a filter and its parameters"),
        ({"steps": [{"filter": "exposure"}]}, "step 1 must be a filter and its parameters"),
        ({"steps": [{"filter": "sharpen", "parameters": {}}]}, "step 1: there is no filter 'sharpen'; the filters are"),
        ({"steps": [{"filter": ["gamma"], "parameters": {}}]}, "step 1: there is no filter"),
        ({"steps": [{"filter": "exposure", "parameters": {"ev": 4}}]}, "ev is 4, outside -3.5 .. 3.5"),
        ({"steps": [{"filter": "exposure", "parameters": {"ev": float("nan")}}]}, "must be a finite number"),
        ({"steps": [EXPOSURE | {"opacity": 0.5}]}, "step 1 has 'opacity'; a step has filter, parameters"),
        ({"steps": [EXPOSURE | SHARES, GAMMA]}, "step 2 needs the probabilities of all filters"),
        ({"steps": [EXPOSURE | {"probabilities": {"gamma": "1"}}]}, "step 1 needs the probabilities of all filters"),
        ({"steps": [EXPOSURE | {"probabilities": {"gamma": 1}}]}, "step 1: probabilities must name every filter once"),
        ({"steps": [EXPOSURE | {"probabilities": dict.fromkeys(FILTERS, 1)}]}, "must not be negative, and sum to 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_applied_is_refused_in_one_sentence(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(GOOD | changed))
    with pytest.raises(StepsFileError) as caught:
        read_steps(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is not JSON"),
        (b"exposure 1.9", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        (b"[" * 200_000, "it is not JSON"),
        (b"[1]", "it is no steps file"),
        (b" " * (LARGEST_BYTES + 1), "it is too large"),
    ],
    ids=["empty", "text", "bytes", "deep", "a list", "large"],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(StepsFileError, match=words):
        read_steps(path)


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StepsFileError, match=r"none\.json: no such file"):
        read_steps(tmp_path / "none.json")
    with pytest.raises(StepsFileError, match="is a directory"):
        read_steps(tmp_path)


def test_nothing_illegal_is_written(tmp_path: Path) -> None:
    exposure = Step("exposure", {"ev": 1.0})
    for wrong in (StepsFile((exposure, exposure)), StepsFile((exposure,), None, {"steps": []})):
        with pytest.raises(StepsFileError):
            write_steps(tmp_path / "a.json", wrong)
    assert list(tmp_path.iterdir()) == []
