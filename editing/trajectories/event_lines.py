"""Events as the lines of JSON that receipts digest, computed by columns: many times as fast as row by row."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from editing.trajectories.columns import EVENT_COLUMNS, GESTURE_COLUMNS

# Beyond these Python writes a number with an exponent, and Arrow otherwise.
_SMALL, _LARGE = 1e-4, 1e10


_READ = {
    *("contract_version", "episode", "filter", "id", "kind", "ms", "seq", "step"),
    *GESTURE_COLUMNS.values(),
    *(column for columns in EVENT_COLUMNS.values() for column in columns.values()),
}


def event_lines(events: Any) -> Any:
    """Return each event as ``editing.trajectories.receipts.digest`` writes it, as a pyarrow array of texts.

    Args:
        events: a pyarrow table with all columns of events.
    """
    columns = {name: events.column(name).combine_chunks() for name in events.column_names if name in _READ}
    parts = [
        '{"contract_version": ', pc.cast(columns["contract_version"], pa.string()),
        ', "episode": ', _quoted(columns["episode"]),
        ', "filter": ', _quoted(columns["filter"]),
        _gestures(columns),
        ', "id": ', _quoted(columns["id"]),
        ', "kind": ', _quoted(columns["kind"]),
        ', "ms": ', pc.cast(columns["ms"], pa.string()),
        ', "parameters": ', _parameters(events, columns),
        ', "seq": ', pc.cast(columns["seq"], pa.string()),
        ', "step": ', pc.fill_null(pc.cast(columns["step"], pa.string()), "null"), "}",
    ]  # fmt: skip
    return _joined(parts)


def _joined(parts: list[Any]) -> Any:
    return pc.binary_join_element_wise(*parts, "")


def _quoted(texts: Any) -> Any:
    """Return names as JSON: they are ids and words, in which nothing needs an escape."""
    return pc.fill_null(_joined(['"', texts, '"']), "null")


def _gestures(columns: dict[str, Any]) -> Any:
    own = {name: columns[column] for name, column in GESTURE_COLUMNS.items()}
    parts: list[Any] = [', "gesture": {"device": ', _quoted(own["device"])]
    for name in ("moves", "ms", "reversals"):
        parts += [f', "{name}": ', pc.cast(own[name], pa.string())]
    parts += [', "trusted": ', pc.cast(own["trusted"], pa.string()), "}"]
    return pc.fill_null(_joined(parts), "")


def _parameters(events: Any, columns: dict[str, Any]) -> Any:
    """Return the parameters of each event as JSON."""
    subject = pc.coalesce(columns["filter"], columns["kind"])
    places, texts = [], []
    for key, names in EVENT_COLUMNS.items():
        own = {name: columns[column] for name, column in sorted(names.items())}
        is_there = np.logical_or.reduce([np.asarray(pc.is_valid(values)) for values in own.values()])
        indices = np.flatnonzero(is_there & np.asarray(pc.equal(subject, key)))
        if indices.size:
            places.append(indices)
            numbers = [
                pc.fill_null(_joined([f', "{name}": ', _numbers(values.take(pa.array(indices)))]), "")
                for name, values in own.items()
            ]
            texts.append(_joined(["{", pc.utf8_slice_codeunits(_joined(numbers), 2), "}"]))
    written = pa.concat_arrays([*texts, pa.array(["null"])])
    order = np.full(events.num_rows, len(written) - 1)
    if places:
        order[np.concatenate(places)] = np.arange(len(written) - 1)
    return written.take(pa.array(order))


def _numbers(values: Any) -> Any:
    """Return numbers as Python writes them: the fewest digits that give them back."""
    texts = pc.cast(values, pa.string())
    numbers = values.to_numpy(zero_copy_only=False)
    if (whole := numbers == np.floor(numbers)).any():
        texts = pc.if_else(pa.array(whole), _joined([texts, ".0"]), texts)
    odd = ((np.abs(numbers) < _SMALL) & (numbers != 0)) | (np.abs(numbers) >= _LARGE)
    if odd.any():
        written = pa.array([repr(value) for value in numbers[odd].tolist()], pa.string())
        texts = pc.replace_with_mask(texts, pa.array(odd), written)
    return texts
