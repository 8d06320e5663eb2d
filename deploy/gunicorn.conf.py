"""gunicorn's settings, the same for `make run` and for a server.

BIND (host:port, or unix:/path), WEB_CONCURRENCY (worker processes), WEB_THREADS (in each) and ACCESS_LOG (a file, or -
for the output) change them from the environment.
"""

import os
from pathlib import Path

wsgi_app = "webapp.wsgi"
bind = os.environ.get("BIND", "127.0.0.1:8000")

# Requests are short but for uploads, which a worker decodes with NumPy and libvips: threads for many players at once,
# a second process so that a large upload does not hold them all up.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "8"))

# A worker is taken for dead when its heartbeat stops, not when a request is long.
timeout = 60
graceful_timeout = 15
# Above the time for which nginx keeps an idle connection open, so that it is never gunicorn who closes it first.
keepalive = 75

# The heartbeat's file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
accesslog = os.environ.get("ACCESS_LOG") or None
loglevel = os.environ.get("LOG_LEVEL", "warning")
