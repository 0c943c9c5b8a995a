"""Scopes: one session stands in one place, whatever happens around it."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from threading import Thread

import psycopg
import pytest
from flask import Response
from psycopg.pq import TransactionStatus
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from saas.accounts.models import User
from saas.core.database import after_commit, db, guard_engine, opened
from saas.core.logins import Login
from saas.core.scope import NoScope, Place, current_scope, current_tenant_id, scope_or_none
from saas.tenancy.directory import directory
from saas.tenancy.models import Tenant
from saas.tenancy.scope import (
    inside,
    platform_rights,
    platform_scope,
    platform_work,
    tenant_place,
    tenant_scope,
    tenant_work,
)
from saas.web.access import public
from saas.web.csv import csv_response
from tests.tenancy.conftest import make_tenants

STANDING = text("SELECT current_setting('search_path'), current_user::text, platform.place()")


def people() -> set[str]:
    return set(db.session.scalars(select(User.name)))


def hire(name: str) -> User:
    user = User(email=f"{name.lower()}@example.com", name=name)
    db.session.add(user)
    return user


class TestWithoutAScope:
    def test_the_database_refuses_to_be_asked(self, app):
        with pytest.raises(NoScope):
            db.session.execute(text("SELECT 1"))

    def test_an_application_context_is_no_scope(self, app):
        with app.app_context(), pytest.raises(NoScope):
            db.session.scalars(select(Tenant)).all()

    def test_an_engine_without_a_place_refuses_and_stays_usable(self, app, acme):
        with pytest.raises(NoScope), db.guarded.connect() as connection:
            connection.execute(text("SELECT 1"))
        with tenant_scope(acme):
            assert "Alice" in people()

    def test_a_session_cannot_be_used_after_its_scope(self, app, acme):
        with tenant_scope(acme) as session:
            session.scalars(select(User)).all()
        with pytest.raises(Exception, match="closed"):
            session.scalars(select(User)).all()

    @pytest.mark.parametrize("name", ['t_x"; DROP SCHEMA platform; --', "T_X", "", "t x"])
    def test_a_name_that_could_carry_sql_is_no_place(self, name):
        with pytest.raises(ValueError):
            Place(schema=name, role=None)


class TestATenantsScope:
    def test_stands_on_the_tenants_path_with_its_role(self, cast, settings):
        for organisation in (cast.acme, cast.umbrella):
            with tenant_scope(organisation) as session:
                schema = organisation.schema_name
                assert tuple(session.execute(STANDING).one()) == (
                    f"{schema}, pg_temp",
                    f"{settings.role_prefix}_{schema}",
                    schema,
                )
                assert current_tenant_id() == organisation.id

    def test_sees_its_own_people_only(self, cast):
        with tenant_scope(cast.acme):
            assert people() == {"Alice", "Adam", "Bob", "Vera"}
        with tenant_scope(cast.umbrella):
            assert people() == {"Charlie"}

    def test_is_rolled_back_unless_committed(self, acme):
        with tenant_scope(acme):
            hire("Zoe")
            db.session.flush()
        with tenant_work(acme):
            assert "Zoe" not in people()
            hire("Yan")
        with tenant_scope(acme):
            assert "Yan" in people()

    def test_keeps_nothing_of_a_unit_of_work_that_failed(self, acme):
        with pytest.raises(ZeroDivisionError), tenant_work(acme):
            hire("Zoe")
            db.session.flush()
            raise ZeroDivisionError
        with tenant_scope(acme):
            assert "Zoe" not in people()

    def test_stands_there_again_after_a_commit_and_after_a_rollback(self, acme):
        with tenant_scope(acme) as session:
            for end in (session.commit, session.rollback):
                end()
                assert session.execute(STANDING).one()[2] == acme.schema_name

    def test_stands_there_again_after_a_savepoint_was_rolled_back(self, acme):
        with tenant_work(acme) as session:
            with pytest.raises(IntegrityError), session.begin_nested():
                session.add_all([User(email="same@example.com", name="A"), User(email="same@example.com", name="B")])
                session.flush()
            assert session.execute(STANDING).one()[2] == acme.schema_name
            hire("Yan")
        with tenant_scope(acme):
            assert "Yan" in people()

    def test_gives_another_object_for_the_same_key_in_another_tenant(self, cast):
        twin = cast.acme.people["Alice"].id
        with tenant_work(cast.umbrella):
            hire("Alice's twin").id = twin
        with tenant_scope(cast.acme):
            assert db.session.get(User, twin).name == "Alice"
            with tenant_scope(cast.umbrella):
                assert db.session.get(User, twin).name == "Alice's twin"
            assert db.session.get(User, twin).name == "Alice"

    def test_reads_what_belongs_to_an_outer_object_in_the_outer_tenant(self, cast):
        with tenant_scope(cast.acme) as outer:
            alice = outer.scalars(select(User).where(User.name == "Alice")).one()
            outer.expire(alice)
            with tenant_scope(cast.umbrella):
                assert alice.email == cast.acme.email("Alice")
                assert people() == {"Charlie"}

    def test_whose_session_is_first_used_inside_another_scope_is_still_that_of_its_tenant(self, cast):
        with tenant_scope(cast.acme) as outer, tenant_scope(cast.umbrella):
            assert "Alice" in set(outer.scalars(select(User.name)))
            assert people() == {"Charlie"}

    def test_is_left_as_it_was_by_an_application_context_that_ends_inside(self, app, acme):
        with tenant_work(acme):
            hire("Yan")
            with app.app_context():
                pass
        with tenant_scope(acme):
            assert "Yan" in people()


class TestRightsThatAreNotGiven:
    def test_another_tenants_schema_is_closed(self, cast):
        with tenant_scope(cast.acme) as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(f'SELECT * FROM "{cast.umbrella.schema_name}".users'))

    @pytest.mark.parametrize("typed", ["COMMIT", "RESET ROLE", "ROLLBACK", "SET LOCAL ROLE NONE"])
    def test_a_transaction_ended_or_a_role_dropped_by_hand_opens_nothing(self, acme, typed):
        with tenant_scope(acme) as session:
            session.execute(text("SELECT 1"))
            session.execute(text(typed))
            with pytest.raises(ProgrammingError, match=r"does not exist|permission denied"):
                session.execute(text("SELECT * FROM users"))
        with tenant_scope(acme):
            assert "Alice" in people()

    def test_a_session_setting_made_by_hand_does_not_reach_the_next_scope(self, cast):
        with tenant_scope(cast.acme) as session:
            session.execute(text(f'SET search_path TO "{cast.acme.schema_name}"'))
            session.commit()
        for _ in range(10):
            with tenant_scope(cast.umbrella):
                assert people() == {"Charlie"}

    def test_a_temporary_table_cannot_stand_before_a_tenants(self, acme):
        with tenant_scope(acme) as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("CREATE TEMP TABLE users (id int)"))


class TestJoinedPlaces:
    def test_both_places_are_committed_together(self, tenant):
        with platform_work():
            db.session.get_one(Tenant, tenant.id).industry = "paper"
            with inside(tenant):
                hire("Yan")
        with platform_scope(), inside(tenant):
            assert people() == {"Yan"}
        with platform_scope():
            assert db.session.get_one(Tenant, tenant.id).industry == "paper"

    def test_both_places_are_rolled_back_together(self, tenant):
        with pytest.raises(ZeroDivisionError), platform_work():
            db.session.get_one(Tenant, tenant.id).industry = "paper"
            with inside(tenant):
                hire("Yan")
            raise ZeroDivisionError
        with platform_scope():
            assert db.session.get_one(Tenant, tenant.id).industry == ""
            with inside(tenant):
                assert people() == set()

    def test_an_error_inside_undoes_the_block_and_leads_back(self, tenant):
        with platform_work() as session:
            db.session.get_one(Tenant, tenant.id).industry = "paper"
            with pytest.raises(ZeroDivisionError), inside(tenant):
                hire("Yan")
                db.session.flush()
                raise ZeroDivisionError
            assert session.execute(STANDING).one()[2] == "*"
        with tenant_scope(tenant):
            assert people() == set()
        with platform_scope():
            assert db.session.get_one(Tenant, tenant.id).industry == "paper"

    def test_a_refusal_by_the_database_inside_leads_back_too(self, tenant):
        with tenant_work(tenant) as session:
            hire("Yan")
            with pytest.raises(DBAPIError), platform_rights():
                db.session.execute(text("SELECT 1 / 0"))
            assert session.execute(STANDING).one()[2] == tenant.schema_name
        with tenant_scope(tenant):
            assert people() == {"Yan"}

    def test_what_is_written_inside_a_savepoint_stays(self, tenant):
        with tenant_work(tenant) as session, session.begin_nested(), platform_rights():
            db.session.get_one(Tenant, tenant.id).industry = "paper"
        with platform_scope():
            assert db.session.get_one(Tenant, tenant.id).industry == "paper"

    def test_the_outer_session_does_not_work_while_its_connection_stands_elsewhere(self, cast):
        with platform_scope(), inside(cast.acme) as outer:
            alice = outer.scalars(select(User).where(User.name == "Alice")).one()
            outer.expire(alice)
            with inside(cast.umbrella):
                with pytest.raises(NoScope):
                    alice.name  # noqa: B018 - reading it asks the database
                with pytest.raises(NoScope):
                    outer.commit()
            assert alice.name == "Alice"

    def test_the_inner_session_does_not_work_on_when_the_transaction_has_ended(self, cast):
        with tenant_scope(cast.acme), pytest.raises(NoScope), inside(cast.umbrella) as inner:
            people()
            inner.rollback()
            people()

    def test_a_block_that_ends_the_transaction_is_an_error(self, acme):
        with tenant_scope(acme), pytest.raises(NoScope), platform_rights() as inner:
            inner.scalars(select(Tenant)).all()
            inner.rollback()

    def test_they_need_one_connection(self, app, acme, monkeypatch):
        """A second one per request would starve the pool."""
        with tenant_scope(acme) as session:
            mine = session.scalar(text("SELECT pg_backend_pid()"))
            with platform_rights() as platform:
                assert platform.scalar(text("SELECT pg_backend_pid()")) == mine
            directory.forget()
            before = db.guarded.pool.checkedout()
            assert directory.by_id(acme.id).slug == acme.slug
            assert db.guarded.pool.checkedout() == before


class TestAScopeThatStandsAlone:
    def test_lets_no_second_scope_open_inside(self, cast):
        with tenant_scope(cast.acme, alone=True):
            with pytest.raises(NoScope), platform_scope():
                pass
            with platform_rights(), pytest.raises(NoScope), tenant_scope(cast.umbrella):
                pass

    def test_is_what_a_request_has(self, app, acme, browse, monkeypatch):
        seen = []

        @public
        def view():
            seen.append(current_scope())
            return "seen"

        monkeypatch.setitem(app.view_functions, "accounts.sign_in", view)
        assert browse(acme).get("/sign-in").text == "seen"
        assert seen[0].alone
        assert seen[0].place.schema == acme.schema_name

    def test_a_request_does_not_begin_inside_an_open_scope(self, acme, browse):
        with tenant_scope(acme), pytest.raises(NoScope):
            browse(acme).get("/sign-in")


class TestAfterACommit:
    def test_work_put_off_is_done_once_and_only_then(self, acme):
        done = []
        with tenant_scope(acme) as session:
            after_commit(lambda: done.append("now"))
            with session.begin_nested():
                hire("Yan")
            assert done == []
            session.commit()
            assert done == ["now"]
            session.execute(text("SELECT 1"))
            session.commit()
        assert done == ["now"]

    def test_work_put_off_is_forgotten_with_a_rollback(self, acme):
        done = []
        with tenant_scope(acme) as session:
            session.execute(text("SELECT 1"))
            after_commit(lambda: done.append("now"))
            session.rollback()
            session.execute(text("SELECT 1"))
            session.commit()
        assert done == []

    def test_work_put_off_inside_a_joined_place_waits_for_the_outer_commit(self, acme):
        done = []
        with tenant_scope(acme) as session:
            with platform_rights():
                after_commit(lambda: done.append("now"))
            assert done == []
            session.commit()
        assert done == ["now"]


class TestThreadsAndGenerators:
    def test_a_new_thread_has_no_scope(self, acme):
        seen = []
        with tenant_scope(acme):
            thread = Thread(target=lambda: seen.append(scope_or_none()))
            thread.start()
            thread.join()
        assert seen == [None]

    def test_a_thread_that_inherits_the_context_does_not_inherit_the_scope(self, acme):
        with tenant_scope(acme), ThreadPoolExecutor(1) as pool:
            assert pool.submit(copy_context().run, scope_or_none).result() is None

    def test_generators_that_end_out_of_order_leave_no_scope_behind(self, cast):
        def rows(organisation):
            with tenant_scope(organisation):
                yield people()
                yield people()

        first, second = rows(cast.acme), rows(cast.umbrella)
        assert next(first) == {"Alice", "Adam", "Bob", "Vera"}
        assert next(second) == {"Charlie"}
        first.close()
        second.close()
        assert scope_or_none() is None

    def test_a_generator_closed_in_another_thread_takes_its_own_session_along_and_no_other(self, cast):
        def rows(organisation):
            with tenant_scope(organisation):
                yield people()

        stream = rows(cast.acme)
        next(stream)

        def elsewhere():
            with tenant_work(cast.umbrella):
                hire("Yan")
                db.session.flush()
                stream.close()
                return people()

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(elsewhere).result() == {"Charlie", "Yan"}
        with tenant_scope(cast.umbrella):
            assert people() == {"Charlie", "Yan"}

    def test_a_streamed_download_reads_in_a_scope_of_its_own(self, app, acme, umbrella):
        entry = directory.by_name(acme.slug)

        def lines():
            assert current_tenant_id() == acme.id
            yield [(name,) for name in sorted(people())]

        response: Response = csv_response("people.csv", ["name"], lines, entry)
        assert response.get_data(as_text=True).split() == ["name", "Adam", "Alice", "Bob", "Vera"]
        assert scope_or_none() is None


class TestConnections:
    def idle(self) -> set[tuple[int, str, str]]:
        """What the pool's connections are like between scopes."""
        found = set()
        held = [db.guarded.pool.connect() for _ in range(5)]
        for connection in held:
            driver = connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            status = driver.info.transaction_status
            row = driver.execute("SELECT current_user::text, current_setting('search_path')").fetchone()
            found.add((status, *row))
        for connection in held:
            connection.close()
        return found

    def test_come_back_clean_whatever_happened(self, cast, settings):
        db.guarded.dispose()
        for organisation in (cast.acme, cast.umbrella):
            with tenant_scope(organisation):
                people()
            with pytest.raises(DBAPIError), tenant_scope(organisation) as session:
                session.execute(text("SELECT 1 / 0"))
            with tenant_scope(organisation), pytest.raises(DBAPIError), platform_rights() as session:
                session.execute(text("nonsense"))
        assert self.idle() == {(TransactionStatus.IDLE, f"{settings.role_prefix}_app", '""')}

    def test_that_the_server_ended_cost_one_transaction_and_no_more(self, acme, server):
        db.guarded.dispose()
        held = [tenant_scope(acme) for _ in range(3)]
        pids = [scope.__enter__().scalar(text("SELECT pg_backend_pid()")) for scope in held]
        for scope in reversed(held):
            scope.__exit__(None, None, None)
        with psycopg.connect(server.dsn("postgres")) as admin:
            admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) pid", [pids])
        with pytest.raises(OperationalError) as lost, tenant_scope(acme):
            people()
        assert lost.value.connection_invalidated
        for _ in pids:
            with tenant_scope(acme):
                assert "Alice" in people()

    def test_refuse_a_place_whose_role_is_gone_and_are_replaced(self, acme):
        gone = replace(tenant_place(acme), role="no_such_role")
        with pytest.raises(DBAPIError, match="does not exist"), opened(gone) as session:
            session.execute(text("SELECT 1"))
        with tenant_scope(acme):
            assert "Alice" in people()

    def test_are_replaced_after_serving_many_tenants(self, app, settings, monkeypatch):
        engine = create_engine(settings.login(Login.APP), isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0)
        guard_engine(engine, tenants_per_connection=3)
        monkeypatch.setattr(db, "guarded", engine)
        served = defaultdict(set)
        for tenant in [*make_tenants(7)] * 2:
            with tenant_scope(tenant) as session:
                served[session.scalar(text("SELECT pg_backend_pid()"))].add(tenant.schema_name)
        engine.dispose()
        assert max(len(schemas) for schemas in served.values()) == 3
        assert len(served) == 5

    def test_count_the_tenants_that_were_joined_too(self, app, settings, monkeypatch):
        engine = create_engine(settings.login(Login.APP), isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0)
        guard_engine(engine, tenants_per_connection=2)
        monkeypatch.setattr(db, "guarded", engine)
        tenants, pids = make_tenants(2), set()
        for _ in range(2):
            with platform_scope() as session:
                pids.add(session.scalar(text("SELECT pg_backend_pid()")))
                for tenant in tenants:
                    with inside(tenant):
                        people()
        engine.dispose()
        assert len(pids) == 2
