"""``python -m tests.learning.comparison.small_designs``: what small studies promise, as docs/comparing.md has it.

By the simulations of ``test_known_truths``, which hold what studies of 20 people and 40 photos promise.
"""

import sys

from learning.comparison import intervals
from tests.learning.comparison.test_known_truths import coverage, false_alarms, true_score

SIZES = ((5, 10), (10, 10), (10, 20), (10, 40), (20, 20))
TRIALS = 500


def main() -> None:
    """Print a row for each size: the share of false alarms at 5 %, and of intervals that hold the truth."""
    intervals.RESAMPLES = 500
    truth = true_score()
    sys.stdout.write("| people a side | photos | false alarms at 5 % | intervals that hold the truth |\n")
    sys.stdout.write("|---:|---:|---:|---:|\n")
    for people, photos in SIZES:
        alarms = f"{100 * false_alarms(TRIALS, people, photos):.1f} %" if people >= 10 else "no test"
        held = f"{100 * coverage(TRIALS, truth, people, photos):.1f} %"
        sys.stdout.write(f"| {people} | {photos} | {alarms} | {held} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
