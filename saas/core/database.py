"""The database: base classes of models, and sessions that stand in exactly one scope."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from psycopg.pq import ExecStatus
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from saas.core.scope import NoScope, Place, Scope, current_scope, entered, scope_or_none

PLATFORM_SCHEMA = "platform"
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What both kinds of model share: one metadata and one naming of constraints."""

    metadata = MetaData(naming_convention=NAMING)


class TenantModel(Base):
    """A table that exists in every tenant's schema; the search path of the scope finds it."""

    __abstract__ = True


class PlatformModel(Base):
    """A table in schema ``platform``, always written with its schema."""

    __abstract__ = True
    __table_args__: Any = {"schema": PLATFORM_SCHEMA}


class ScopedSession(FlaskSession):
    """A session for one scope: it refuses to be made outside a scope and tells the engine where it stands."""

    def __init__(self, db: SQLAlchemy, **options: Any) -> None:
        scope = current_scope()
        joined = options.pop("joined", None)
        super().__init__(db, **options)
        self.scope = scope
        self._joined: Connection | None = joined
        self._scoped: Engine | None = None

    def get_bind(self, mapper: Any = None, **options: Any) -> Engine | Connection:
        """The connection joined, or the engine with this session's place as an execution option."""
        if self._joined is not None:
            return self._joined
        if self._scoped is None:
            self._scoped = db.guarded.execution_options(place=self.scope.place)
        return self._scoped


class Database(SQLAlchemy):
    """Flask-SQLAlchemy with sessions keyed by scope instead of by application context."""

    def _make_scoped_session(self, options: dict[str, Any]) -> Any:
        return super()._make_scoped_session(
            options | {"class_": ScopedSession, "scopefunc": _scope_key, "expire_on_commit": False}
        )

    guarded: Engine

    def bind_engine(self, engine: Engine, *, tenants_per_connection: int) -> None:
        """Serve all sessions from this engine; scopes then need no application context."""
        guard_engine(engine, tenants_per_connection=tenants_per_connection)
        self.guarded = engine

    def _teardown_session(self, exc: BaseException | None) -> None:
        """Sessions end with their scope, not with an application context."""


def _scope_key() -> int:
    scope = scope_or_none()
    return scope.key if scope else 0


db = Database(model_class=Base, disable_autonaming=True)


@contextmanager
def opened(place: Place) -> Iterator[Session]:
    """Stand at a place for a block: a session of its own, rolled back unless the block commits, then closed."""
    with entered(Scope(place)):
        try:
            yield db.session()
        finally:
            db.session.remove()


@contextmanager
def unit_of_work(place: Place) -> Iterator[Session]:
    """Stand at a place for a block and commit when it ends well."""
    with opened(place) as session:
        yield session
        session.commit()


@contextmanager
def joined(place: Place) -> Iterator[Session]:
    """Stand at another place inside the present transaction, on the same connection, with a session of its own.

    Both places commit or fail together. An error inside leaves the transaction to be rolled back by whoever owns it.
    """
    outer = db.session()
    outer.flush()
    connection = outer.connection()
    home = current_scope().place
    connection.exec_driver_sql(place.settings_sql)
    with entered(Scope(place)):
        inner = db.session(joined=connection)
        try:
            yield inner
            inner.flush()
        finally:
            db.session.remove()
    connection.exec_driver_sql(home.settings_sql)


def guard_engine(engine: Engine, *, tenants_per_connection: int) -> None:
    """Make every transaction of an engine begin at its place, and replace connections that have seen many tenants."""

    @event.listens_for(engine, "begin")
    def begin_at_place(connection: Connection) -> None:
        place = connection.get_execution_options().get("place")
        if place is None:
            connection.close()
            raise NoScope("A transaction began without a place.")
        try:
            _begin(connection, place)
        except BaseException:
            connection.invalidate()
            raise
        if place.schema:
            connection.info.setdefault("tenants", set()).add(place.schema)

    @event.listens_for(engine, "checkin")
    def recycle(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        if len(record.info.get("tenants", ())) >= tenants_per_connection:
            record.invalidate()


def _begin(connection: Connection, place: Place) -> None:
    """Send BEGIN and the place in one round trip, straight through libpq: a cursor's way costs a tenth of a small page."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    answer = driver.pgconn.exec_(place.begin)
    if answer.status != ExecStatus.COMMAND_OK:
        raise DBAPIError.instance("BEGIN", {}, psycopg.errors.error_from_result(answer), psycopg.Error)


_CITUS_SHARD = re.compile(r"_\d{5,}$")


def constraint_of(error: BaseException) -> str:
    """The name of the constraint that an IntegrityError broke, without a shard's number; empty when unknown."""
    diagnostics = getattr(getattr(error, "orig", None), "diag", None)
    return _CITUS_SHARD.sub("", getattr(diagnostics, "constraint_name", None) or "")
