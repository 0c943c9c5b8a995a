"""What a test founded is emptied after it, and its schema given to the next one: making a schema takes a tenth of a second, and
whatever is done for all organisations would take longer with each test."""

from functools import cache
from typing import Protocol
from uuid import UUID

import psycopg

from saas.core.runtime import settings
from saas.tenancy.history import tenant_history
from saas.tenancy.provisioning import act_for_platform, owner_connection, tenant_tables, top_up

_SHAPE = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
  SELECT concat_ws(' ', relname, relkind, relowner, relhastriggers, relrowsecurity, replace(relacl::text, %(schema)s, ''),
    (SELECT string_agg(concat_ws(' ', attname, atttypid, attnotnull, atthasdef, attisdropped), ',' ORDER BY attnum)
      FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0)) AS part
    FROM pg_class WHERE relnamespace = %(schema)s::regnamespace
  UNION ALL SELECT concat_ws(' ', conname, contype, condeferred, convalidated) FROM pg_constraint
    WHERE connamespace = %(schema)s::regnamespace
  UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace
  UNION ALL SELECT replace(nspacl::text, %(schema)s, '') FROM pg_namespace WHERE oid = %(schema)s::regnamespace
) AS parts"""
"""What a schema is made of, whatever its name."""


class Founded(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def schema_name(self) -> str: ...


class Grounds:
    """The schemas of a deployment's organisations, by one connection of its owner's login."""

    def __init__(self) -> None:
        self._connection = owner_connection()
        self._founded: list[Founded] = []
        self._new = ""

    @property
    def owner(self) -> psycopg.Connection:
        if self._connection.closed or self._connection.broken:
            self._connection = owner_connection()
        return self._connection

    def ready(self) -> None:
        """Have a schema there that nobody has."""
        top_up(self.owner, 1)

    def note(self, organisation: Founded) -> None:
        """Have an organisation given back by and by. The first one tells what a new schema is made of."""
        self._founded.append(organisation)
        self._new = self._new or self._shape(organisation.schema_name)

    def keep(self) -> None:
        """Leave those alone that were founded so far: they are there for more than one test."""
        self._founded.clear()

    def give_back(self) -> None:
        """Empty what was founded since; what a test has rebuilt, handed on or still uses stays as it is."""
        while self._founded:
            try:
                self._give_back(self._founded.pop())
            except psycopg.Error:
                continue

    def _give_back(self, organisation: Founded) -> None:
        schema, owner = organisation.schema_name, self.owner
        with owner.transaction():
            owner.execute("SET LOCAL lock_timeout TO '2s'")
            owner.execute("SET LOCAL search_path TO jobs")
            owner.execute(_emptying().replace("{schema}", schema).encode())
            owner.execute("DELETE FROM platform.tenant_migrations WHERE schema_name = %s", [schema])
            spare = "INSERT INTO platform.spare_schemas (schema_name, revision, created_at) VALUES (%s, %s, now())"
            owner.execute(spare, [schema, tenant_history().head])
            owner.execute("DELETE FROM jobs.procrastinate_jobs WHERE args ->> 'place' = %s", [schema])
            same = self._shape(schema) == self._new
            act_for_platform(owner)
            gone = "DELETE FROM platform.tenants WHERE id = %s RETURNING schema_name"
            if owner.execute(gone, [organisation.id]).fetchone() != (schema,) or not same:
                raise psycopg.Rollback

    def _shape(self, schema: str) -> str:
        row = self.owner.execute(_SHAPE, {"schema": schema}).fetchone()
        assert row is not None
        return str(row[0])


@cache
def _emptying() -> str:
    return ";".join(f'DELETE FROM "{{schema}}"."{table.name}"' for table in reversed(tenant_tables()))


@cache
def grounds(_url: str) -> Grounds:
    """Of the deployment at an address."""
    return Grounds()


def here() -> Grounds:
    """Of the deployment that is installed."""
    url = settings().database_url
    return grounds(url.get_secret_value() if url else "")
