"""What tests of certificates share: settings for a block, verified domains, our application on a port, an authority."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Text, cast, select
from werkzeug.serving import WSGIRequestHandler, make_server

from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.ids import short_id
from saas.core.runtime import install, runtime
from saas.domains.certificates.models import Certificate
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope
from tests.cast import Organisation
from tests.domains.certificates.pebble import Pebble, running
from tests.processes import free_port


@contextmanager
def set_to(**changes: Any) -> Iterator[None]:
    """Other settings for a block."""
    before = runtime()
    install(replace(before, settings=before.settings.model_copy(update=changes)))
    try:
        yield
    finally:
        install(before)


def verify(organisation: Organisation, name: str = "") -> str:
    """A verified domain of an organisation."""
    host = name or f"portal-{short_id(8)}.example.org".lower()
    with platform_work() as session:
        session.add(Domain(host=host, tenant_id=organisation.id, verified_at=now()))
    directory.forget()
    return host


def give_up(host: str) -> None:
    """Let nobody have a domain any more."""
    with platform_work() as session:
        session.delete(session.scalars(select(Domain).where(Domain.host == host)).one())
    directory.forget()


def row_of(host: str) -> Certificate | None:
    with platform_scope() as session:
        return session.get(Certificate, host)


def change(host: str, **values: Any) -> None:
    """Let the row of a certificate be as time or fate would have made it."""
    with platform_work() as session:
        row = session.get_one(Certificate, host)
        for name, value in values.items():
            setattr(row, name, value)


def told_of(organisation: Organisation, host: str) -> list[str]:
    """What the organisation's log says of a domain's certificate, oldest first."""
    with tenant_scope(organisation) as session:
        own = select(cast(Domain.id, Text)).where(Domain.host == host).scalar_subquery()
        about = (AuditEntry.target_kind == "domain") & (AuditEntry.target_id == own) & (AuditEntry.target_label == host)
        return list(session.scalars(select(AuditEntry.event).where(about).order_by(AuditEntry.id)))


def trusting(authority: Pebble) -> ssl.SSLContext:
    """A browser that knows the authority's root, and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority.root.decode())
    return context


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="package")
def http_port() -> int:
    return free_port()


@pytest.fixture(scope="package")
def served(app: Flask, http_port: int) -> Iterator[int]:
    """The application on a port of this machine."""
    server = make_server("127.0.0.1", http_port, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield http_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="package")
def pebble(tmp_path_factory: pytest.TempPathFactory, http_port: int) -> Iterator[Pebble]:
    """An authority that looks for proofs where the application is served."""
    with running(tmp_path_factory.mktemp("pebble"), http_port) as authority:
        yield authority


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "certificates"


@pytest.fixture
def ours(app: Flask, folder: Path) -> Iterator[None]:
    """Certificates are ours to get; nobody is asked yet."""
    with set_to(certificates="acme", certificates_dir=folder):
        yield


@pytest.fixture
def authority(ours: None, served: int, pebble: Pebble) -> Iterator[Pebble]:
    """Certificates are ours to get, from pebble."""
    with set_to(acme_directory=pebble.directory, acme_ca_file=pebble.ca_file):
        yield pebble
