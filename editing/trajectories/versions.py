"""Play of several versions of the filters in one snapshot.

An episode keeps the version that it was played with. Of a version that this program does not know, it stands in a
snapshot as it was verified at its time: read and counted, neither replayed nor rendered. Whoever leaves it out says so.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from editing.game.filters import VERSION, known_versions


def is_known(episodes: Any) -> NDArray[np.bool_]:
    """Tell of each row of a table of episodes whether its version of the filters is known; (rows,) booleans."""
    versions = episodes.column("contract_version")
    known: NDArray[np.bool_] = pc.is_in(versions, pa.array(known_versions(), versions.type)).to_numpy()
    return known


def count_versions(versions: Iterable[int]) -> dict[str, int]:
    """Return how many episodes were played by each version of the filters, in order of these."""
    return {str(version): count for version, count in sorted(Counter(versions).items())}


def unknown_text(episodes: Any, what: str) -> str:
    """Return a sentence on the episodes whose version of the filters is not known; empty where there are none.

    Args:
        episodes: a table of them.
        what: is not done with them, as in "replayed".
    """
    counts = count_versions(episodes.filter(pa.array(~is_known(episodes))).column("contract_version").to_pylist())
    if not counts:
        return ""
    played = " and ".join(
        f"{count:,} {'episode' if count == 1 else 'episodes'} by version {version}" for version, count in counts.items()
    )
    return f"{played} of the filters: they are not {what}, since this is version {VERSION}"
