"""A storm: many threads work for many tenants on few connections, and every row that they read must be their own tenant's.

Run as a program it makes a deployment of its own without roles for tenants and lets the storm loose there.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from saas import create_app
from saas.accounts.models import User
from saas.core.actor import SYSTEM
from saas.core.database import db, guard_engine
from saas.core.ids import short_id
from saas.core.logins import Login
from saas.core.settings import Settings
from saas.tenancy.models import Tenant
from saas.tenancy.operations import create_tenant
from saas.tenancy.platform import migrate_platform
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.scope import inside, platform_rights, platform_work, tenant_scope

SAME_KEY = "canary@example.com"


class Abort(Exception):
    """A unit of work that gives up."""


def with_canaries(number: int) -> list[Tenant]:
    """Organisations of which each has one person under the same address, named after the organisation's id."""
    with owner_connection() as connection:
        top_up(connection, number)
    made = []
    for _ in range(number):
        with platform_work():
            tenant = create_tenant(name="Canary", slug=f"canary-{short_id()}", actor=SYSTEM)
            with inside(tenant):
                db.session.add(User(email=SAME_KEY, name=str(tenant.id)))
        made.append(tenant)
    return made


def storm(tenants: Sequence[Tenant], *, threads: int, rounds: int) -> Counter[str]:
    """Let threads work at random; counts transactions by how they ended. Raises AssertionError for a foreign row."""
    begin = Barrier(threads)

    def worker(seed: int) -> Counter[str]:
        chance, outcome = random.Random(seed), Counter[str]()
        begin.wait()
        for _ in range(rounds):
            tenant = chance.choice(tenants)
            try:
                chance.choice(WORKS)(tenant, chance, tenants)
                outcome["well"] += 1
            except (Abort, DBAPIError):
                outcome["aborted"] += 1
        return outcome

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(worker, range(threads)), Counter[str]())


def own(tenant: Tenant) -> None:
    """Every person read is the tenant's canary, and the platform says so too."""
    assert db.session.scalars(select(User.name)).all() == [str(tenant.id)]
    assert db.session.scalar(text("SELECT id FROM platform.tenants")) == tenant.id


def read(tenant: Tenant, _chance: random.Random, _others: Sequence[Tenant]) -> None:
    with tenant_scope(tenant):
        own(tenant)


def read_twice_over_a_commit(tenant: Tenant, _chance: random.Random, _others: Sequence[Tenant]) -> None:
    with tenant_scope(tenant) as session:
        own(tenant)
        session.commit()
        own(tenant)


def write_and_abort(tenant: Tenant, chance: random.Random, _others: Sequence[Tenant]) -> None:
    with tenant_scope(tenant) as session:
        session.add(User(email=f"{chance.random()}@example.com", name="never"))
        session.flush()
        raise Abort


def break_the_statement(tenant: Tenant, _chance: random.Random, _others: Sequence[Tenant]) -> None:
    with tenant_scope(tenant) as session:
        own(tenant)
        session.execute(text("SELECT 1 / 0"))


def savepoint(tenant: Tenant, _chance: random.Random, _others: Sequence[Tenant]) -> None:
    with tenant_scope(tenant) as session:
        nested = session.begin_nested()
        own(tenant)
        nested.rollback()
        own(tenant)


def join_the_platform(tenant: Tenant, chance: random.Random, others: Sequence[Tenant]) -> None:
    with tenant_scope(tenant):
        own(tenant)
        with platform_rights() as platform:
            assert (platform.scalar(text("SELECT count(*) FROM platform.tenants")) or 0) >= len(others)
            if chance.random() < 0.3:
                raise Abort
        own(tenant)


def nest_another_tenant(tenant: Tenant, chance: random.Random, others: Sequence[Tenant]) -> None:
    other = chance.choice(others)
    with tenant_scope(tenant):
        own(tenant)
        with inside(other):
            own(other)
        own(tenant)


WORKS: tuple[Any, ...] = (
    read,
    read,
    read_twice_over_a_commit,
    write_and_abort,
    break_the_statement,
    savepoint,
    join_the_platform,
    nest_another_tenant,
)


def serve_from(
    settings: Settings, url: str | None = None, *, pool_size: int = 3, tenants_per_connection: int = 20
) -> Any:
    """An engine with a small pool for the storm, at the web login's address or another one."""
    engine = create_engine(
        url or settings.login(Login.APP),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        connect_args={"prepare_threshold": None},
    )
    guard_engine(engine, tenants_per_connection=tenants_per_connection)
    return engine


def main(database_url: str, folder: str) -> None:
    """The storm in a deployment without roles for tenants."""
    given = {
        "environment": "test",
        "database_url": database_url,
        "files_dir": Path(folder),
        "mailbox_dir": Path(folder),
    }
    settings = Settings(**given, tenant_roles=False, base_domain="example.test")
    create_app(settings)
    migrate_platform()
    tenants = with_canaries(8)
    db.guarded = serve_from(settings)
    print(dict(storm(tenants, threads=8, rounds=30)))
    with tenant_scope(tenants[0]) as session:
        print(session.execute(text("SELECT current_user, current_setting('search_path'), platform.place()")).one())
        print(session.scalar(text("SELECT count(*) FROM platform.tenant_keys")))
    with owner_connection() as owner:
        query = "SELECT count(*) FROM pg_roles WHERE starts_with(rolname, %s)"
        print(owner.execute(query, [f"{settings.role_prefix}_t_"]).fetchone())


if __name__ == "__main__":
    main(*sys.argv[1:])
