"""nginx.conf: it is well-formed, and what reaches the application through it is what nginx says, not what visitors claim."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
pytestmark = [
    pytest.mark.program("nginx"),
    pytest.mark.skipif(NGINX is None, reason="nginx is not there: apt install nginx"),
]
ACME = "acme.example.com"
PORTAL = "portal.acme.test"


class Told(BaseHTTPRequestHandler):
    """Answers every request with what it was told, and remembers its path."""

    protocol_version = "HTTP/1.1"
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "upgrade")
            self.end_headers()
            return
        body = json.dumps([list(pair) for pair in self.headers.items()] + [["path", self.path]]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/css" if self.path.startswith("/static/") else "text/html")
        if self.path.startswith("/static/"):
            self.send_header("Cache-Control", "max-age=31536000, public, immutable")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


@dataclass
class Answer:
    """What came back: status, headers, and the headers that the application was told by lower-case name."""

    status: int
    headers: Message
    body: bytes
    told: dict[str, str] = field(default_factory=dict)


@dataclass
class Nginx:
    """A running nginx with our configuration on ports of this machine's own."""

    folder: Path
    plain_port: int
    tls_port: int
    seen: list[str]

    def get(self, host: str, path: str, *, sni: str | None = None, **options: object) -> Answer:
        connection = self._tls(sni or host)
        return self._ask(connection, host, path, **options)

    def get_plain(self, host: str, path: str) -> Answer:
        return self._ask(HTTPConnection("127.0.0.1", self.plain_port, timeout=10), host, path)

    def certificate_of(self, sni: str, *, version: ssl.TLSVersion | None = None) -> x509.Certificate:
        """What nginx shows to whoever asks for this name; raises OSError when it refuses to speak."""
        with self._speak(sni, version) as speaking:
            shown = speaking.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown)

    def _speak(self, sni: str | None, version: ssl.TLSVersion | None = None) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        raw = socket.create_connection(("127.0.0.1", self.tls_port), timeout=10)
        try:
            return context.wrap_socket(raw, server_hostname=sni)
        except OSError:
            raw.close()
            raise

    def _tls(self, sni: str) -> HTTPConnection:
        connection = HTTPSConnection("127.0.0.1", self.tls_port, timeout=10)
        connection.sock = self._speak(sni)
        return connection

    @staticmethod
    def _ask(connection: HTTPConnection, host: str, path: str, **options: object) -> Answer:
        headers = {"Host": host, **(options.get("headers") or {})}
        method = str(options.get("method", "GET"))
        connection.request(method, path, body=options.get("body"), headers=headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        answer = Answer(response.status, response.headers, body)
        if body.startswith(b"[["):
            answer.told = {name.lower(): value for name, value in json.loads(body)}
        return answer


def make_certificate(folder: Path, *names: str) -> None:
    """A certificate that nobody trusts, with its key, good for an hour."""
    folder.mkdir(parents=True)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(hours=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    (folder / "fullchain.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)


def adapted(folder: Path, plain_port: int, tls_port: int, upstream: int) -> str:
    """Our configuration with the ports and folders of this machine changed, and nothing else."""
    text = (ROOT / "nginx.conf").read_text()
    temporary = "".join(
        f"    {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for before, after in (
        (r"http \{\n", f"http {{\n{temporary}"),
        (r" *listen \[::\][^\n]*\n", ""),
        (r"listen 80\b", f"listen 127.0.0.1:{plain_port}"),
        (r"listen 443\b", f"listen 127.0.0.1:{tls_port}"),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{upstream}"),
        (r"/var/log/nginx", str(folder)),
        (r"/var/cache/nginx", str(folder)),
        (r"/var/www/acme", f"{folder}/acme"),
    ):
        text, changes = re.subn(before, after, text)
        assert changes, f"nginx.conf holds no {before}"
    return text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(folder: Path, *options: str) -> list[str]:
    assert NGINX is not None
    directives = f"pid {folder}/nginx.pid; daemon off;"
    if os.getuid() == 0:
        directives += " user root;"
    return [
        NGINX,
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "error.log"),
        "-g",
        directives,
        *options,
    ]


@pytest.fixture(scope="module")
def application() -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (Told,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for /etc/nginx: mime types and certificates of the platform and of one custom domain."""
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "mime.types").write_text("types { text/html html; text/css css; }")
    make_certificate(folder / "certs" / "example.com", "example.com", "*.example.com")
    make_certificate(folder / "certs" / PORTAL, PORTAL)
    challenges = folder / "acme" / ".well-known" / "acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("proof")
    return folder


@pytest.fixture(scope="module")
def nginx(folder: Path, application: ThreadingHTTPServer) -> Iterator[Nginx]:
    plain, tls = free_port(), free_port()
    (folder / "nginx.conf").write_text(adapted(folder, plain, tls, application.server_port))
    process = subprocess.Popen(command(folder), stderr=subprocess.PIPE)
    seen = application.RequestHandlerClass.seen
    try:
        _wait_for(plain, process)
        yield Nginx(folder, plain, tls, seen)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        assert process.poll() is None, process.communicate()[1].decode()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)


def test_the_configuration_is_well_formed(nginx: Nginx) -> None:
    answer = subprocess.run(command(nginx.folder, "-t"), capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "syntax is ok" in answer.stderr


def test_plain_http_leads_to_https_on_the_same_host(nginx: Nginx) -> None:
    answer = nginx.get_plain(ACME, "/sign-in?next=/x")
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{ACME}/sign-in?next=/x"


def test_a_certificate_authority_finds_its_challenge_without_https(nginx: Nginx) -> None:
    assert nginx.get_plain(PORTAL, "/.well-known/acme-challenge/token").body == b"proof"
    assert nginx.get_plain(PORTAL, "/.well-known/acme-challenge/other").status == 404


@pytest.mark.parametrize("host", ["example.com", ACME, PORTAL])
def test_the_application_learns_host_address_scheme_and_request(nginx: Nginx, host: str) -> None:
    told = nginx.get(host, "/members?page=2").told
    assert told["host"] == host
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "https"
    assert re.fullmatch("[0-9a-f]{32}", told["x-request-id"])
    assert told["path"] == "/members?page=2"


def test_forged_headers_do_not_arrive(nginx: Nginx) -> None:
    forged = {
        "Forwarded": "for=6.6.6.6;host=evil.example.net;proto=http",
        "X-Forwarded-For": "6.6.6.6",
        "X_Forwarded_For": "6.6.6.6",
        "X-Forwarded-Host": "evil.example.net",
        "X_Forwarded_Host": "evil.example.net",
        "X-Forwarded-Port": "6666",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Proto": "evil",
        "X-Forwarded-Server": "evil.example.net",
        "X-Forwarded-Ssl": "evil",
        "X-Real-IP": "6.6.6.6",
        "X-Client-IP": "6.6.6.6",
        "True-Client-IP": "6.6.6.6",
        "X-Original-Host": "evil.example.net",
        "X-Original-URL": "/evil",
        "X-Rewrite-URL": "/evil",
        "X-Script-Name": "/evil",
        "X-Request-ID": "evil-evil-evil",
        "Proxy": "http://evil.example.net",
    }
    answer = nginx.get(ACME, "/", headers=forged | {"X-Tenant-ID": "acme", "Authorization": "Bearer honest"})
    assert answer.told["authorization"] == "Bearer honest"
    assert answer.told["x-tenant-id"] == "acme"
    assert not re.search(rb"evil|6\.6\.6\.6|6666", answer.body)


def test_the_apex_and_organisations_share_a_certificate_and_custom_domains_have_their_own(nginx: Nginx) -> None:
    def names(host: str) -> list[str]:
        found = nginx.certificate_of(host).extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return found.value.get_values_for_type(x509.DNSName)

    assert names("example.com") == names(ACME) == ["example.com", "*.example.com"]
    assert names(PORTAL) == [PORTAL]


@pytest.mark.parametrize("host", ["nobody.example.net", "..%2fexample.com", "../example.com"])
def test_a_host_without_a_certificate_gets_no_connection(nginx: Nginx, host: str) -> None:
    assert nginx.certificate_of(PORTAL)
    with pytest.raises((OSError, ValueError)):
        nginx.certificate_of(host)


def test_new_and_recent_tls_are_spoken(nginx: Nginx) -> None:
    assert nginx.certificate_of(ACME, version=ssl.TLSVersion.TLSv1_3)
    assert nginx.certificate_of(ACME, version=ssl.TLSVersion.TLSv1_2)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(nginx: Nginx) -> None:
    with pytest.raises(OSError):
        nginx.certificate_of(ACME, version=ssl.TLSVersion.TLSv1_1)


def test_a_websocket_passes_and_ordinary_requests_are_no_websockets(nginx: Nginx) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert nginx.get(ACME, "/live", headers=headers).status == 101
    told = nginx.get(ACME, "/live").told
    assert "upgrade" not in told
    assert told.get("connection", "keep-alive") != "upgrade"


def test_static_files_are_asked_for_once_for_all_hosts(nginx: Nginx) -> None:
    first = nginx.get(ACME, "/static/0123456789ab/css/app.css", headers={"Accept-Encoding": "gzip"})
    second = nginx.get(PORTAL, "/static/0123456789ab/css/app.css")
    assert first.status == second.status == 200
    assert first.headers["Cache-Control"] == second.headers["Cache-Control"] == "max-age=31536000, public, immutable"
    assert nginx.seen.count("/static/0123456789ab/css/app.css") == 1


def test_static_files_are_compressed_and_pages_are_not(nginx: Nginx) -> None:
    headers = {"Accept-Encoding": "gzip", "X-Long": "long" * 500}
    assert nginx.get(ACME, "/static/ffffffffffff/long.css", headers=headers).headers["Content-Encoding"] == "gzip"
    assert nginx.get(ACME, "/long", headers=headers).headers["Content-Encoding"] is None


def test_health_tells_strangers_no_more_than_that_it_lives(nginx: Nginx) -> None:
    for host in (ACME, PORTAL):
        assert nginx.get(host, "/health/live").status == 200
        assert nginx.get(host, "/health/ready").status == 404


def test_a_body_beyond_all_reason_is_refused_at_the_door(nginx: Nginx) -> None:
    assert nginx.get(ACME, "/settings", method="POST", body=b"x" * 1_500_000).status == 200
    assert nginx.get(ACME, "/settings", method="POST", body=b"x" * 3_000_000).status == 413


def test_a_flood_of_sign_ins_is_stopped_and_reading_is_not(nginx: Nginx) -> None:
    tries = [nginx.get(ACME, "/sign-in", method="POST", body=b"").status for _ in range(40)]
    assert tries[0] == 200
    assert 429 in tries
    assert {nginx.get(ACME, "/sign-in").status for _ in range(40)} == {200}


def test_the_log_holds_no_query_and_no_token(nginx: Nginx) -> None:
    nginx.get(ACME, "/reset/secret-token?more=secret-query")
    limit = time.monotonic() + 10
    while "/reset/..." not in (log := (nginx.folder / "access.log").read_text()):
        assert time.monotonic() < limit, "the request was never logged"
    told = [line for line in map(json.loads, log.splitlines()) if line["path"] == "/reset/..."]
    assert told[0]["host"] == ACME
    assert "secret" not in log
