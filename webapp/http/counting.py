"""The folder in which web processes count for Prometheus, made before they start.

``prometheus_client`` looks for it when it is imported, so this file does not import it.
"""

import os
import shutil
import tempfile
from functools import cache

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


@cache
def begin_counting() -> None:
    """Make the folder, if METRICS_TOKEN is set; once, however often gunicorn reads its settings."""
    if os.environ.get("METRICS_TOKEN"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="safelight-metrics-")


def end_counting() -> None:
    """Remove the folder, if there is one."""
    if folder := os.environ.pop(FOLDER, None):
        shutil.rmtree(folder, ignore_errors=True)
