"""Domains of a deployment that is migrated: what worked before works on, and is asked for no proof that nobody was told."""

from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command

from saas.core.runtime import install, runtime
from saas.sandbox.postgres import ensure_database
from saas.tenancy import platform
from saas.tenancy.prepare import prepare

BEFORE = "p0005"


@pytest.fixture
def live(app, server, worker_name):
    """A connection to a database whose platform stands where domains were not yet claimed and examined."""
    before = runtime()
    url = ensure_database(server, f"live_{worker_name}")
    install(
        replace(
            before,
            settings=before.settings.model_copy(update={"database_url": type(before.settings.database_url)(url)}),
        )
    )
    try:
        prepare(runtime().settings)
        command.upgrade(platform._config(), BEFORE)
        with psycopg.connect(url, autocommit=True) as connection:
            everybody = f'"{runtime().settings.role_prefix}_platform"'
            connection.execute(f"GRANT ALL ON platform.tenants, platform.domains TO {everybody}")
            connection.execute(f"SET ROLE {everybody}")
            yield connection
    finally:
        install(before)


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
    live.execute("RESET ROLE")
    platform.migrate_platform()
    live.execute(f'SET ROLE "{runtime().settings.role_prefix}_platform"')
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
