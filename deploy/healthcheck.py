"""Exit 0 when the site on port 8000 of this container answers that it is well."""

import os
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

host = urlsplit(os.environ.get("SITE_URL", "")).hostname or "localhost"
connection = HTTPConnection("127.0.0.1", 8000, timeout=10)
connection.request("GET", "/healthz", headers={"Host": host})
sys.exit(connection.getresponse().status != 200)
