"""Making tenants: the schema is whole or not there, whatever happens meanwhile; and it is what the migrations make."""

import os
import random
import signal
from collections.abc import Iterator
from threading import Thread

import psycopg
import pytest
from sqlalchemy import select

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import Base
from saas.core.errors import Invalid
from saas.core.ids import short_id
from saas.tenancy import provisioning
from saas.tenancy.history import tenant_history
from saas.tenancy.models import SpareSchema, Tenant
from saas.tenancy.operations import NoSpare, create_tenant
from saas.tenancy.provisioning import (
    build_spare,
    drop_schema,
    orphans,
    owner_connection,
    tenant_tables,
    top_up,
)
from saas.tenancy.queries import get_tenant, list_events
from saas.tenancy.scope import platform_scope, platform_work, role_of

SHAPE = """
    SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
           replace(pg_get_expr(d.adbin, d.adrelid), %(schema)s::text || '.', ''), co.collname
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_collation co ON co.oid = a.attcollation
    WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'p')
    UNION ALL
    SELECT 'constraint', c.relname, k.conname,
           replace(pg_get_constraintdef(k.oid), %(schema)s::text || '.', ''), k.convalidated, k.contype, NULL, NULL
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = %(schema)s::text::regnamespace
    UNION ALL
    SELECT 'index', tablename, indexname, replace(indexdef, %(schema)s::text || '.', ''), NULL, NULL, NULL, NULL
    FROM pg_indexes WHERE schemaname = %(schema)s::text
    UNION ALL
    SELECT 'other', c.relname, c.relkind::text, c.relpersistence::text, NULL, NULL, NULL, NULL
    FROM pg_class c WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind <> 'i'
    UNION ALL
    SELECT 'type', t.typname, t.typtype::text, NULL, NULL, NULL, NULL, NULL
    FROM pg_type t WHERE t.typnamespace = %(schema)s::text::regnamespace AND t.typtype NOT IN ('b', 'c')
    UNION ALL
    SELECT 'trigger', c.relname, g.tgname, NULL, NULL, NULL, NULL, NULL
    FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    WHERE c.relnamespace = %(schema)s::text::regnamespace AND NOT g.tgisinternal
    ORDER BY 1, 2, 3
"""


@pytest.fixture
def schema(owner) -> Iterator[str]:
    """A schema made as sign-ups get theirs."""
    name = build_spare(owner)
    yield name
    owner.execute("DELETE FROM platform.spare_schemas WHERE schema_name = %s", [name])
    drop_schema(owner, name)


BUILDERS = """
import os, sys
from saas import create_app
from saas.core.settings import Settings
from saas.tenancy.provisioning import build_spare, owner_connection
create_app(Settings(environment="test", database_url=sys.argv[1]))
for _ in range(8):
    if os.fork() == 0:
        connection = owner_connection()
        os.write(1, f"{os.getpid()} {connection.info.backend_pid}\\n".encode())
        while True:
            build_spare(connection)
            os.write(1, b"built\\n")
os.wait()
"""


class TestTheSchema:
    def test_is_what_the_migrations_make(self, owner, schema):
        migrated = f"t_{short_id()}"
        with owner.transaction(force_rollback=True):
            owner.execute(f'CREATE SCHEMA "{migrated}"')
            owner.execute(f'SET LOCAL search_path TO "{migrated}", pg_temp')
            for step in tenant_history().steps:
                for statement in step.statements:
                    owner.execute(statement.encode())
            after_migrations = owner.execute(SHAPE, {"schema": migrated}).fetchall()
        baseline = owner.execute(SHAPE, {"schema": schema}).fetchall()
        assert len(baseline) > 50
        assert [row for row in after_migrations if row not in baseline] == []
        assert [row for row in baseline if row not in after_migrations] == []

    def test_holds_nothing_that_hinders_moving_it(self, owner, schema):
        kinds = {(row[0], row[2]) for row in owner.execute(SHAPE, {"schema": schema})}
        assert {name for kind, name in kinds if kind in ("type", "trigger")} == set()
        references = owner.execute(
            "SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND connamespace = %s::text::regnamespace"
            " AND confrelid NOT IN (SELECT oid FROM pg_class WHERE relnamespace = %s::text::regnamespace)",
            [schema, schema],
        )
        assert references.fetchall() == []

    def test_gives_every_table_a_primary_key_and_every_name_room_for_a_shards_number(self):
        assert [table.name for table in tenant_tables() if not table.primary_key.columns] == []
        names = [name for table in tenant_tables() for name in _names(table)]
        assert [name for name in names if len(name.encode()) > 50] == []

    def test_stays_within_its_budget_of_tables(self):
        mapped = {mapper.local_table: mapper.class_.__module__ for mapper in Base.registry.mappers}
        ours = [table for table in tenant_tables() if not mapped[table].startswith("saas.modules.")]
        assert len(ours) <= 30

    def test_belongs_to_the_owner_and_grants_its_role_rows_and_nothing_else(self, owner, schema):
        rights = owner.execute(
            "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants WHERE table_schema = %s AND grantee = %s",
            [schema, role_of(schema)],
        )
        assert {row[0] for row in rights} == {"SELECT", "INSERT", "UPDATE", "DELETE"}
        row = owner.execute(
            "SELECT rolcanlogin, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = %s", [role_of(schema)]
        )
        assert row.fetchone() == (False, False, False)


