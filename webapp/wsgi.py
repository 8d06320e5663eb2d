"""The site as gunicorn runs it: ``gunicorn webapp.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
os.environ.setdefault("DATABASE_POOL", "true")

application = get_wsgi_application()
