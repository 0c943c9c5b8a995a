"""A certificate authority on this machine: pebble, with a DNS of its own in which every host is 127.0.0.1 unless told otherwise."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import environment, free_port

PEBBLE, DNS = shutil.which("pebble"), shutil.which("pebble-challtestsrv")
needs_pebble = [
    pytest.mark.program("pebble"),
    pytest.mark.skipif(PEBBLE is None or DNS is None, reason="pebble is not there: apt install pebble"),
]


@dataclass
class Pebble:
    """A running authority. ``ca_file`` is what its own server is known by, ``root`` what its certificates lead to."""

    directory: str
    ca_file: Path
    management: str
    dns_management: str

    @property
    def root(self) -> bytes:
        return requests.get(f"{self.management}/roots/0", verify=str(self.ca_file), timeout=10).content

    def tell_dns(self, what: str, **about: Any) -> None:
        """Change what the authority's DNS says: ``tell_dns("add-a", host="portal.example.", addresses=["127.0.0.2"])``."""
        requests.post(f"{self.dns_management}/{what}", data=json.dumps(about), timeout=10).raise_for_status()


@contextmanager
def running(folder: Path, http_port: int, **configured: Any) -> Iterator[Pebble]:
    """An authority that looks for proofs on a port of this machine, for the block."""
    assert PEBBLE is not None
    assert DNS is not None
    api, management, dns, dns_management = (free_port() for _ in range(4))
    _make_certificate(folder)
    listen = {"listenAddress": f"127.0.0.1:{api}", "managementListenAddress": f"127.0.0.1:{management}"}
    keys = {"certificate": str(folder / "cert.pem"), "privateKey": str(folder / "key.pem")}
    other = {"httpPort": http_port, "tlsPort": free_port(), "domainBlocklist": ["blocked.example.net"], **configured}
    (folder / "pebble.json").write_text(json.dumps({"pebble": {**listen, **keys, **other}}))
    quick = environment() | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
    none = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]
    names = [DNS, "-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{dns_management}", *none]
    authority = [PEBBLE, "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{dns}"]
    processes = [
        subprocess.Popen(command, env=quick, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in (names, authority)
    ]
    at = [f"https://127.0.0.1:{api}/dir", folder / "cert.pem", f"https://127.0.0.1:{management}"]
    try:
        made = Pebble(*at, f"http://127.0.0.1:{dns_management}")
        _wait_for(made, processes)
        yield made
    finally:
        for process in processes:
            process.terminate()
            process.wait(20)


def _wait_for(made: Pebble, processes: list["subprocess.Popen[bytes]"]) -> None:
    for address in (made.directory, f"{made.management}/roots/0", made.dns_management):
        while True:
            assert all(process.poll() is None for process in processes), "an authority ended before it began"
            try:
                requests.get(address, verify=str(made.ca_file), timeout=10)
                break
            except requests.ConnectionError:
                threading.Event().wait(0.05)


def _make_certificate(folder: Path) -> None:
    """What the authority's own server shows; it vouches for itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    usage |= dict.fromkeys(("crl_sign", "encipher_only", "decipher_only"), False)
    public = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True)
        .add_extension(public, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
