"""Domains of a deployment that is migrated: what worked before works on, and is asked for no proof that nobody was told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command

from saas.core.ids import short_id
from saas.core.runtime import install, runtime
from saas.sandbox.postgres import ensure_database
from saas.tenancy import platform
from saas.tenancy.prepare import prepare

CLAIM = (
    "INSERT INTO platform.domains (id, host, tenant_id, token, is_primary, spared, report, share_hash, created_at)"
    " VALUES (gen_random_uuid(), %(host)s, %(tenant)s, 'a token', false, false, '{}', '', now())"
)
RELEASE = "INSERT INTO platform.released_domains (host, tenant_id, at) VALUES (%(host)s, %(tenant)s, now())"
"""What the release before p0008 wrote."""


@pytest.fixture
def live(app, server, worker_name, before):
    """A connection to a database whose platform stands where it did at a revision."""
    with _standing(ensure_database(server, f"live_{worker_name}_{short_id(6)}"), before) as connection:
        yield connection


@contextmanager
def _standing(url: str, revision: str) -> Iterator[psycopg.Connection]:
    before = runtime()
    install(
        replace(
            before,
            settings=before.settings.model_copy(update={"database_url": type(before.settings.database_url)(url)}),
        )
    )
    try:
        prepare(runtime().settings)
        command.upgrade(platform._config(), revision)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA platform TO {everybody()}")
            connection.execute(f"SET ROLE {everybody()}")
            yield connection
    finally:
        install(before)


def everybody() -> str:
    """The role of the platform's scope, quoted."""
    return f'"{runtime().settings.role_prefix}_platform"'


@contextmanager
def migrating(live: psycopg.Connection) -> Iterator[None]:
    """As the owner, and then as the platform's scope again."""
    live.execute("RESET ROLE")
    yield
    live.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA platform TO {everybody()}")
    live.execute(f"SET ROLE {everybody()}")


def make_tenant(live: psycopg.Connection) -> UUID:
    number = uuid4()
    live.execute(
        "INSERT INTO platform.tenants (id, key, slug, name, schema_name, revision, status, status_reason, status_at, plan,"
        " plan_version, overrides, billing_email, industry, time_zone, language, support_address, policy, config, created_at,"
        " updated_at) VALUES (%(id)s, %(name)s, %(name)s, 'Acme', 't_' || left(%(name)s, 12), '', 'active', '', now(), 'team',"
        " '', '{}', '', '', 'UTC', 'en', '', '{}', '{}', now(), now())",
        {"id": number, "name": number.hex},
    )
    return number


@pytest.mark.parametrize("before", ["p0005"])
def test_domains_that_worked_are_kept_primary_once_and_spared(live):
    acme, other = make_tenant(live), make_tenant(live)
    rows = [
        ("unproven.example.com", acme, True, None, "2026-01-01"),
        ("second.example.com", acme, True, "2026-03-01", "2026-03-01"),
        ("first.example.com", acme, True, "2026-02-01", "2026-02-01"),
        ("plain.example.com", acme, False, "2026-01-01", "2026-01-01"),
        ("other.example.com", other, True, "2026-05-01", "2026-05-01"),
    ]
    for row in rows:
        live.execute(
            "INSERT INTO platform.domains (host, tenant_id, is_primary, verified_at, created_at) VALUES (%s, %s, %s, %s, %s)",
            row,
        )
    with migrating(live):
        platform.migrate_platform()
    found = live.execute("SELECT host, is_primary, spared, verified_at IS NOT NULL FROM platform.domains ORDER BY host")
    assert found.fetchall() == [
        ("first.example.com", True, True, True),
        ("other.example.com", True, True, True),
        ("plain.example.com", False, True, True),
        ("second.example.com", False, True, True),
        ("unproven.example.com", False, False, False),
    ]
    tokens = live.execute("SELECT count(DISTINCT token), min(length(token)) FROM platform.domains").fetchone()
    assert tokens == (5, 64)


@pytest.mark.parametrize("before", ["p0007"])
def test_what_hosts_look_like_is_kept_of_those_that_are_there(live):
    acme = make_tenant(live)
    live.execute(CLAIM, {"host": "xn--bcher-kva.example.com", "tenant": acme})
    live.execute(CLAIM, {"host": "g00gle.example.com", "tenant": acme})
    live.execute(RELEASE, {"host": "paypa1.example.com", "tenant": acme})
    with migrating(live):
        platform.migrate_platform()
    looks = "SELECT skeleton FROM platform.{} ORDER BY host"
    assert live.execute(looks.format("domains")).fetchall() == [
        ("google.example.com",),
        ("bucher.example.com",),
    ]
    assert live.execute(looks.format("released_domains")).fetchall() == [("paypal.example.com",)]
    for table in ("domains", "released_domains", "allowed_domains"):
        forced = live.execute(
            "SELECT relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [f"platform.{table}"]
        )
        assert forced.fetchone() == (True,)


@pytest.mark.parametrize("before", ["p0007"])
def test_the_former_release_goes_on_writing_while_and_after_it_is_migrated(live):
    acme = make_tenant(live)

    def written() -> list[tuple[str, ...]]:
        claims = live.execute("SELECT host, token, skeleton FROM platform.domains ORDER BY host").fetchall()
        return (
            claims
            + live.execute("SELECT host, token, skeleton FROM platform.released_domains ORDER BY host").fetchall()
        )

    def write(word: str) -> None:
        live.execute(CLAIM, {"host": f"claimed-{word}.example.com", "tenant": acme})
        live.execute(RELEASE, {"host": f"released-{word}.example.com", "tenant": acme})

    write("before")
    with migrating(live):
        platform.migrate_platform()
    write("later")
    assert written() == [
        ("claimed-before.example.com", "a token", "clalmed-before.example.com"),
        ("claimed-later.example.com", "a token", ""),
        ("released-before.example.com", "", "released-before.example.com"),
        ("released-later.example.com", "", ""),
    ]
    with migrating(live):
        command.downgrade(platform._config(), "p0007")
    write("again")
    for table in ("domains", "released_domains"):
        assert live.execute(f"SELECT count(*) FROM platform.{table}").fetchone() == (3,)
    assert live.execute("SELECT to_regclass('platform.allowed_domains')").fetchone() == (None,)
