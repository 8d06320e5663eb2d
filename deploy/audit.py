"""Look up all pinned dependencies in the advisories of PyPI and npm; `make audit` runs it.

Ends with 0 if nothing is known of any of them, 1 if something is, and 2 if a service could not be asked: that is no
clean bill. What services answer is written to ``deploy/audited.json``, to be committed; where one does not, that says
when it last did.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".venv" / "tools" / "bin"
PYTHON = [
    *(str(TOOLS / "pip-audit"), "--requirement", str(ROOT / "constraints.txt"), "--no-deps", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off"),
]
JAVASCRIPT = ["npm", "--prefix", str(ROOT / "frontend"), "audit", "--json"]
PINNED = {"Python": ROOT / "constraints.txt", "JavaScript": ROOT / "frontend" / "package-lock.json"}
RECORD = ROOT / "deploy" / "audited.json"


class NotAsked(Exception):
    """The service gave no answer about some of what was asked; its text says of how much."""


def read_python(said: Any) -> list[str]:
    """Return what is known of Python packages, a line each.

    Raises:
        NotAsked: some could not be looked up, and nothing is known of the others.
    """
    packages = said["dependencies"]
    known = [
        f"{package['name']} {package['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'none'}"
        for package in packages
        for found in package.get("vulns", [])
    ]
    skipped = sum("skip_reason" in package for package in packages)
    if skipped and not known:
        raise NotAsked(f"{skipped} of {len(packages)} packages could not be looked up at PyPI")
    return known


def read_javascript(said: Any) -> list[str]:
    """Return what is known of JavaScript packages, a line each.

    Raises:
        NotAsked: npm could not be asked.
    """
    if "vulnerabilities" not in said:
        raise NotAsked(f"npm could not be asked ({str(said.get('message', 'no answer'))[:120]})")
    return [f"{name} {about['range']}: {about['severity']}" for name, about in sorted(said["vulnerabilities"].items())]


def audit(what: str, command: list[str], read: Callable[[Any], list[str]]) -> int:
    """Ask about one kind of packages, say what is known, and return the exit status for it."""
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        known = read(json.loads(asked.stdout or "null") or {})
    except NotAsked as error:
        print(f"{what}: {error}: run this again where the service answers; {last_answer(what)}")
        return 2
    except (ValueError, KeyError, TypeError):
        last = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        said = f"the advisories could not be asked ({last[:160]})"
        print(f"{what}: {said}: run this again where the service answers; {last_answer(what)}")
        return 2
    answer = {"date": date.today().isoformat(), "known": known, "pinned": _digest(what)}
    RECORD.write_text(json.dumps(_records() | {what: answer}, indent=2, sort_keys=True) + "\n")
    print(f"{what}: {len(known) or 'no'} known vulnerabilities")
    for line in known:
        print(f"  {line}")
    return 1 if known else 0


def last_answer(what: str) -> str:
    """Return in words when the service last answered about one kind of packages, and what it knew."""
    record = _records().get(what)
    if record is None:
        return "no earlier answer is recorded"
    days = (date.today() - date.fromisoformat(record["date"])).days
    known = len(record["known"]) or "no"
    changed = "the same" if record["pinned"] == _digest(what) else "other"
    return f"it last did on {record['date']}, {days} days ago: {known} known vulnerabilities, of {changed} packages"


def _records() -> dict[str, Any]:
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


def _digest(what: str) -> str:
    return hashlib.sha256(PINNED[what].read_bytes()).hexdigest()


def main() -> int:
    """Ask about everything; what is known outweighs what could not be asked."""
    statuses = {audit("Python", PYTHON, read_python), audit("JavaScript", JAVASCRIPT, read_javascript)}
    return 1 if 1 in statuses else max(statuses)


if __name__ == "__main__":
    sys.exit(main())
