"""What nginx adds to the site by deploy/nginx.conf: TLS, and answers of its own, which are as strict as the site's."""

import re
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from webapp.local.embedded_postgres import free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
NAME = "retouch.example.org"
OWN = {"content-security-policy": "default-src 'self'", "strict-transport-security": "max-age=1"}
MAIN = """
daemon off; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ }}
http {{
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers; fastcgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused; uwsgi_temp_path {folder}/unused;
    include {folder}/site.conf;
}}
"""

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx")


@dataclass(frozen=True)
class Front:
    """An nginx of deploy's configuration, and the port at which its site would be."""

    plain: int
    secure: int
    site: int

    def ask(self, method: str, path: str = "/", **headers: str) -> tuple[int, Message, str]:
        """Return status, headers and content of the answer to a request that has no body, whatever its headers say."""
        with closing(HTTPSConnection("127.0.0.1", self.secure, context=unverified())) as connection:
            connection.request(method, path, headers={"Host": NAME, **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()


def unverified() -> ssl.SSLContext:
    """TLS with whatever certificate there is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def front(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    assert NGINX is not None
    folder = tmp_path_factory.mktemp("nginx")
    ports = Front(free_port(), free_port(), free_port())
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(folder / "key.pem")]
    certificate = ["-subj", f"/CN={NAME}", "-out", str(folder / "fullchain.pem")]
    subprocess.run(["openssl", "req", "-x509", *key, *certificate], check=True, capture_output=True)
    text = (root / "deploy" / "nginx.conf").read_text()
    text = re.sub(r"(?m)^ *listen \[::\].*\n", "", text)
    for ours, here in (
        ("listen 80;", f"listen 127.0.0.1:{ports.plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{ports.secure} "),
        ("127.0.0.1:8000", f"127.0.0.1:{ports.site}"),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", f"{folder}/fullchain.pem"),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", f"{folder}/key.pem"),
        ("/var/log/nginx", str(folder)),
    ):
        assert ours in text
        text = text.replace(ours, here)
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    process = subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        until = time.monotonic() + 30
        while True:
            try:
                ports.ask("GET")
                break
            except ConnectionRefusedError:
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
        yield ports
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/", {}, 502),  # the site is away
        ("TRACE", "/", {}, 405),
        ("GET", "/static/..%2f..%2f..%2fetc/passwd", {}, 400),
        ("POST", "/", {"Content-Length": str(2**30)}, 413),
        ("GET", "/", {"X": "a" * 40_000}, 400),
    ],
)
def test_an_answer_of_its_own_has_strict_headers_and_tells_no_version(
    front: Front, method: str, path: str, more: dict[str, str], status: int
) -> None:
    answered, headers, text = front.ask(method, path, **more)
    assert answered == status
    assert headers["server"] == "nginx"
    assert "nginx/" not in text
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["strict-transport-security"] == "max-age=2592000"
    assert headers["x-content-type-options"] == "nosniff"


def test_what_the_site_says_itself_stays_and_comes_once(front: Front) -> None:
    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            for name, value in OWN.items():
                self.send_header(name, value)
            self.end_headers()

    with HTTPServer(("127.0.0.1", front.site), Site) as site:
        thread = threading.Thread(target=site.handle_request)
        thread.start()
        status, headers, _ = front.ask("GET")
        thread.join()
    assert status == 404
    assert {name: headers.get_all(name) for name in OWN} == {name: [value] for name, value in OWN.items()}
    assert headers.get_all("x-content-type-options") == ["nosniff"]


def test_plain_http_leads_to_the_name_of_the_site_whatever_was_asked_for(front: Front) -> None:
    answer = httpx.get(
        f"http://127.0.0.1:{front.plain}/play/?a=b", headers={"Host": "elsewhere.example.org"}, trust_env=False
    )
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{NAME}/play/?a=b"


@pytest.mark.parametrize(
    ("ciphers", "is_taken"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", True),
        ("ECDHE-ECDSA-AES128-SHA256", False),  # CBC
        ("ECDHE-ECDSA-AES256-SHA", False),
    ],
)
def test_tls_1_2_has_authenticated_ciphers_with_forward_secrecy_alone(
    front: Front, ciphers: str, is_taken: bool
) -> None:
    context = unverified()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    address = f"https://127.0.0.1:{front.secure}/"
    if is_taken:
        assert httpx.get(address, verify=context, trust_env=False).status_code == 502
    else:
        with pytest.raises(httpx.ConnectError, match="handshake failure"):
            httpx.get(address, verify=context, trust_env=False)
