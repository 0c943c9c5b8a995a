"""What the database itself refuses, walked table by table: foreign schemas, other tenants' rows, logins without a scope."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from saas.billing.models import BillingAccount, Subscription
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import Base
from saas.core.logins import Login
from saas.domains.certificates.models import Certificate
from saas.tenancy.keys import rotate_key
from saas.tenancy.models import AccountIndex, Domain, Status, TenantMigration
from saas.tenancy.operations import change_slug, change_status
from saas.tenancy.prepare import TENANT_GRANTS, keeper_role
from saas.tenancy.provisioning import owner_connection, tenant_tables
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_rights, platform_scope, platform_work, role_of, tenant_scope

DENIED = psycopg.errors.InsufficientPrivilege
TABLES = [table.name for table in tenant_tables()]
OPEN = [table.name for table in tenant_tables() if "rights" not in table.info]
SHARED = [table for table in Base.metadata.sorted_tables if table.schema == "platform"]
OF_TENANTS = [table.name for table in SHARED if "tenant_id" in table.columns]
CLOSED = [table.name for table in SHARED if table.name not in TENANT_GRANTS]


def attempts(schema: str, table: str) -> Iterator[sql.Composed]:
    """Reading, writing and looking sideways at one table."""
    name = sql.Identifier(schema, table)
    yield sql.SQL("SELECT * FROM {}").format(name)
    yield sql.SQL("SELECT 1 FROM {} LIMIT 1").format(name)
    yield sql.SQL("INSERT INTO {} DEFAULT VALUES").format(name)
    yield sql.SQL("DELETE FROM {}").format(name)
    yield sql.SQL("TRUNCATE {}").format(name)
    yield sql.SQL("COPY {} TO STDOUT").format(name)


def touched(session, statement: str, other: UUID) -> int:
    """How many rows a statement changes; none when it is not permitted."""
    try:
        return session.execute(text(statement), {"other": other}).rowcount
    except ProgrammingError as error:
        if not isinstance(error.orig, DENIED):
            raise
        return 0


@pytest.fixture
def filled(cast, settings):
    """Both organisations have rows in every shared table that is about tenants."""
    with platform_work() as session:
        for organisation in (cast.acme, cast.umbrella):
            tenant = get_tenant(str(organisation.id))
            change_status(tenant, Status.ACTIVE, reason="paid", actor=SYSTEM)
            rotate_key(tenant, actor=SYSTEM)
            session.add(Domain(host=f"{tenant.slug}.example.org", tenant_id=tenant.id, verified_at=now()))
            session.merge(AccountIndex(email_hash=tenant.id.bytes, tenant_id=tenant.id))
            session.merge(BillingAccount(tenant_id=tenant.id, customer_id=f"cus_{tenant.key}"))
            session.merge(
                Subscription(
                    id=f"sub_{tenant.key}",
                    tenant_id=tenant.id,
                    status="active",
                    plan="pro",
                    version="",
                    cycle="month",
                    currency="EUR",
                    amount=0,
                    months=1,
                    item_id="",
                    created_at=now(),
                )
            )
            session.merge(Certificate(host=f"{tenant.slug}.example.org", tenant_id=tenant.id))
            session.merge(
                TenantMigration(schema_name=tenant.schema_name, tenant_id=tenant.id, from_revision="a", to_revision="b")
            )
    with owner_connection() as owner, owner.transaction():
        owner.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(keeper_role(settings, "sealer"))))
        for organisation in (cast.acme, cast.umbrella):
            owner.execute(
                "INSERT INTO platform.audit_heads"
                " (tenant_id, position, hash, signature, sealed_at, waits_for, inserted, verified_to, fault)"
                " VALUES (%s, 0, '', '', now(), '{}', -1, 0, '') ON CONFLICT DO NOTHING",
                [organisation.id],
            )
    yield cast
    with platform_work() as session:
        for table in (Certificate, Domain):
            session.execute(delete(table).where(table.tenant_id.in_([cast.acme.id, cast.umbrella.id])))


class TestTenantSchemas:
    def test_every_role_is_refused_at_every_table_of_every_other_schema(self, cast, web_login):
        pair = [(cast.acme, cast.umbrella), (cast.umbrella, cast.acme)]
        opened = []
        for mine, other in pair:
            for table in TABLES:
                for attempt in attempts(other.schema_name, table):
                    web_login.execute("BEGIN")
                    web_login.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(mine.schema_name))))
                    try:
                        web_login.execute(attempt)
                        opened.append(attempt.as_string())
                    except DENIED:
                        pass
                    web_login.execute("ROLLBACK")
        assert opened == []

    def test_the_same_attempts_succeed_at_home(self, acme, web_login):
        for table in OPEN:
            with web_login.transaction(force_rollback=True):
                web_login.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role_of(acme.schema_name))))
                web_login.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(acme.schema_name, table)))
                web_login.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(acme.schema_name, table)))

    def test_the_web_login_is_refused_without_a_role(self, acme, web_login):
        for table in TABLES:
            for attempt in attempts(acme.schema_name, table):
                with pytest.raises(DENIED):
                    web_login.execute(attempt)

    def test_the_queues_login_is_refused_everywhere_but_at_the_queue(self, acme, settings):
        with psycopg.connect(settings.login(Login.JOBS), autocommit=True) as jobs:
            jobs.execute("SELECT count(*) FROM procrastinate_jobs")
            for schema, table in [(acme.schema_name, "users"), ("platform", "tenants")]:
                for attempt in attempts(schema, table):
                    with pytest.raises(DENIED):
                        jobs.execute(attempt)
            with pytest.raises(DENIED):
                jobs.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role_of(acme.schema_name))))

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (id int)",
            "CREATE TABLE public.mine (id int)",
            "CREATE SCHEMA mine",
            "CREATE TEMP TABLE mine (id int)",
            "ALTER TABLE users ADD COLUMN mine int",
            "DROP TABLE users",
            "CREATE ROLE mine",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SELECT * FROM pg_authid",
            "COPY users TO PROGRAM 'cat'",
        ],
    )
    def test_no_scope_defines_anything(self, acme, statement):
        with (
            tenant_scope(acme) as session,
            pytest.raises(DBAPIError, match=r"permission denied|must be owner|no schema"),
        ):
            session.execute(text(statement))

    def test_a_scope_sees_no_catalogue_row_that_names_a_company(self, acme, umbrella):
        with tenant_scope(acme) as session:
            roles = " ".join(session.scalars(text("SELECT rolname FROM pg_roles")))
        assert umbrella.slug not in roles


class TestSharedTables:
    @pytest.mark.parametrize("table", sorted(TENANT_GRANTS))
    def test_a_tenant_reads_its_own_rows_only(self, filled, table):
        column = "id" if table == "tenants" else "tenant_id"
        query = text(f"SELECT DISTINCT {column} FROM platform.{table}")
        for organisation in (filled.acme, filled.umbrella):
            with tenant_scope(organisation) as session:
                assert session.scalars(query).all() == [organisation.id]
        with platform_scope() as session:
            assert {filled.acme.id, filled.umbrella.id} <= set(session.scalars(query))

    @pytest.mark.parametrize("table", [*CLOSED, "alembic_version"])
    def test_a_tenant_is_refused_at_the_others(self, acme, table):
        with tenant_scope(acme) as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(f"SELECT * FROM platform.{table}"))
        with platform_scope() as session:
            session.execute(text(f"SELECT * FROM platform.{table}"))

    @pytest.mark.parametrize("table", SHARED, ids=lambda table: table.name)
    def test_no_tenant_writes_a_row_of_another(self, filled, table):
        """Whatever the grants allow: changes and deletions reach nothing or are refused."""
        last = list(table.columns)[-1].name
        key = "id" if table.name == "tenants" else "tenant_id" if table.name in OF_TENANTS else "NULL::uuid"
        for verb in (f"UPDATE platform.{table.name} SET {last} = {last}", f"DELETE FROM platform.{table.name}"):
            with tenant_scope(filled.acme) as session:
                assert touched(session, f"{verb} WHERE {key} = :other", filled.umbrella.id) == 0

    def test_a_tenant_cannot_register_a_name_or_an_address_for_another(self, cast):
        for statement in (
            "INSERT INTO platform.tenant_names (name, tenant_id, created_at) VALUES ('stolen', :other, now())",
            "INSERT INTO platform.account_index (email_hash, tenant_id) VALUES ('x', :other)",
        ):
            with tenant_scope(cast.acme) as session, pytest.raises(ProgrammingError, match="row-level security"):
                session.execute(text(statement), {"other": cast.umbrella.id})

    def test_a_tenant_cannot_give_its_own_row_away(self, cast):
        with tenant_scope(cast.acme) as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("UPDATE platform.tenants SET schema_name = 'x'"))
        with tenant_scope(cast.acme) as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("UPDATE platform.tenants SET status = 'active'"))

    def test_a_tenant_may_change_what_it_is_called(self, acme):
        with tenant_scope(acme) as session:
            assert session.execute(text("UPDATE platform.tenants SET name = 'New', updated_at = now()")).rowcount == 1

    def test_its_history_cannot_be_rewritten_even_by_the_platform(self, filled):
        with platform_scope() as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("UPDATE platform.tenant_events SET reason = 'nothing'"))

    @pytest.mark.parametrize("table", sorted({*OF_TENANTS, "tenants"}))
    def test_every_table_about_tenants_has_forced_row_level_security(self, owner, table):
        query = "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass"
        assert owner.execute(query, [f"platform.{table}"]).fetchone() == (True, True)

    def test_the_owner_itself_sees_nothing_without_a_place(self, filled, owner):
        for table in {*OF_TENANTS, "tenants"}:
            query = sql.SQL("SELECT count(*) FROM platform.{}").format(sql.Identifier(table))
            assert owner.execute(query).fetchone() == (0,)

    def test_the_platforms_rights_end_with_their_block(self, cast):
        query = text("SELECT count(*) FROM platform.tenants")
        with tenant_scope(cast.acme) as session:
            assert session.scalar(query) == 1
            with platform_rights() as platform:
                assert platform.scalar(query) >= 2
            assert session.scalar(query) == 1

    def test_the_web_login_is_refused_at_every_shared_table_without_a_role(self, app, web_login):
        for table in [*(table.name for table in SHARED), "alembic_version"]:
            for attempt in attempts("platform", table):
                with pytest.raises(DENIED):
                    web_login.execute(attempt)

    def test_the_web_login_can_take_no_stronger_role(self, app, web_login, settings):
        for role in ("saas", "postgres", f"{settings.role_prefix}_jobs"):
            with pytest.raises(DENIED):
                web_login.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))


class TestTheQueue:
    def test_no_scope_reads_the_queue(self, acme):
        for scope in (tenant_scope(acme), platform_scope()):
            with scope as session, pytest.raises(ProgrammingError, match="permission denied"):
                session.execute(text("SELECT * FROM jobs.procrastinate_jobs"))

    def test_a_tenant_cannot_fan_a_job_out(self, acme):
        with tenant_scope(acme) as session, pytest.raises(ProgrammingError, match="only the platform"):
            session.execute(text("SELECT jobs.enqueue_each('x')"))

    def test_nobody_enqueues_without_a_scope(self, app, web_login):
        with pytest.raises(DENIED):
            web_login.execute("SELECT jobs.enqueue('x', '{}', NULL, NULL, NULL)")


def test_a_foreign_slug_stays_out_of_reach_in_a_tenants_own_scope(cast):
    """The unique name refuses what row-level security hides."""
    with tenant_scope(cast.acme) as session, pytest.raises(Exception, match="taken"):
        change_slug(get_tenant(str(cast.acme.id)), cast.umbrella.slug, actor=SYSTEM)
        session.commit()
    with platform_scope():
        assert get_tenant(cast.umbrella.slug).id == cast.umbrella.id
