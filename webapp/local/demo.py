"""The whole loop on the demo photos, in a few minutes: `make demo`.

Robots play the site, their play is exported, an agent trains, it and the agent that comes with the project play the
same photos, and a report compares the latter with the robots.
All of it lies under `var/demo`, which every run begins anew, and in a database of its own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from webapp.local import embedded_postgres
from webapp.local.embedded_postgres import free_port
from webapp.local.postgres_programs import PostgresError
from webapp.local.serve import ROOT, ServeError, address, prepare, serving, stop_on_signals
from webapp.studies.demo_photos import demo_photo_paths

FOLDER = ROOT / "var" / "demo"
EPISODES = 40
# A network small enough for one core, and few iterations: enough to see the loop turn, not to see a good agent.
SMALL = ("--width", "8", "--hidden", "32", "--batch", "32", "--iterations", "30", "--seed", "1")


class StepError(RuntimeError):
    """A step of the loop has failed and said why."""


def run(*command: str) -> None:
    """Run one step, a program of the virtual environment, shown as a person would type it."""
    print(f"\n$ {shlex.join(command)}", flush=True)
    program = Path(sys.executable).parent / command[0]
    if subprocess.run([program, *command[1:]], cwd=ROOT).returncode != 0:
        raise StepError(f"{shlex.join(command[:2])} failed: what it said stands above")


def loop(folder: Path) -> Path:
    """Go once around the loop in an empty `folder`; needs DATABASE_URL and DATA_DIR. Returns the report's path."""
    export, finished, agent, first_play, play, report = (
        str((folder / name).relative_to(ROOT))
        for name in ("export", "finished", "agent", "play-of-agent", "play-of-pretrained", "report")
    )
    prepare(researcher=False)
    port = free_port()
    with serving("127.0.0.1", port):
        run("safelight", "robots", "--url", address("127.0.0.1", port), "--episodes", str(EPISODES))
    run("python", "manage.py", "export_dataset", "-o", export)
    (ROOT / finished).mkdir()
    for path in demo_photo_paths():
        shutil.copyfile(path, ROOT / finished / path.name)
    run("safelight", "train", "--inputs", export, "--targets", finished, "--transfer", "linear", "--out", agent, *SMALL)
    # The one that has just begun to learn, and the one that comes with the project, which is worth a comparison.
    for name, played in ((agent, first_play), ("pretrained", play)):
        run("safelight", "play", "--agent", name, export, "-o", played, "--samples", "5")
        run("python", "manage.py", "import_trajectories", played)
    run("safelight", "compare", export, play, "-o", report, "--players", "robots,agent:pretrained")
    return ROOT / report / "report.html"


def main() -> int:
    stop_on_signals()
    try:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        scratch = embedded_postgres.cluster("scratch")
        with scratch.running():
            os.environ["DATABASE_URL"] = scratch.fresh_database("demo")
            os.environ["DATA_DIR"] = str(FOLDER / "site")
            os.environ["SAFELIGHT_CACHE"] = str(FOLDER / "cache")
            report = loop(FOLDER)
    except KeyboardInterrupt:
        print("Stopped.")
        return 130
    except (StepError, ServeError, PostgresError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"\nThe report of the robots' play and the shipped agent's: {report}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
