"""Migrating all schemas: several at a time, each whole or not at all, a failed one told and skipped."""

from pathlib import Path
from threading import Thread

import psycopg
import pytest
import sqlalchemy as sa
from alembic import op
from sqlalchemy import select, text

from saas.core.actor import SYSTEM
from saas.core.errors import Conflict
from saas.core.ids import short_id
from saas.tenancy import migrations
from saas.tenancy.history import History, Step, read_history, render, tenant_history
from saas.tenancy.migrations import Limits, Report, migrate_tenants
from saas.tenancy.models import SpareSchema, Tenant
from saas.tenancy.operations import create_tenant
from saas.tenancy.provisioning import build_spare, drop_schema, owner_connection
from saas.tenancy.queries import list_failed_migrations
from saas.tenancy.scope import platform_scope, platform_work
from tests.tenancy.conftest import make_tenants

QUICK = Limits(lock=200, statement=5_000)


@pytest.fixture
def fleet(app, owner):
    """Three organisations and a spare, in a database whose other schemas are put out of the way meanwhile."""
    tenants = make_tenants(3)
    set_aside = "UPDATE platform.{} SET revision = 'aside ' || revision"
    take_back = "UPDATE platform.{} SET revision = substr(revision, 7) WHERE starts_with(revision, 'aside ')"
    with platform_work() as session:
        mine = {"mine": [tenant.id for tenant in tenants]}
        session.execute(text(f"{set_aside.format('tenants')} WHERE id <> ALL(:mine)"), mine)
        session.execute(text(set_aside.format("spare_schemas")))
    spare = build_spare(owner)
    yield tenants
    with platform_work() as session:
        session.execute(text("DELETE FROM platform.spare_schemas WHERE schema_name = :spare"), {"spare": spare})
        session.execute(text("UPDATE platform.tenants SET revision = 'tried' WHERE id = ANY(:mine)"), mine)
        for table in ("tenants", "spare_schemas"):
            session.execute(text(take_back.format(table)))
        kept = session.scalar(select(Tenant.id).where(Tenant.schema_name == spare))
    if kept is None:
        drop_schema(owner, spare)


@pytest.fixture
def spare(fleet) -> str:
    """The fleet's spare schema."""
    with platform_scope() as session:
        query = select(SpareSchema.schema_name).where(SpareSchema.revision == tenant_history().head)
        return session.scalars(query).one()


def longer(*statements: str, revision: str = "next") -> History:
    """The history with one step more."""
    return History((*tenant_history().steps, Step(revision, statements)))


def revisions(tenants) -> list[str]:
    ids = [tenant.id for tenant in tenants]
    with platform_scope() as session:
        found = {row.id: row.revision for row in session.scalars(select(Tenant).where(Tenant.id.in_(ids)))}
    return [found[tenant_id] for tenant_id in ids]


def columns(owner, schema: str, table: str = "users") -> set[str]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
    return {row[0] for row in owner.execute(query, [schema, table])}


ADD = "ALTER TABLE users ADD COLUMN nickname text NOT NULL DEFAULT ''"


