"""Alembic environment of schema ``platform``: the owner's login, one transaction, limits on waiting."""

from typing import Any

from alembic import context
from sqlalchemy import Column, create_engine, text
from sqlalchemy.pool import NullPool

from saas.core.database import PLATFORM_SCHEMA, Base
from saas.core.logins import Login
from saas.core.runtime import settings


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    return name == PLATFORM_SCHEMA if kind == "schema" else True


def _compared(item: Any, name: str | None, kind: str, _reflected: bool, against: Any) -> bool:
    """Tables of the platform alone. An index of an expression counts by its name: the server writes expressions in its own way."""
    if kind == "index" and against is not None:
        return all(isinstance(expression, Column) for expression in item.expressions)
    return kind != "table" or item.schema == PLATFORM_SCHEMA


def run() -> None:
    """Upgrade or downgrade, waiting at most five seconds for a lock."""
    engine = create_engine(settings().login(Login.OWNER), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout TO '5s'"))
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_schemas=True,
            include_name=_ours,
            include_object=_compared,
            version_table_schema=PLATFORM_SCHEMA,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
