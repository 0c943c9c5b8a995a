"""Alembic environment of tenant schemas, for writing migrations only: it works on a schema ``scratch`` that nobody lives in.

Tenants themselves are migrated by ``saas tenants migrate``.
"""

from typing import Any

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from saas.core.database import Base
from saas.core.logins import Login
from saas.core.runtime import settings

SCRATCH = "scratch"


def _tenant_only(item: Any, name: str | None, kind: str, _reflected: bool, _against: Any) -> bool:
    return kind != "table" or item.schema is None


def run() -> None:
    """Bring the scratch schema up or down, so that autogenerate can compare it with the models."""
    engine = create_engine(settings().login(Login.OWNER), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCRATCH}"))
        connection.execute(text(f"SET LOCAL search_path TO {SCRATCH}, pg_temp"))
        connection.dialect.default_schema_name = SCRATCH
        context.configure(connection=connection, target_metadata=Base.metadata, include_object=_tenant_only)
        with context.begin_transaction():
            context.run_migrations()


run()
