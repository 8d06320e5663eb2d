"""The generated contract is fresh, and the parameters behave as it says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from editing.game.contract import CONTRACT_PATH, contract_text
from editing.game.events import EVENT_FIELDS
from editing.game.filters import EARLIER_ALIKE, FILTERS, VERSION
from editing.game.parameters import Parameter, canonical_slopes

FIXTURES = Path(__file__).parents[2] / "fixtures"
ALL_PARAMETERS = [parameter for one in FILTERS.values() for parameter in one.parameters]
any_parameter = st.sampled_from(ALL_PARAMETERS)


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


# Of each version, what play by it is stored with: filters, parameters and their ranges, events and their fields. It is
# only ever added to.
RELEASED: dict[int, Any] = {int(version): one for version, one in fixture("released_contracts.json").items()}
TODAY = {
    "filters": {slug: {each.name: [each.low, each.high] for each in one.parameters} for slug, one in FILTERS.items()},
    "events": {kind: sorted(fields) for kind, fields in EVENT_FIELDS.items()},
}


def names(contract: dict[str, Any]) -> set[tuple[str, ...]]:
    """Each filter and kind of event, by itself and with each of its parameters or fields."""
    parts = [(name, part) for of_kind in contract.values() for name, part in of_kind.items()]
    return {(name, *more) for name, part in parts for more in [(), *((each,) for each in part)]}


def test_the_committed_contract_is_fresh() -> None:
    """If this fails, run `make contract` and commit what it writes."""
    assert CONTRACT_PATH.read_text(encoding="utf-8") == contract_text()


def test_the_contract_of_today_is_recorded_as_released() -> None:
    """If this fails for something new, add it to the record; for another range, raise ``VERSION`` as well."""
    assert RELEASED[VERSION] == TODAY


def test_no_version_that_was_released_is_gone() -> None:
    assert list(RELEASED) == list(range(1, VERSION + 1))
    assert RELEASED.keys() > EARLIER_ALIKE


@pytest.mark.parametrize("version", RELEASED)
def test_no_filter_parameter_or_event_that_was_released_is_gone(version: int) -> None:
    """What was played with it keeps its columns: it is not removed, nor renamed."""
    assert names(RELEASED[version]) - names(TODAY) == set()


@pytest.mark.parametrize("one", fixture("parameters.json"), ids=str)
def test_slider_positions_are_those_of_the_fixture(one: dict[str, Any]) -> None:
    parameter = FILTERS[one["filter"]].by_name[one["parameter"]]
    assert parameter.to_position(one["value"]) == pytest.approx(one["position"], abs=1e-12)
    assert parameter.from_position(one["position"]) == pytest.approx(one["value"], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("one", fixture("descriptions.json"), ids=lambda one: one["text"])
def test_parameters_are_described_as_in_the_fixture(one: dict[str, Any]) -> None:
    assert FILTERS[one["filter"]].describe(one["parameters"]) == one["text"]


@given(any_parameter, st.floats(0, 1))
def test_a_position_survives_the_way_through_its_value(parameter: Parameter, position: float) -> None:
    assert parameter.to_position(parameter.from_position(position)) == pytest.approx(position, abs=1e-9)


@given(any_parameter, st.floats(-30, 30))
def test_any_output_of_a_network_is_within_the_range(parameter: Parameter, raw: float) -> None:
    value = float(parameter.from_raw(np, np.float64(raw)))
    parameter.check(value, "a filter")


@pytest.mark.parametrize("parameter", ALL_PARAMETERS, ids=lambda one: one.name)
def test_an_output_of_zero_is_the_middle_of_the_range(parameter: Parameter) -> None:
    if parameter.raw_scale == "log":
        middle = (parameter.low * parameter.high) ** 0.5
    else:
        middle = (parameter.low + parameter.high) / 2
    assert float(parameter.from_raw(np, np.float64(0))) == pytest.approx(middle)


@given(st.lists(st.floats(0.5, 2), min_size=8, max_size=8))
def test_canonical_slopes_keep_the_curve_stay_in_range_and_are_canonical_already(slopes: list[float]) -> None:
    result = canonical_slopes(tuple(slopes), 0.5, 2.0)
    assert min(result) >= 0.5 - 1e-9
    assert max(result) <= 2 + 1e-9
    np.testing.assert_allclose(np.array(result) / sum(result), np.array(slopes) / sum(slopes), rtol=1e-8)
    np.testing.assert_allclose(canonical_slopes(result, 0.5, 2.0), result, rtol=1e-12)
