"""Read by Python as it starts under libfaketime, before anything else: lets `time.sleep` be.

Since 3.11 it waits until a moment of the monotonic clock, which libfaketime 0.9.10, Debian 12's, gets wrong where it is
to leave that clock alone (its issue 426): each sleep fails with EINVAL.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: SupportsIndex | float, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