class TestACampaign:
    def test_brings_every_tenant_and_spare_to_the_head(self, fleet, spare, owner):
        seen: list[int] = []
        report = migrate_tenants(history=longer(ADD), progress=lambda report: seen.append(report.done))
        assert (report.total, report.done, report.failed) == (4, 4, {})
        assert seen == [1, 2, 3, 4]
        assert revisions(fleet) == ["next"] * 3
        for schema in (spare, *(tenant.schema_name for tenant in fleet)):
            assert "nickname" in columns(owner, schema)
        with platform_scope() as session:
            assert session.get_one(SpareSchema, spare).revision == "next"

    def test_gives_the_tenants_role_its_rights_on_new_tables(self, fleet, web_login, settings):
        table = "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)"
        migrate_tenants(history=longer(table))
        schema = fleet[0].schema_name
        web_login.execute(f'SET ROLE "{settings.role_prefix}_{schema}"')
        web_login.execute(f"INSERT INTO \"{schema}\".notes (body) VALUES ('x')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web_login.execute(f'SELECT * FROM "{fleet[1].schema_name}".notes')

    def test_goes_through_several_steps_from_wherever_a_schema_stands(self, fleet, owner):
        first = longer(ADD, revision="n1")
        migrate_tenants(history=first, only=fleet[0].schema_name)
        both = History((*first.steps, Step("n2", ("ALTER TABLE users RENAME COLUMN nickname TO alias",))))
        assert migrate_tenants(history=both).failed == {}
        assert all("alias" in columns(owner, tenant.schema_name) for tenant in fleet)

    def test_of_one_schema_leaves_the_others(self, fleet):
        migrate_tenants(history=longer(ADD), only=fleet[2].schema_name)
        assert revisions(fleet) == [*[tenant_history().head] * 2, "next"]

    def test_runs_beside_itself_on_several_connections(self, fleet, owner):
        """Each schema waits for the others: only when all four are worked on at once does any of them succeed."""
        owner.execute("CREATE SEQUENCE platform.come; GRANT ALL ON SEQUENCE platform.come TO PUBLIC")
        wait = (
            "DO $$ DECLARE come bigint := nextval('platform.come'); BEGIN FOR i IN 1..500 LOOP"
            "  SELECT last_value INTO come FROM platform.come; EXIT WHEN come >= 4; PERFORM pg_sleep(0.01); END LOOP;"
            " IF come < 4 THEN RAISE EXCEPTION 'alone'; END IF; END $$"
        )
        try:
            assert migrate_tenants(history=longer(wait), connections=4).failed == {}
        finally:
            owner.execute("DROP SEQUENCE platform.come")

    def test_with_nothing_to_do_is_one_query(self, fleet, monkeypatch):
        asked: list[str] = []

        class Counting(psycopg.Cursor):
            def execute(self, query, *arguments, **options):
                asked.append(str(query))
                return super().execute(query, *arguments, **options)

        def connect() -> psycopg.Connection:
            connection = owner_connection()
            connection.cursor_factory = Counting
            return connection

        monkeypatch.setattr(migrations, "owner_connection", connect)
        report = migrate_tenants()
        assert report.total == 0
        assert len([query for query in asked if "SET LOCAL" not in query]) == 1


class TestAFailure:
    @pytest.fixture
    def unlucky(self, fleet):
        """One organisation has two people of one name."""
        schema = fleet[1].schema_name
        with owner_connection() as owner:
            for number in range(2):
                owner.execute(
                    f'INSERT INTO "{schema}".users (id, email, name, role, password_hash, theme, is_active, created_at, updated_at)'
                    f" SELECT gen_random_uuid(), 'p{number}@example.com', 'Pat', 'member', '', 'system', true, now(), now()"
                )
        return fleet[1]

    UNIQUE = ("ALTER TABLE users ADD COLUMN extra text", "CREATE UNIQUE INDEX uq_users_name ON users (name)")

    def test_of_one_schema_does_not_stop_the_others(self, fleet, unlucky, owner):
        report = migrate_tenants(history=longer(*self.UNIQUE))
        assert set(report.failed) == {unlucky.schema_name}
        assert "could not create unique index" in report.failed[unlucky.schema_name]
        assert revisions(fleet).count("next") == 2

    def test_leaves_the_schema_whole_at_its_former_revision(self, fleet, unlucky, owner):
        migrate_tenants(history=longer(*self.UNIQUE))
        assert revisions([unlucky]) == [tenant_history().head]
        assert "extra" not in columns(owner, unlucky.schema_name)

    def test_is_noted_until_a_later_run_succeeds_with_just_that_one(self, fleet, unlucky, owner):
        migrate_tenants(history=longer(*self.UNIQUE))
        with platform_scope():
            (noted,) = [row for row in list_failed_migrations() if row.schema_name == unlucky.schema_name]
            assert (noted.tenant_id, noted.to_revision) == (unlucky.id, "next")
        owner.execute(f'DELETE FROM "{unlucky.schema_name}".users')
        report = migrate_tenants(history=longer(*self.UNIQUE))
        assert (report.total, report.failed) == (1, {})
        with platform_scope():
            assert [row for row in list_failed_migrations() if row.schema_name == unlucky.schema_name] == []

    def test_a_table_in_use_is_waited_for_briefly_then_told_and_skipped(self, fleet):
        busy = fleet[2].schema_name
        with owner_connection() as holder, holder.transaction():
            holder.execute(f'LOCK TABLE "{busy}".users IN ACCESS SHARE MODE')
            report = migrate_tenants(history=longer(ADD), limits=QUICK)
        assert list(report.failed) == [busy]
        assert "lock timeout" in report.failed[busy]
        assert migrate_tenants(history=longer(ADD), limits=QUICK).total == 1

    def test_a_statement_that_takes_too_long_is_ended(self, fleet):
        report = migrate_tenants(
            history=longer("SELECT pg_sleep(5)"), limits=Limits(200, 100), only=fleet[0].schema_name
        )
        assert "statement timeout" in report.failed[fleet[0].schema_name]

    def test_a_lost_connection_costs_one_schema(self, fleet):
        victim = fleet[0].schema_name
        ending = (
            "DO $$ BEGIN IF current_schema() = '" + victim + "' THEN"
            " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; END $$"
        )
        report = migrate_tenants(history=longer(ending, "SELECT pg_sleep(0.01)", ADD), connections=1)
        assert list(report.failed) == [victim]
        assert report.done == report.total == 4
        assert migrate_tenants(history=longer(ADD)).total == 1


class TestBesideOthers:
    def test_a_second_campaign_is_refused(self, fleet):
        seen: list[object] = []

        def second(_report: Report) -> None:
            if not seen:
                with pytest.raises(Conflict) as refused:
                    migrate_tenants(history=longer(ADD))
                seen.append(refused.value)

        assert migrate_tenants(history=longer(ADD), progress=second, connections=1).failed == {}
        assert len(seen) == 1

    def test_a_spare_claimed_meanwhile_is_taken_up_as_that_tenant(self, fleet, spare, owner, wait_until):
        """The claim comes while the spare's migration waits: it must not be migrated twice, nor left behind."""
        claimed: list[Tenant] = []

        def claim(report: Report) -> None:
            if report.done == 1:
                with platform_work():
                    claimed.append(create_tenant(name="Late", slug=f"late-{short_id()}", actor=SYSTEM))

        with owner_connection() as holder:
            holder.execute("BEGIN")
            holder.execute(f'LOCK TABLE "{spare}".users IN ACCESS SHARE MODE')
            done: list[Report] = []
            limits = Limits(lock=10_000)
            campaign = Thread(
                target=lambda: done.append(
                    migrate_tenants(history=longer(ADD), connections=4, limits=limits, progress=claim)
                )
            )
            campaign.start()
            wait_until(lambda: claimed)
            holder.execute("COMMIT")
            campaign.join()
        assert done[0].failed == {}
        assert claimed[0].schema_name == spare
        assert revisions(claimed) == ["next"]
        assert "nickname" in columns(owner, spare)


class TestRendering:
    def test_a_per_cent_sign_survives_as_it_was_written(self, fleet, owner):
        def upgrade() -> None:
            op.add_column("users", sa.Column("rate", sa.Text(), server_default="5%"))
            op.execute("UPDATE users SET rate = '100%' WHERE name LIKE 'A%'")
            op.create_check_constraint("rate", "users", "rate LIKE '%\\%'")

        statements = render(upgrade)
        assert any("'5%'" in statement for statement in statements)
        assert migrate_tenants(history=longer(*statements)).failed == {}
        query = "SELECT column_default FROM information_schema.columns WHERE column_name = 'rate' AND table_schema = %s"
        assert owner.execute(query, [fleet[0].schema_name]).fetchone() == ("'5%'::text",)

    def test_a_semicolon_inside_a_text_does_not_split_it(self, fleet):
        statements = render(lambda: op.execute("COMMENT ON TABLE users IS 'one; two'"))
        assert len(statements) == 1
        assert migrate_tenants(history=longer(*statements)).failed == {}

    def test_a_migration_that_commits_is_refused_when_it_is_read(self, tmp_path):
        self.write(tmp_path, "t1", None, "op.execute('COMMIT')")
        with pytest.raises(ValueError, match="ends its transaction"):
            read_history(tmp_path)

    def test_two_heads_are_refused_when_they_are_read(self, tmp_path):
        for name, down in [("t1", None), ("t2", "t1"), ("t3", "t1")]:
            self.write(tmp_path, name, down, "pass")
        with pytest.raises(ValueError, match="one line"):
            read_history(tmp_path)

    def write(self, folder: Path, name: str, down: str | None, body: str) -> None:
        (folder / "versions").mkdir(exist_ok=True)
        (folder / "env.py").touch()
        (folder / "versions" / f"{name}.py").write_text(
            f"from alembic import op\nrevision = {name!r}\ndown_revision = {down!r}\nbranch_labels = depends_on = None\n"
            f"def upgrade():\n    {body}\n"
        )

    def test_a_revision_of_newer_code_is_served_and_never_migrated(self):
        history = tenant_history()
        assert not history.behind("of-next-year")
        assert not history.behind(history.head)
        with pytest.raises(LookupError):
            history.after("of-next-year")
