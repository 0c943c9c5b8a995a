"""What the tests of tenancy share: many organisations, the command line, other processes, waiting for a condition."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Protocol

import psycopg
import pytest
from flask import Flask
from sqlalchemy import delete, update

from saas.accounts.models import User
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.ids import short_id
from saas.core.logins import Login
from saas.core.settings import Settings
from saas.tenancy.models import Domain, Tenant, TenantEvent, TenantName
from saas.tenancy.operations import create_tenant
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.scope import inside, platform_work
from tests.cast import Organisation

ROOT = Path(__file__).resolve().parents[2]
Wait = Callable[[Callable[[], object]], None]


class Start(Protocol):
    """Starts a Python program in a process of its own; its output can be read line by line."""

    def __call__(self, code: str, *arguments: object) -> subprocess.Popen[str]: ...


def make_tenants(number: int) -> list[Tenant]:
    """Organisations without people."""
    with owner_connection() as connection:
        top_up(connection, number)
    with platform_work():
        return [create_tenant(name="Many", slug=f"many-{short_id()}", actor=SYSTEM) for _ in range(number)]


@pytest.fixture(scope="session")
def stage(app: Flask) -> list[Tenant]:
    """Two organisations that are made once and set back before each test that asks for them."""
    return make_tenants(2)


def _set_back(tenant: Tenant, name: str, people: dict[str, str]) -> Organisation:
    """The organisation as it was in the beginning, with these people and no passwords."""
    users = {
        person: User(email=f"{person.lower()}@{tenant.key}.example.com", name=person, role=role)
        for person, role in people.items()
    }
    with platform_work() as session:
        for table in (TenantName, Domain):
            session.execute(delete(table).where(table.tenant_id == tenant.id))
        session.add(TenantName(name=tenant.key, tenant_id=tenant.id))
        beginning = {"slug": tenant.key, "name": name, "status": "trialing", "industry": "", "verified_at": now()}
        session.execute(update(Tenant).where(Tenant.id == tenant.id).values(**beginning))
        session.add(TenantEvent(tenant_id=tenant.id, status="trialing", reason="", actor=SYSTEM.name))
        with inside(tenant) as own:
            own.execute(delete(User))
            own.add_all(users.values())
    return Organisation(tenant.id, tenant.key, tenant.schema_name, name, users)


@pytest.fixture
def acme(stage: list[Tenant]) -> Organisation:
    """Acme: Alice owns it, Adam administers, Bob is a member, Vera only looks."""
    return _set_back(stage[0], "Acme", {"Alice": "owner", "Adam": "admin", "Bob": "member", "Vera": "viewer"})


@pytest.fixture
def umbrella(stage: list[Tenant]) -> Organisation:
    """Umbrella: Charlie owns it and knows nobody at Acme."""
    return _set_back(stage[1], "Umbrella", {"Charlie": "owner"})


@pytest.fixture
def tenant(app: Flask) -> Tenant:
    """An organisation without people."""
    return make_tenants(1)[0]


@pytest.fixture
def spare(app: Flask) -> None:
    """A schema that is ready for a new organisation."""
    with owner_connection() as connection:
        top_up(connection, 1)


@pytest.fixture
def owner(app: Flask) -> Iterator[psycopg.Connection]:
    """A connection of the owner's login."""
    with owner_connection() as connection:
        yield connection


@pytest.fixture
def web_login(app: Flask, settings: Settings) -> Iterator[psycopg.Connection]:
    """A connection of the web processes' login, without any scope."""
    with psycopg.connect(settings.login(Login.APP), autocommit=True) as connection:
        yield connection


@pytest.fixture
def wait_until() -> Wait:
    """Returns as soon as the condition holds; fails after thirty seconds."""

    def wait(condition: Callable[[], object]) -> None:
        limit = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < limit, "the condition never came true"
            Event().wait(0.01)

    return wait


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    """Runs Python code in other processes, the owner's address first among the arguments; none outlives the test."""
    running: list[subprocess.Popen[str]] = []
    assert settings.database_url is not None
    address = settings.database_url.get_secret_value()

    def run(code: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, address, *map(str, arguments)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()
