"""A sequence of steps as a file of its own: what one person or agent did to a photo, to be done to any other.

It is JSON: ``{"format": "safelight-steps", "format_version": 1, "contract_version": 1, "steps": [{"filter": "exposure",
"parameters": {"ev": 1.9}}]}``. A step that an agent chose may have its ``probabilities``; what else stands beside the
steps is kept as it is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from editing.files import write_atomically
from editing.game.filters import FILTERS, VERSION, find_filter, known_versions
from editing.game.parameters import ParameterError
from editing.game.rules import MAXIMUM_STEPS, STOP, Step

FORMAT = "safelight-steps"
FORMAT_VERSION = 1
# More than this is no steps file, whatever it is: five steps take a few thousand bytes.
LARGEST_BYTES = 1 << 20
# Keys with a meaning of their own: of the whole, and of a step.
_KEYS = ("format", "format_version", "contract_version", "steps")
_STEP_KEYS = ("filter", "parameters", "probabilities")


class StepsFileError(ValueError):
    """A file holds no steps that can be applied: the message is one line, what is wrong and where."""


@dataclass(frozen=True)
class StepsFile:
    """What a steps file holds.

    Attributes:
        steps: at most five, each filter once, parameters in range and canonical.
        probabilities: if an agent chose, the probabilities of all filters at each step, by slug.
        about: what else is said of the steps, as JSON values.
    """

    steps: tuple[Step, ...]
    probabilities: tuple[Mapping[str, float], ...] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: object) -> "StepsFile":
        """Return the steps of a JSON document.

        Raises:
            StepsFileError: if it is of another format or version, or a step is illegal.
        """
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise StepsFileError(f"it is no steps file, whose format is {FORMAT!r}")
        if document.get("format_version") != FORMAT_VERSION:
            version = document.get("format_version")
            raise StepsFileError(f"it is of format version {version!r}; this program reads version {FORMAT_VERSION}")
        if document.get("contract_version") not in known_versions():
            version = document.get("contract_version")
            raise StepsFileError(f"it was made by version {version!r} of the filters; this is version {VERSION}")
        listed = document.get("steps")
        if not isinstance(listed, list):
            raise StepsFileError("it has no list of steps")
        if len(listed) > MAXIMUM_STEPS:
            raise StepsFileError(f"it has {len(listed)} steps; at most {MAXIMUM_STEPS} are allowed")
        steps = tuple(_step(number, entry) for number, entry in enumerate(listed, start=1))
        slugs = [step.filter for step in steps]
        twice = [slug for slug in FILTERS if slugs.count(slug) > 1]
        if twice:
            raise StepsFileError(f"it uses {twice[0]} twice; each filter is used once")
        about = {key: value for key, value in document.items() if key not in _KEYS}
        return cls(steps, _probabilities(listed), about)

    def to_json(self) -> dict[str, Any]:
        """Return the document that ``from_json`` reads.

        Raises:
            StepsFileError: if that would refuse it, or ``about`` has a name that means something else.
        """
        taken = [key for key in _KEYS if key in self.about]
        if taken:
            raise StepsFileError(f"{taken[0]!r} is a part of the format itself, not something about the steps")
        listed: list[dict[str, Any]] = [
            {"filter": step.filter, "parameters": dict(step.parameters)} for step in self.steps
        ]
        if self.probabilities is not None:
            for entry, probabilities in zip(listed, self.probabilities, strict=True):
                entry["probabilities"] = dict(probabilities)
        versions = {"format": FORMAT, "format_version": FORMAT_VERSION, "contract_version": VERSION}
        document = {**versions, "steps": listed, **self.about}
        StepsFile.from_json(document)
        return document


def read_steps(path: Path | str) -> StepsFile:
    """Return the steps of a file, checked.

    Raises:
        StepsFileError: naming the file and what is wrong with it.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise StepsFileError(f"{path}: {reason}") from None
    try:
        return StepsFile.from_json(_document(content))
    except StepsFileError as error:
        raise StepsFileError(f"{path}: {error}") from None


def write_steps(path: Path, steps_file: StepsFile) -> None:
    """Write the steps as a file, whole or not at all.

    Raises:
        StepsFileError: if they are not legal.
        OSError: if the disk refuses.
    """
    text = json.dumps(steps_file.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(path, (text + "\n").encode())


def check_probabilities(probabilities: Mapping[str, float]) -> None:
    """Refuse what are not the probabilities of all filters, and of ``STOP`` where the agent may finish early.

    Raises:
        ValueError: saying what is wrong.
    """
    if set(probabilities) - {STOP} != set(FILTERS):
        raise ValueError("probabilities must name every filter once")
    if min(probabilities.values()) < 0 or not abs(sum(probabilities.values()) - 1) < 1e-3:
        raise ValueError("probabilities must not be negative, and sum to 1")


def _document(content: bytes) -> Any:
    if len(content) > LARGEST_BYTES:
        raise StepsFileError("it is too large to be a steps file")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise StepsFileError("it is not JSON, which a steps file is") from error


def _step(number: int, entry: object) -> Step:
    """Return a step of the list, which people count from 1."""
    if not isinstance(entry, dict) or not isinstance(entry.get("parameters"), dict):
        raise StepsFileError(f"step {number} must be a filter and its parameters")
    unknown = [key for key in entry if key not in _STEP_KEYS]
    if unknown:
        raise StepsFileError(f"step {number} has {unknown[0]!r}; a step has {', '.join(_STEP_KEYS)}")
    try:
        filter_ = find_filter(entry.get("filter"))
        filter_.check(entry["parameters"])
    except ParameterError as error:
        raise StepsFileError(f"step {number}: {error}") from None
    return Step(filter_.slug, filter_.canonical(entry["parameters"]))


def _probabilities(listed: list[dict[str, Any]]) -> tuple[Mapping[str, float], ...] | None:
    """Return the probabilities of steps that all have them; None if none has."""
    probabilities = [(number, entry.get("probabilities")) for number, entry in enumerate(listed, start=1)]
    if all(shares is None for _, shares in probabilities):
        return None
    for number, shares in probabilities:
        if not isinstance(shares, dict) or not all(type(share) in (int, float) for share in shares.values()):
            raise StepsFileError(f"step {number} needs the probabilities of all filters, as the other steps have them")
        try:
            check_probabilities(shares)
        except ValueError as error:
            raise StepsFileError(f"step {number}: {error}") from None
    return tuple(shares for _, shares in probabilities if shares is not None)
