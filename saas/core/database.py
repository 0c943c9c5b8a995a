"""The database: base classes of models, and sessions that stand in exactly one scope."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, cast

import psycopg
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from saas.core.scope import NoScope, Place, Scope, current_scope, entered, scope_or_none

PLATFORM_SCHEMA = "platform"
Moment = TIMESTAMP(timezone=True)
"""The type of every column that holds a moment."""

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
    """A session for one scope: it refuses to be made outside a scope and tells the engine where it stands.

    One that ``joined`` another works on the other's connection and in its transaction. Meanwhile the other is ``lent``:
    it refuses to work, since its statements would be run where the joined one stands.
    """

    def __init__(self, db: SQLAlchemy, joined: "ScopedSession | None" = None, **options: Any) -> None:
        self.scope = current_scope()
        super().__init__(db, **options)
        self.outer = joined
        self.lent = False
        self.put_off: list[Callable[[], None]] = []
        self._shared = joined.connection() if joined else None
        self._shared_transaction = self._shared.get_transaction() if self._shared else None
        self._placed: Engine | None = None

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **options: Any) -> Engine | Connection:
        """The connection joined, or the engine with this session's place as an execution option; raises NoScope while lent."""
        self.check_not_lent()
        if self._shared is not None:
            if self._shared.get_transaction() is not self._shared_transaction:
                raise NoScope("The transaction that this block stands in has ended.")
            return self._shared
        if self._placed is None:
            self._placed = _engine_at(db.guarded, self.scope.place)
        return self._placed

    def check_not_lent(self) -> None:
        """Raise NoScope while another session stands elsewhere on this one's connection."""
        if self.lent:
            raise NoScope("The connection stands elsewhere until the inner block ends.")


@lru_cache(maxsize=4096)
def _engine_at(engine: Engine, place: Place) -> Engine:
    """The engine that tells its connections where they stand; it shares the pool of the engine it is made from."""
    return engine.execution_options(place=place)


class Database(SQLAlchemy):
    """Flask-SQLAlchemy with sessions keyed by scope instead of by application context."""

    def _make_scoped_session(self, options: dict[str, Any]) -> Any:
        return super()._make_scoped_session(
            options
            | {
                "class_": ScopedSession,
                "scopefunc": _scope_key,
                "expire_on_commit": False,
                "close_resets_only": False,
                "join_transaction_mode": "rollback_only",
            }
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
def opened(place: Place, *, alone: bool = False) -> Iterator[Session]:
    """Stand at a place for a block: a session of its own, rolled back unless the block commits, then closed.

    Raises NoScope inside an ``alone`` scope.
    """
    around = scope_or_none()
    if around is not None and around.alone:
        raise NoScope("This scope has one connection: work at another place with platform_rights() or inside(tenant).")
    with entered(Scope(place, alone=alone)) as scope, _session_of(scope) as session:
        yield session


@contextmanager
def unit_of_work(place: Place) -> Iterator[Session]:
    """Stand at a place for a block and commit when it ends well."""
    with opened(place) as session:
        yield session
        session.commit()


@contextmanager
def joined(place: Place) -> Iterator[Session]:
    """Stand at another place inside the present transaction, on the same connection, with a session of its own.

    Both places commit or fail together. An error undoes what the block did and leads back to the place before. While the
    block lasts the session around it refuses to work: its statements would be run at the other place.
    """
    home, outer = current_scope(), cast(ScopedSession, db.session())
    outer.flush()
    connection = outer.connection()
    transaction = connection.get_transaction()
    connection.exec_driver_sql(f"SAVEPOINT place; {place.settings_sql}")
    _count_tenant(connection, place)
    try:
        with (
            entered(Scope(place, alone=home.alone)) as scope,
            _session_of(scope, joined=outer) as session,
            _lent(outer),
        ):
            yield session
            session.flush()
    except BaseException:
        if connection.get_transaction() is transaction:
            with suppress(DBAPIError, PendingRollbackError):
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT place; RELEASE SAVEPOINT place")
        raise
    if connection.get_transaction() is not transaction:
        raise NoScope("The transaction ended inside the block.")
    connection.exec_driver_sql(f"{home.place.settings_sql}; RELEASE SAVEPOINT place")


@contextmanager
def _session_of(scope: Scope, **options: Any) -> Iterator[Session]:
    """The scope's session, closed at the end, wherever that happens: a generator may end in another thread's scope."""
    session = db.session(**options)
    try:
        yield session
    finally:
        registry: Any = db.session.registry
        for made in {session, registry.registry.pop(scope.key, session)}:
            made.close()


@contextmanager
def _lent(session: ScopedSession) -> Iterator[None]:
    session.lent = True
    try:
        yield
    finally:
        session.lent = False


def after_commit(act: Callable[[], None]) -> None:
    """Do something as soon as the present transaction is committed, and never if it is not; it must not use the database."""
    session = cast(ScopedSession, db.session())
    while session.outer is not None:
        session = session.outer
    session.put_off.append(act)


@event.listens_for(ScopedSession, "before_commit")
def _stay(session: ScopedSession) -> None:
    session.check_not_lent()


@event.listens_for(ScopedSession, "after_commit")
def _act(session: ScopedSession) -> None:
    if not session.in_nested_transaction():
        acts, session.put_off = session.put_off, []
        for act in acts:
            act()


@event.listens_for(ScopedSession, "after_rollback")
def _drop(session: ScopedSession) -> None:
    if not session.in_nested_transaction():
        session.put_off.clear()


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
        _count_tenant(connection, place)

    @event.listens_for(engine, "checkin")
    def recycle(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        spent = len(record.info.get("tenants", ())) >= tenants_per_connection
        if connection is not None and (spent or connection.info.transaction_status != TransactionStatus.IDLE):
            record.invalidate()


def _begin(connection: Connection, place: Place) -> None:
    """Send BEGIN and the place in one round trip, straight through libpq: a cursor's way costs a tenth of a small page."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    answer = driver.pgconn.exec_(place.begin)
    if answer.status == ExecStatus.COMMAND_OK:
        return
    if driver.pgconn.status != ConnStatus.OK:
        connection.exec_driver_sql(
            "BEGIN"
        )  # the usual way knows a lost connection and has the pool replace all of them
    raise DBAPIError.instance("BEGIN", {}, psycopg.errors.error_from_result(answer), psycopg.Error)


def _count_tenant(connection: Connection, place: Place) -> None:
    if place.schema:
        connection.info.setdefault("tenants", set()).add(place.schema)


_CITUS_SHARD = re.compile(r"_\d{5,}$")


def constraint_of(error: BaseException) -> str:
    """The name of the constraint that an IntegrityError broke, without a shard's number; empty when unknown."""
    diagnostics = getattr(getattr(error, "orig", None), "diag", None)
    return _CITUS_SHARD.sub("", getattr(diagnostics, "constraint_name", None) or "")
