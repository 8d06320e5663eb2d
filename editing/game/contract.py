"""What the browser knows of the game: ``frontend/src/contract.json``, written by ``python -m editing.game.contract``.

The file is generated and committed; a test fails when it is stale.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from editing.game.events import EVENT_FIELDS, GESTURE_DEVICES, MAXIMUM_MS, REFUSAL_CODES, VIEW_PARAMETERS
from editing.game.filters import FILTERS, LUMINANCE, VERSION, known_versions
from editing.game.parameters import RANGE_TOLERANCE, Parameter
from editing.game.rules import MAXIMUM_STEPS
from editing.game.shader import PARAMETER_CAPACITY, shader_source

CONTRACT_PATH = Path(__file__).parents[2] / "frontend" / "src" / "contract.json"

# Of a parameter, what the network's output layer alone needs.
_NETWORK_FIELDS = ("raw_gain", "raw_scale")


def _parameter(parameter: Parameter) -> dict[str, Any]:
    names = (name for name in Parameter.__dataclass_fields__ if name not in _NETWORK_FIELDS)
    return {name: getattr(parameter, name) for name in names}


def contract() -> dict[str, Any]:
    """Return the contract, as JSON values."""
    return {
        "version": VERSION,
        "known_versions": known_versions(),
        "maximum_steps": MAXIMUM_STEPS,
        "maximum_ms": MAXIMUM_MS,
        "luminance": LUMINANCE,
        "event_fields": {kind: sorted(fields) for kind, fields in EVENT_FIELDS.items()},
        "view_parameters": VIEW_PARAMETERS,
        "gesture_devices": GESTURE_DEVICES,
        "refusal_codes": sorted(REFUSAL_CODES),
        "range_tolerance": RANGE_TOLERANCE,
        "parameter_capacity": PARAMETER_CAPACITY,
        "filters": [
            {
                "slug": filter_.slug,
                "label": filter_.label,
                "purpose": filter_.purpose,
                "shortcut": str(index),
                "parameters": [_parameter(parameter) for parameter in filter_.parameters],
                "curves": filter_.curves,
                "readings": [asdict(reading) for reading in filter_.readings],
                "maximum_ratio": filter_.maximum_ratio,
            }
            for index, filter_ in enumerate(FILTERS.values(), start=1)
        ],
        "shader": shader_source(),
    }


def contract_text() -> str:
    """Return the contract as the file holds it."""
    return json.dumps(contract(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    CONTRACT_PATH.write_text(contract_text(), encoding="utf-8")
    sys.stdout.write(f"wrote {CONTRACT_PATH}\n")
