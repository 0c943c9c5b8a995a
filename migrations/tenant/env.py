"""Alembic environment of tenant schemas, for writing migrations only: it works on a schema ``scratch`` that nobody lives in.

Tenants themselves are migrated by ``saas tenants migrate``.
"""

from typing import Any

from alembic import context
from sqlalchemy import Column, create_engine, text
from sqlalchemy.pool import NullPool

from saas.core.database import Base
from saas.core.logins import Login
from saas.core.runtime import settings

SCRATCH = "scratch"


def _compared(item: Any, name: str | None, kind: str, _reflected: bool, against: Any) -> bool:
    """Tables of tenants alone. An index of an expression counts by its name: the server writes expressions in its own way."""
    if kind == "index" and against is not None:
        return all(isinstance(expression, Column) for expression in item.expressions)
    return kind != "table" or item.schema is None


def run() -> None:
    """Bring the scratch schema up or down, so that autogenerate can compare it with the models."""
    engine = create_engine(settings().login(Login.OWNER), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCRATCH}"))
        connection.execute(text(f"SET LOCAL search_path TO {SCRATCH}, pg_temp"))
        connection.dialect.default_schema_name = SCRATCH
        context.configure(connection=connection, target_metadata=Base.metadata, include_object=_compared)
        with context.begin_transaction():
            context.run_migrations()


run()
