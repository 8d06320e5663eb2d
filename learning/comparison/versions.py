"""The versions of what a comparison's numbers hang on."""

import platform
from importlib.metadata import version

from editing.game.filters import VERSION

LIBRARIES = ("numpy", "scipy")


def versions() -> dict[str, str]:
    """Return the versions of the program, of the filters, of Python and of the libraries that do the arithmetic."""
    own = {"safelight": version("safelight"), "filters": str(VERSION), "Python": platform.python_version()}
    return own | {name: version(name) for name in LIBRARIES}
