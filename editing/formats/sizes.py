"""About how large an export is in another form, before it is written."""

from collections.abc import Mapping

# Of an observation and an action of a Minari data set, uncompressed: a picture, the state, the sliders.
_MINARI_STEP = 64 * 64 * 3 * 4 + 11 * 4 + 39 * 4
_MINARI_ON_DISK = 1.4  # HDF5 pads what it writes: measured on episodes of five steps
# Of a row as CSV, measured on synthetic play.
_CSV_ROW = {"events": 190, "steps": 200}
_OTHER_CSV_ROW = 260


def minari_bytes(episodes: int, steps: int) -> int:
    """Return about how many bytes a Minari data set of so many episodes takes, with so many steps in all."""
    return round(_MINARI_ON_DISK * (steps + episodes) * _MINARI_STEP)


def csv_bytes(rows: Mapping[str, int]) -> int:
    """Return about how many bytes tables take as CSV.

    Args:
        rows: of each table.
    """
    return sum(count * _CSV_ROW.get(table, _OTHER_CSV_ROW) for table, count in rows.items())
