"""What is wrong with a snapshot: the file, the row and the reason."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from editing.trajectories.schemas import InvalidSnapshot


@dataclass(frozen=True)
class Problem:
    """Something that is wrong.

    Attributes:
        file: where; ``<table>.parquet``, mostly.
        reason: what, as the end of a sentence.
        row: counted from 0; None where it is of the whole file.
        check: what was looked at, by which problems are counted.
    """

    file: str
    reason: str
    row: int | None = None
    check: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}" if self.row is None else f"{self.file}, row {self.row}: {self.reason}"


def of_row(table: str, row: int, reason: object, check: str = "values") -> Problem:
    """Return a problem of a row of a table."""
    return Problem(f"{table}.parquet", str(reason), row, check)


def refuse_first(problems: Iterable[Problem]) -> None:
    """Refuse a snapshot in which anything is wrong.

    Raises:
        InvalidSnapshot: naming the first problem.
    """
    for problem in problems:
        raise InvalidSnapshot(str(problem))


def first_of_each(problems: Iterable[Problem], most: int) -> Iterator[Problem]:
    """Yield so many problems of each check of a file, and last how many more there are of it."""
    counts: Counter[tuple[str, str]] = Counter()
    for problem in problems:
        what = (problem.file, problem.check)
        counts[what] += 1
        if counts[what] <= most:
            yield problem
    for (file, check), count in counts.items():
        if count > most:
            yield Problem(file, f"{count - most:,} more rows are wrong in the same way ({check}), {count:,} in all")
