"""gunicorn's settings, the same for `make run` and for a server. docs/settings.md lists the environment variables that
change them.
"""

from pathlib import Path
from typing import Any

from webapp.environment import Environment
from webapp.http.counting import begin_counting, end_counting

environment = Environment()
wsgi_app = "webapp.wsgi"
bind = environment.read("BIND", str, "127.0.0.1:8000", "Where it listens: `host:port`, or `unix:/path`.")

# Requests are short but for uploads, whose threads wait for what decodes them elsewhere: threads for many players at
# once, a second process for a second core.
workers = environment.read("WEB_CONCURRENCY", int, 2, "Worker processes.", least=1)
worker_class = "webapp.http.patient_worker.PatientWorker"
threads = environment.read(
    "WEB_THREADS", int, 8, "Threads in each worker process; each may hold a connection to Postgres.", least=1
)

# Loaded once: workers share its memory, and one that was killed is there again at once. Who changes the code or a
# setting restarts the service.
preload_app = True
# Before it is loaded.
begin_counting()

# A worker is taken for dead when its heartbeat stops, not when a request is long.
timeout = 60
graceful_timeout = 15
# Above the time for which nginx keeps an idle connection open, so that it is never gunicorn who closes it first.
keepalive = 75

# The heartbeat's file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
accesslog = environment.read("ACCESS_LOG", str, "", "A file for a line on each request, or `-` for the output.") or None
# Without the visitor's address and browser, and without what recruiters say of them in the address.
access_log_format = '%(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'
loglevel = environment.read("LOG_LEVEL", str, "warning", "Least severity that gunicorn logs: `debug` to `critical`.")


def on_exit(_: Any) -> None:
    """Remove what they have counted."""
    end_counting()
