"""The keepers' ground: the logs there are, and transactions of the sealer and the archivist under the owner's login.

Only the worker and the command line have that login. What is written here names its tables with their schemas, so that
it can be read in a tenant's own scope too.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from saas.audit.models import OPERATORS
from saas.core.actor import Actor
from saas.core.audit import Target, values_of
from saas.core.clock import now
from saas.core.database import PLATFORM_SCHEMA, db
from saas.core.errors import NotFound
from saas.core.ids import new_id
from saas.core.module import AuditEvent
from saas.core.runtime import settings
from saas.tenancy.prepare import keeper_role
from saas.tenancy.provisioning import act_for_platform, owner_connection

Keeper = Literal["sealer", "archivist"]
LOGS_PER_CONNECTION = 200
"""A connection never gives back what it caches of a schema: after so many another one goes on."""


@dataclass(frozen=True, slots=True)
class Log:
    """One log with its chain: a tenant's, or the operators'. ``key`` is what commands call it."""

    tenant_id: UUID
    key: str
    schema: str

    @property
    def is_operators(self) -> bool:
        """Whether this is the operators' log."""
        return self.tenant_id == OPERATORS

    @property
    def tables(self) -> dict[str, sql.Identifier]:
        """The names of the tables, for ``format``."""
        before = "operator" if self.is_operators else "audit"
        return {name: sql.Identifier(self.schema, f"{before}_{name}") for name in ("entries", "seals", "checkpoints")}


OPERATORS_LOG = Log(OPERATORS, "operators", PLATFORM_SCHEMA)


@contextmanager
def keeping(
    connection: psycopg.Connection, keeper: Keeper, *, still: bool = False, snapshot: str = ""
) -> Iterator[None]:
    """A transaction in a keeper's role; ``still`` sees one moment of the database and changes nothing.

    With ``snapshot`` it is the moment that another transaction sees, which exported it.
    """
    with connection.transaction():
        if still:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if snapshot:
            connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        become(connection, keeper)
        yield


def become(connection: psycopg.Connection, keeper: Keeper) -> None:
    """Take a keeper's role until the transaction ends; without roles per tenant, the platform's place."""
    if settings().tenant_roles:
        role = sql.Identifier(keeper_role(settings(), keeper))
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
    else:
        act_for_platform(connection)


def add_entry(
    connection: psycopg.Connection,
    log: Log,
    event: AuditEvent,
    *,
    actor: Actor,
    target: Target | None = None,
    **facts: Any,
) -> None:
    """Record what a keeper does, in the keeper's own transaction; the owner writes it, as keepers may not, and stays owner."""
    values = values_of(event, actor=actor, target=target, changes=None, facts=facts)
    values |= {"id": new_id(), "at": now(), "salt": secrets.token_bytes(16)}
    values |= {name: Jsonb(values[name]) for name in ("changes", "facts")}
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        log.tables["entries"],
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    connection.execute("SET LOCAL ROLE NONE")
    connection.execute(statement, values)


def list_logs(connection: psycopg.Connection) -> list[Log]:
    """Every log: the tenants' by key, and the operators' last."""
    with keeping(connection, "sealer"):
        rows = connection.execute(
            "SELECT id, key, schema_name FROM platform.tenants WHERE status <> 'deleting' ORDER BY key"
        ).fetchall()
    return [*(Log(*row) for row in rows), OPERATORS_LOG]


def get_log(connection: psycopg.Connection, name: str) -> Log:
    """The log that a key, an id or ``operators`` names; raises NotFound."""
    for log in list_logs(connection):
        if name in (log.key, str(log.tenant_id)):
            return log
    raise NotFound(f"No organisation is called “{name}”.")


def visit(logs: Sequence[Log]) -> Iterator[tuple[psycopg.Connection, Log]]:
    """Each log with a connection of the owner's login, which is replaced after some of them."""
    for start in range(0, len(logs), LOGS_PER_CONNECTION):
        with owner_connection() as connection:
            for log in logs[start : start + LOGS_PER_CONNECTION]:
                yield connection, log


def own_connection() -> psycopg.Connection[Any]:
    """The connection of the scope, at its place and in its transaction."""
    driver = db.session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
