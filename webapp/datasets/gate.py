"""The list that a version passes before it leaves the site: what is wrong is said, what people can tell is asked."""

import io
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone

from webapp.datasets.choosing import SMALLEST_CELL, Choice
from webapp.datasets.models import DatasetVersion
from webapp.datasets.samples import make_samples


@dataclass(frozen=True)
class Question:
    """Something that somebody must have looked at; ``name`` is that of its box in the form."""

    name: str
    text: str


@dataclass
class Check:
    """A line of the list.

    Attributes:
        problems: what stands against it, in sentences; nobody can confirm it away.
        notes: what to look at.
        questions: what must be confirmed, each by itself.
    """

    title: str
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


class NotPassed(Exception):
    """A version does not pass: the message says what is missing."""


def table_of(version: DatasetVersion, name: str) -> Any:
    """Return a table of a version, out of its archive; None where it has none."""
    with version.file.open() as file, zipfile.ZipFile(file) as packed:
        path = f"{version}/{name}.parquet"
        return pq.read_table(io.BytesIO(packed.read(path))) if path in packed.namelist() else None


def checks(version: DatasetVersion) -> list[Check]:
    """Return the list for a version that is there."""
    choice = Choice.from_json(version.choice)
    return [_cells(version, choice), _devices(choice), _own_words(choice), _photos(version), _changes(version)]


def _cells(version: DatasetVersion, choice: Choice) -> Check:
    check = Check(f"No fewer than {choice.smallest_cell} people look alike")
    people = table_of(version, "participations")
    if people is None or not people.num_rows:
        check.notes.append("There are no people in it.")
        return check
    groups = Counter(people.column("condition").to_pylist())
    cells = Counter(zip(people.column("condition").to_pylist(), people.column("window").to_pylist(), strict=True))
    for condition, count in sorted(groups.items()):
        if count < choice.smallest_cell:
            where = f"under the condition {condition}" if condition else "in all"
            check.problems.append(f"There are {count} people {where}.")
    told = ", ".join(
        f"{condition or 'no condition'} / {window or 'window not told'}: {count}"
        for (condition, window), count in sorted(cells.items(), key=str)
    )
    check.notes.append(f"People by condition and window: {told}.")
    if choice.smallest_cell < SMALLEST_CELL:
        check.notes.append(f"Why groups of {choice.smallest_cell} are enough: {choice.smallest_cell_reason}")
        check.questions.append(
            Question("small", f"Cells of {choice.smallest_cell} are large enough here, and our ethics board agrees.")
        )
    return check


def _devices(choice: Choice) -> Check:
    exact = ["It has exact sizes of windows and screens: make a version without."] if choice.exact_device else []
    return Check("Devices are coarse", exact)


def _own_words(choice: Choice) -> Check:
    check = Check("Nobody's own words tell who they are")
    if choice.free_text:
        check.questions.append(Question("words", "I have read all that is written in own words: it names nobody."))
    else:
        check.notes.append("It has no answers in own words.")
    return check


def _photos(version: DatasetVersion) -> Check:
    check = Check("Each photo may be passed on")
    photos = table_of(version, "photos")
    without = []
    for row in photos.to_pylist() if photos is not None else []:
        if row["licence"]:
            credit = f", {row['attribution']}" if row["attribution"] else ""
            check.questions.append(Question(f"photo-{row['sha256'][:16]}", f"{row['name']}: {row['licence']}{credit}"))
        else:
            without.append(row["name"])
    if without:
        has, them = ("has", "this photo") if len(without) == 1 else ("have", "these photos")
        names = ", ".join(without)
        check.problems.append(f"{names} {has} no licence: state it, or make a version without {them}.")
    return check


def _changes(version: DatasetVersion) -> Check:
    check = Check("What was changed after the opening is said")
    for change in version.manifest.get("changes_after_opening", []):
        names = ", ".join(name.replace("_", " ") for name in change["settings"])
        check.notes.append(f"Day {change['days_after_opening']}: {names}")
    if check.notes:
        check.questions.append(Question("changes", "None of these changes makes what was played before another thing."))
    else:
        check.notes.append("The configuration is that of the opening.")
    return check


@transaction.atomic
def publish(version: DatasetVersion, confirmed: set[str], account: str, texts: dict[str, str]) -> None:
    """Give a version its public page, once it passes the list.

    Args:
        confirmed: the names of the questions that somebody has confirmed.
        account: who that was.
        texts: its ``description``, ``licence`` and ``doi``.

    Raises:
        NotPassed: says what is missing.
    """
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("study", "key").get(pk=version.pk)
    if not version.is_there:
        raise NotPassed("Its files are not there.")
    every = checks(version)
    problems = [problem for check in every for problem in check.problems]
    if problems:
        raise NotPassed(" ".join(problems[:5]))
    asked = [question for check in every for question in check.questions]
    if waiting := [question.text for question in asked if question.name not in confirmed]:
        raise NotPassed(f"{len(waiting)} to be confirmed yet, such as: {waiting[0]}")
    if not texts.get("licence"):
        raise NotPassed("State the licence of the data.")
    version.checked = {
        "account": account,
        "moment": timezone.now().isoformat(timespec="seconds"),
        "confirmed": sorted(confirmed),
    }
    version.published = timezone.now()
    for name, text in texts.items():
        setattr(version, name, text)
    version.samples = make_samples(version)
    version.save(update_fields=["checked", "published", "samples", *texts])
