"""The site as gunicorn runs it: ``gunicorn webapp.wsgi``."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
os.environ["DATABASE_POOL"] = os.environ.get("DATABASE_POOL") or "true"

application = get_wsgi_application()
# Once the settings stand.
from webapp.http.clean_text import AnyContentTypeRequest  # noqa: E402
from webapp.photos.leftovers import delete_leftovers  # noqa: E402

application.request_class = AnyContentTypeRequest
delete_leftovers()
# What was made so far stays: no search for what can be freed goes through it again.
gc.collect()
gc.freeze()
