"""What stands in front of the application, on ports of this machine, asked as browsers ask."""

import json
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Answer:
    """What came back: status, headers, and the headers that the application was told by lower-case name."""

    status: int
    headers: Message
    body: bytes
    told: dict[str, str] = field(default_factory=dict)


@dataclass
class Front:
    """A running web server with our configuration on ports of this machine's own."""

    folder: Path
    plain_port: int
    tls_port: int

    def get(
        self, host: str, path: str, *, context: ssl.SSLContext | None = None, address: str = "", **options: object
    ) -> Answer:
        """An answer over TLS; with a ``context`` the certificate must be one that it trusts, for this host.

        ``address`` is where the visitor comes from, on this machine.
        """
        return self._ask(self._tls(host, context, address), host, path, **options)

    def get_plain(self, host: str, path: str) -> Answer:
        return self._ask(HTTPConnection("127.0.0.1", self.plain_port, timeout=10), host, path)

    def certificate_of(self, sni: str, *, version: ssl.TLSVersion | None = None) -> x509.Certificate:
        """What is shown to whoever asks for this name; raises OSError when it refuses to speak."""
        with self._speak(sni, trusting_anybody(version)) as speaking:
            shown = speaking.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown)

    def _speak(self, sni: str | None, context: ssl.SSLContext, address: str = "") -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", self.tls_port), timeout=10, source_address=(address, 0))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return context.wrap_socket(raw, server_hostname=sni)
        except OSError:
            raw.close()
            raise

    def _tls(self, sni: str, context: ssl.SSLContext | None, address: str) -> HTTPConnection:
        connection = HTTPSConnection("127.0.0.1", self.tls_port, timeout=10)
        connection.sock = self._speak(sni, context or trusting_anybody(), address)
        return connection

    @staticmethod
    def _ask(connection: HTTPConnection, host: str, path: str, **options: object) -> Answer:
        headers = {"Host": host, **(options.get("headers") or {})}
        method = str(options.get("method", "GET"))
        with suppress(BrokenPipeError, ConnectionResetError):  # who refuses a body answers before it is whole
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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
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


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until something listens there; AssertionError with the log when the process ends before."""
    while True:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)
