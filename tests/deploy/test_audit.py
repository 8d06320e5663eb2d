"""`make audit` of docs/deploy.md says what is known of the dependencies, and never takes silence for a clean bill."""

import json
import runpy
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

CLEAN = {"dependencies": [{"name": "django", "version": "5.2.19", "vulns": []}]}
FOUND = {"id": "PYSEC-2027-1", "fix_versions": ["5.2.20"]}
VULNERABLE = {"dependencies": [{"name": "django", "version": "5.2.19", "vulns": [FOUND]}]}
SKIPPED = {"dependencies": [*CLEAN["dependencies"], {"name": "numpy", "skip_reason": "not found on PyPI"}]}
NPM_CLEAN: dict[str, Any] = {"vulnerabilities": {}}
NPM_VULNERABLE = {"vulnerabilities": {"htmx.org": {"range": "<2.0.12", "severity": "high"}}}
NPM_AWAY = {"message": "405 Method Not Allowed"}


@pytest.mark.parametrize(
    ("python", "javascript", "status", "said"),
    [
        (CLEAN, NPM_CLEAN, 0, "Python: no known vulnerabilities"),
        (VULNERABLE, NPM_CLEAN, 1, "django 5.2.19: PYSEC-2027-1, mended in 5.2.20"),
        (CLEAN, NPM_VULNERABLE, 1, "htmx.org <2.0.12: high"),
        (SKIPPED, NPM_CLEAN, 2, "1 of 2 packages could not be looked up"),
        (CLEAN, NPM_AWAY, 2, "npm could not be asked (405 Method Not Allowed)"),
        (VULNERABLE, NPM_AWAY, 1, "run this again where the service answers"),
        (None, NPM_CLEAN, 2, "Python: the advisories could not be asked (no answer)"),
    ],
)
def test_it_ends_as_well_as_what_is_known_and_who_answered(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], python: Any, javascript: Any, status: int, said: str
) -> None:
    assert audit(root, tmp_path, python, javascript) == status
    assert said in capsys.readouterr().out


def test_where_no_service_answers_it_says_when_one_last_did(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(root, tmp_path, None, NPM_AWAY) == 2
    assert capsys.readouterr().out.count("no earlier answer is recorded") == 2
    assert audit(root, tmp_path, VULNERABLE, NPM_CLEAN) == 1
    record = json.loads((tmp_path / "audited.json").read_text())
    record["Python"]["date"] = str(date.today() - timedelta(days=40))
    record["JavaScript"]["pinned"] = "of another package-lock.json"
    (tmp_path / "audited.json").write_text(json.dumps(record))
    capsys.readouterr()
    assert audit(root, tmp_path, None, NPM_AWAY) == 2
    python, javascript = capsys.readouterr().out.splitlines()
    assert python.endswith("40 days ago: 1 known vulnerabilities, of the same packages")
    assert javascript.endswith(f"on {date.today()}, 0 days ago: no known vulnerabilities, of other packages")


def audit(root: Path, folder: Path, python: Any, javascript: Any) -> Any:
    """Run it with these answers, and with its record in a folder; return its exit status."""
    program = runpy.run_path(str(root / "deploy" / "audit.py"))
    names = program["main"].__globals__
    names["RECORD"] = folder / "audited.json"
    for name, answer in (("PYTHON", python), ("JAVASCRIPT", javascript)):
        answers = folder / name
        text = "" if answer is None else json.dumps(answer)
        answers.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit 1\n")
        answers.chmod(answers.stat().st_mode | stat.S_IXUSR)
        names[name] = [str(answers)]
    return program["main"]()
