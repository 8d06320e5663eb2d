"""``python -m bench.faults [--faults 1000] [--seed 1]``: go on with the run of a seed, and compare."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from bench.faults.run import EPISODES, Result, Run
from webapp.local import embedded_postgres
from webapp.local.embedded_postgres import Cluster
from webapp.local.serve import ROOT, stop_on_signals


def main(arguments: list[str]) -> int:
    """Run it. Returns 0 where all is as clients were told, 1 where it is not, or not all was done."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=1000, help="how many there are to be in all (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the run, which has a folder of its own (%(default)s)")
    parser.add_argument("--players", type=int, default=8, help="robots at a time (%(default)s)")
    options = parser.parse_args(arguments)
    stop_on_signals()
    folder = ROOT / "var" / "faults" / str(options.seed)
    # Beside the clone's other clusters, where the user of Postgres gets to.
    cluster = Cluster(embedded_postgres.cluster().directory.with_name(f"faults-{options.seed}"))
    result = Run(folder, cluster, options.seed, options.players).go(options.faults)
    print(summary(result, folder))
    return 0 if result.is_fine and result.state.faults >= options.faults else 1


def summary(result: Result, folder: Path) -> str:
    """Say how a run stands."""
    state = result.state
    lines = [
        f"seed {state.seed}: {state.faults} faults, {result.episodes} episodes acknowledged "
        f"(at least {EPISODES * state.faults}), up for {state.seconds_up / max(state.seconds, 1e-9):.1%} of "
        f"{state.seconds / 60:.1f} minutes",
        *(f"  {count:5d} {kind}" for kind, count in sorted(state.kinds.items())),
        *(f"  left out here: {kind}" for kind in result.left_out),
        f"{len(result.differences)} differences between what clients were told and what is there",
        *(f"  {count} {kind}" for kind, count in Counter(each.kind for each in result.differences).items()),
        *(f"  {difference}" for difference in result.differences[:20]),
        f"{len(state.complaints)} complaints of robots and of the harness",
        *(f"  {complaint}" for complaint in state.complaints[:20]),
        f"All of it is in {folder}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
