"""What ``safelight ablate`` measured of an agent's choice of filters, as it stands in a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from learning.comparison.sides import ComparisonError

_FIGURES = ("rmse", "score", "orders")


def read_ablation(path: Path) -> dict[str, Any]:
    """Read the file of ``safelight ablate --json``: photos, samples, and ``{rmse, score, orders}`` by choice.

    Raises:
        ComparisonError: if it is none.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ComparisonError(f"{path} cannot be read: {(error.strerror or 'unknown').lower()}") from None
    except ValueError:
        raise ComparisonError(f"{path} is not JSON") from None
    if not _is_ablation(document):
        raise ComparisonError(f"{path} is no file of safelight ablate --json")
    return {name: document[name] for name in ("photos", "samples", "choices")}


def _is_ablation(document: Any) -> bool:
    if not isinstance(document, Mapping) or not {"photos", "samples"} <= document.keys():
        return False
    choices = document.get("choices")
    return isinstance(choices, Mapping) and all(
        isinstance(figures, Mapping) and all(isinstance(figures.get(name), int | float) for name in _FIGURES)
        for figures in choices.values()
    )
