"""nginx with our nginx.conf, on ports and folders of a test's own."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import free_port

ROOT = Path(__file__).resolve().parents[1]
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
needs_nginx = [
    pytest.mark.program("nginx"),
    pytest.mark.skipif(NGINX is None, reason="nginx is not there: apt install nginx"),
]


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

    def get(self, host: str, path: str, *, context: ssl.SSLContext | None = None, **options: object) -> Answer:
        """An answer over TLS; with a ``context`` the certificate must be one that it trusts, for this host."""
        return self._ask(self._tls(host, context), host, path, **options)

    def get_plain(self, host: str, path: str) -> Answer:
        return self._ask(HTTPConnection("127.0.0.1", self.plain_port, timeout=10), host, path)

    def certificate_of(self, sni: str, *, version: ssl.TLSVersion | None = None) -> x509.Certificate:
        """What nginx shows to whoever asks for this name; raises OSError when it refuses to speak."""
        with self._speak(sni, trusting_anybody(version)) as speaking:
            shown = speaking.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown)

    def _speak(self, sni: str | None, context: ssl.SSLContext) -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.tls_port), timeout=10)
        try:
            return context.wrap_socket(raw, server_hostname=sni)
        except OSError:
            raw.close()
            raise

    def _tls(self, sni: str, context: ssl.SSLContext | None) -> HTTPConnection:
        connection = HTTPSConnection("127.0.0.1", self.tls_port, timeout=10)
        connection.sock = self._speak(sni, context or trusting_anybody())
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


def trusting_anybody(version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A browser that takes every certificate, and speaks one version of TLS if told so."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    return context


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


def adapted(folder: Path, plain_port: int, tls_port: int, upstream: int, base_domain: str) -> str:
    """Our configuration with the ports and folders of this machine changed, and nothing else."""
    text = (ROOT / "nginx.conf").read_text()
    temporary = "".join(
        f"    {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for before, after in (
        (r"example\.com", base_domain),
        (r"http \{\n", f"http {{\n{temporary}"),
        (r" *listen \[::\][^\n]*\n", ""),
        (r"listen 80\b", f"listen 127.0.0.1:{plain_port}"),
        (r"listen 443\b", f"listen 127.0.0.1:{tls_port}"),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{upstream}"),
        (r"/var/log/nginx", str(folder)),
        (r"/var/cache/nginx", str(folder)),
    ):
        text, changes = re.subn(before, after, text)
        assert changes, f"nginx.conf holds no {before}"
    return text


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


@contextmanager
def running(folder: Path, upstream: int, *, base_domain: str = "example.com") -> Iterator[Nginx]:
    """nginx with our configuration before a web server on the port ``upstream``, for the block.

    The folder stands for /etc/nginx: it holds ``certs`` and, if custom domains are served, ``custom``.
    """
    plain, tls = free_port(), free_port()
    (folder / "mime.types").write_text("types { text/html html; text/css css; }")
    (folder / "nginx.conf").write_text(adapted(folder, plain, tls, upstream, base_domain))
    process = subprocess.Popen(command(folder), stderr=subprocess.PIPE)
    try:
        _wait_for(plain, process)
        yield Nginx(folder, plain, tls)
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