def _names(table) -> list[str]:
    items = [table, *table.columns, *table.constraints, *table.indexes]
    return [str(item.name) for item in items if item.name]


class TestASpare:
    def test_is_claimed_by_the_oldest_first_and_once(self, owner):
        top_up(owner, 2)
        with platform_scope() as session:
            query = select(SpareSchema.schema_name).where(SpareSchema.revision == tenant_history().head)
            oldest = session.scalars(query.order_by(SpareSchema.created_at)).first()
        with platform_work():
            tenant = create_tenant(name="First", slug=f"first-{short_id()}", actor=SYSTEM)
        assert tenant.schema_name == oldest
        with platform_scope() as session:
            assert session.get(SpareSchema, oldest) is None

    def test_of_another_revision_is_never_claimed(self, owner):
        with platform_work() as session:
            for spare in session.scalars(select(SpareSchema)):
                spare.revision = "older"
        try:
            with platform_scope(), pytest.raises(NoSpare):
                create_tenant(name="Early", slug=f"early-{short_id()}", actor=SYSTEM)
            assert top_up(owner, 1) == 1
        finally:
            with platform_work() as session:
                for spare in session.scalars(select(SpareSchema)):
                    spare.revision = tenant_history().head

    def test_is_given_back_when_the_sign_up_is_refused(self, owner, acme):
        top_up(owner, 1)
        with platform_scope() as session:
            before = set(session.scalars(select(SpareSchema.schema_name)))
        with platform_work() as session:
            for name, slug in [("Name", acme.slug), ("", "fine-slug"), ("Name", "no")]:
                with pytest.raises(Invalid):
                    create_tenant(name=name, slug=slug, actor=SYSTEM)
            assert set(session.scalars(select(SpareSchema.schema_name))) == before

    def test_is_claimed_by_one_of_two_at_once_who_want_the_same_name(self, owner):
        top_up(owner, 4)
        slug, outcomes = f"same-{short_id()}", []

        def sign_up() -> None:
            try:
                with platform_work():
                    create_tenant(name="Same", slug=slug, actor=SYSTEM)
                outcomes.append("made")
            except Invalid as refused:
                outcomes.append(refused.field)

        threads = [Thread(target=sign_up) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["made", "slug", "slug", "slug"]


class TestATenant:
    def test_is_ready_with_the_commit(self, owner, spare):
        slug = f"ready-{short_id()}"
        with platform_work():
            create_tenant(name="Ready", slug=slug, actor=SYSTEM, plan="pro", billing_email="bills@example.com")
        with platform_scope():
            tenant = get_tenant(slug)
            assert (tenant.key, tenant.status, tenant.plan) == (slug, "trialing", "pro")
            assert tenant.revision == tenant_history().head
            assert (tenant.trial_ends_at - now()).days in (13, 14)
            assert [(event.status, event.reason, event.actor) for event in list_events(tenant.id)] == [
                ("trialing", "created", "System")
            ]

    def test_is_not_there_at_all_without_the_commit(self, spare):
        slug = f"never-{short_id()}"
        with platform_scope():
            create_tenant(name="Never", slug=slug, actor=SYSTEM)
        with platform_scope() as session:
            assert session.scalars(select(Tenant).where(Tenant.slug == slug)).all() == []

    def test_is_found_by_key_slug_or_id_and_by_nothing_else(self, cast):
        with platform_scope():
            for name in (cast.acme.slug, str(cast.acme.id), str(cast.acme.id).upper()):
                assert get_tenant(name).id == cast.acme.id
            for name in ("", "nobody", "\0", "ä" * 60, cast.acme.slug.upper(), "' OR 1=1", str(cast.acme.id)[:-1]):
                with pytest.raises(Exception, match="No organisation"):
                    get_tenant(name)


class TestInterruptions:
    @pytest.fixture
    def before(self, owner) -> Iterator[set[str]]:
        """What belongs to nobody before the test: the same must be left afterwards."""
        found = set(orphans(owner))
        yield found
        assert set(orphans(owner)) == found
        self._assert_whole(owner)

    def _assert_whole(self, owner) -> None:
        """Every spare has all its tables and its role."""
        rows = owner.execute(
            "SELECT s.schema_name, count(c.oid), (SELECT count(*) FROM pg_roles WHERE rolname = %s || s.schema_name)"
            " FROM platform.spare_schemas s LEFT JOIN pg_namespace n ON n.nspname = s.schema_name"
            " LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r' GROUP BY 1",
            [role_of("")],
        ).fetchall()
        assert [row for row in rows if row[1:] != (len(tenant_tables()), 1)] == []

    def test_a_failing_statement_leaves_nothing(self, owner, before, monkeypatch):
        statements = provisioning.baseline()
        for place in range(len(statements) + 1):
            broken = (*statements[:place], "SELECT 1 / 0", *statements[place:])
            monkeypatch.setattr(provisioning, "baseline", lambda broken=broken: broken)
            with pytest.raises(psycopg.errors.DivisionByZero):
                build_spare(owner)

    def test_a_server_process_ended_at_any_moment_leaves_nothing(self, owner, before, server):
        chance = random.Random(7)
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as admin:
            for _ in range(25):
                self._build_and_lose(admin, chance.uniform(0, 0.06))

    def _build_and_lose(self, admin: psycopg.Connection, seconds: float) -> None:
        """Build spares until the server process that does it is ended, after a part of the time that one takes."""
        connection = owner_connection()
        pid = connection.info.backend_pid

        def build() -> None:
            try:
                while True:
                    build_spare(connection)
            except psycopg.OperationalError:
                connection.close()

        thread = Thread(target=build)
        thread.start()
        admin.execute("SELECT pg_sleep(%s), pg_terminate_backend(%s, 5000)", [seconds, pid])
        thread.join()

    def test_a_killed_program_leaves_nothing(self, owner, before, start, wait_until):
        """Eight programs build one schema after another and are killed, each at a moment of its own."""
        chance, lines = random.Random(11), iter(start(BUILDERS).stdout.readline, "")
        builders: list[tuple[int, int]] = []
        while len(builders) < 8:
            if len(words := next(lines).split()) == 2:
                builders.append((int(words[0]), int(words[1])))
        for program, _ in builders:
            for _ in range(chance.randint(0, 3)):
                next(lines)
            os.kill(program, signal.SIGKILL)
        alive = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)"
        servers = [server for _, server in builders]
        wait_until(lambda: owner.execute(alive, [servers]).fetchone() == (0,))

    def test_a_drop_that_was_interrupted_is_finished_by_the_next(self, owner, monkeypatch):
        name = build_spare(owner)
        monkeypatch.setattr(provisioning, "TABLES_PER_DROP", 1)
        drops = []

        def stop_after_two(connection, statement, drop=provisioning._drop):
            if len(drops) == 2:
                raise KeyboardInterrupt
            drops.append(statement)
            drop(connection, statement)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(provisioning, "_drop", stop_after_two)
            drop_schema(owner, name)
        drop_schema(owner, name)
        drop_schema(owner, name)
        owner.execute("DELETE FROM platform.spare_schemas WHERE schema_name = %s", [name])
        assert not {name, role_of(name)} & set(orphans(owner))

    def test_a_schema_that_is_no_tenants_is_never_dropped(self, owner):
        for name in ("platform", "public", "jobs"):
            with pytest.raises(ValueError):
                drop_schema(owner, name)

    def test_a_stray_schema_or_role_is_told(self, owner, settings):
        stray = f"t_{short_id()}"
        with owner.transaction(force_rollback=True):
            owner.execute(f'CREATE SCHEMA "{stray}"')
            owner.execute(f'CREATE ROLE "{role_of(stray)}"')
            assert {stray, role_of(stray)} <= set(orphans(owner))
