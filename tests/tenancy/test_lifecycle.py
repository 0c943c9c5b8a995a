"""A tenant's life: stations and what each means for people, programs and jobs; and its end."""

from datetime import timedelta
from threading import Thread

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from saas.accounts.models import User
from saas.core.actor import SYSTEM, Actor
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict
from saas.core.jobs import enqueue
from saas.core.runtime import runtime
from saas.tenancy import jobs, removal
from saas.tenancy.directory import directory
from saas.tenancy.models import IN_SERVICE, AccountIndex, Domain, Status, Tenant, TenantKey, TenantName
from saas.tenancy.operations import ALLOWED, SPARES_JOB, change_status
from saas.tenancy.provisioning import drop_schema, orphans
from saas.tenancy.queries import get_tenant, list_events
from saas.tenancy.removal import mark_expired, purge_tenant
from saas.tenancy.scope import inside, platform_scope, platform_work, role_of, tenant_work
from tests.tenancy.conftest import make_tenants

API = "/api/tenant/info"


def move(tenant, status: Status, reason: str = "because") -> None:
    with platform_work():
        change_status(get_tenant(str(tenant.id)), status, reason=reason, actor=SYSTEM)


def put(tenant, **values) -> None:
    """Change columns of a tenant behind the operations' back."""
    with platform_work() as session:
        row = session.get_one(Tenant, tenant.id)
        for name, value in values.items():
            setattr(row, name, value)


class TestStations:
    @pytest.mark.parametrize("before", list(Status))
    @pytest.mark.parametrize("after", list(Status))
    def test_only_the_ways_on_the_map_can_be_gone(self, acme, before, after):
        put(acme, status=before)
        if after == before or after in ALLOWED[before]:
            move(acme, after)
            expected = after
        else:
            with pytest.raises(Conflict):
                move(acme, after)
            expected = before
        with platform_scope():
            assert get_tenant(str(acme.id)).status == expected

    def test_nothing_leads_back_from_deletion(self):
        assert ALLOWED[Status.DELETING] == set()
        assert all(Status.DELETING in ways for status, ways in ALLOWED.items() if status is not Status.DELETING)

    def test_each_change_is_recorded_with_who_why_and_when(self, tenant):
        judge = Actor(kind="operator", name="Olga")
        with platform_work():
            change_status(get_tenant(tenant.slug), Status.SUSPENDED, reason="unpaid since May", actor=judge)
        with platform_scope():
            row, event = get_tenant(tenant.slug), list_events(tenant.id)[-1]
        assert (row.status_reason, event.status, event.reason, event.actor) == (
            "unpaid since May",
            "suspended",
            "unpaid since May",
            "Olga",
        )
        assert now() - row.status_at < timedelta(minutes=1)

    def test_staying_is_no_change(self, tenant):
        move(tenant, Status.TRIALING)
        with platform_scope():
            assert len(list_events(tenant.id)) == 1

    def test_a_refused_change_records_nothing(self, tenant):
        put(tenant, status=Status.DELETING)
        with pytest.raises(Conflict):
            move(tenant, Status.ACTIVE)
        with platform_scope():
            assert len(list_events(tenant.id)) == 1

    def test_a_change_that_meets_a_deletion_on_its_way_sees_it(self, tenant, owner, server, wait_until):
        """It has read the tenant before; it must not overwrite what it did not see."""
        outcomes = []

        def suspend() -> None:
            try:
                move(tenant, Status.SUSPENDED)
                outcomes.append("suspended")
            except Conflict as refused:
                outcomes.append(refused.message)

        blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as admin, platform_work():
            change_status(get_tenant(tenant.slug), Status.DELETING, reason="first", actor=SYSTEM)
            db.session.flush()
            second = Thread(target=suspend)
            second.start()
            wait_until(lambda: admin.execute(blocked, [owner.info.dbname]).fetchone() != (0,))
        second.join()
        assert outcomes == ["A tenant that is deleting cannot become suspended."]


class TestWhatPeopleSee:
    @pytest.mark.parametrize("status", IN_SERVICE)
    def test_in_service_pages_are_open(self, acme, browse, status):
        put(acme, status=status)
        assert browse(acme, "Alice").get(API).status_code == 200

    @pytest.mark.parametrize(
        ("status", "code", "sentence"),
        [
            (Status.SUSPENDED, 403, "Acme is suspended"),
            (Status.CANCELLED, 410, "Acme has been closed"),
            (Status.DELETING, 410, "Acme is being deleted"),
        ],
    )
    def test_each_other_station_has_a_page_of_its_own(self, acme, browse, status, code, sentence):
        move(acme, status)
        response = browse(acme, "Alice").get("/")
        assert response.status_code == code
        assert sentence in " ".join(response.text.split())

    def test_a_suspended_one_says_why_and_lets_people_sign_in(self, acme, browse):
        move(acme, Status.SUSPENDED, "the invoice of May is open")
        assert "the invoice of May is open" in browse(acme, "Alice").get("/").text
        assert browse(acme).get("/sign-in").status_code == 200

    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (Status.SUSPENDED, 402, "tenant_suspended"),
            (Status.CANCELLED, 410, "tenant_cancelled"),
            (Status.DELETING, 410, "tenant_deleting"),
        ],
    )
    def test_programs_are_told_so_in_problem_details(self, acme, browse, status, code, kind):
        move(acme, status)
        response = browse(acme, "Alice").get(API)
        assert (response.status_code, response.json["status"], response.json["code"]) == (code, code, kind)
        assert response.mimetype == "application/problem+json"

    def test_a_change_by_another_process_holds_at_the_next_request(self, acme, browse):
        browser = browse(acme, "Alice")
        assert browser.get(API).status_code == 200
        put(acme, status=Status.SUSPENDED)
        assert browser.get(API).status_code == 402
        put(acme, status=Status.ACTIVE)
        assert browser.get(API).status_code == 200

    def test_one_behind_its_migrations_asks_to_come_back(self, acme, browse):
        head = "older"
        with platform_scope():
            head = get_tenant(acme.slug).revision
        try:
            put(acme, revision="t0001")
            directory.forget()
            response = browse(acme).get("/sign-in")
            assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
            assert "Acme is being updated" in " ".join(response.text.split())
        finally:
            put(acme, revision=head)
        assert browse(acme).get("/sign-in").status_code == 200

    def test_one_that_is_being_purged_answers_without_a_fault_of_ours(self, app, tenant, browse, apex, owner):
        """Its schema is gone, its row is not; this process still remembers it."""
        host = {"Host": f"{tenant.slug}.example.test"}
        assert apex.get("/sign-in", headers=host).status_code == 200
        move(tenant, Status.DELETING)
        drop_schema(owner, tenant.schema_name)
        assert apex.get("/sign-in", headers=host).status_code in (404, 410)
        purge_tenant(owner, tenant.id, actor=SYSTEM)
        assert apex.get("/sign-in", headers=host).status_code == 404


class TestPurging:
    @pytest.fixture
    def full(self, app: Flask, tenant):
        """A tenant with a person, files, a domain, a key, jobs that wait and one that failed."""
        with platform_work() as session:
            session.add(Domain(host=f"{tenant.slug}.example.org", tenant_id=tenant.id, verified_at=now()))
            session.add(AccountIndex(email_hash=tenant.id.bytes, tenant_id=tenant.id))
            with inside(tenant):
                db.session.add(User(email="ada@example.com", name="Ada"))
                enqueue("tenancy.tidy")
                enqueue("tenancy.tidy", once="x")
        runtime().storage.put(tenant.id, "exports/all.csv", b"everything")
        return tenant

    def traces(self, owner: psycopg.Connection, tenant) -> dict[str, object]:
        """Whatever is still there of a tenant."""
        role, schema = role_of(tenant.schema_name), tenant.schema_name
        with platform_scope() as session:
            rows = {
                table.__tablename__: session.scalar(
                    select(func.count()).select_from(table).where(table.tenant_id == tenant.id)
                )
                for table in (TenantName, Domain, TenantKey, AccountIndex)
            }
            rows["tenants"] = session.scalar(select(func.count()).select_from(Tenant).where(Tenant.id == tenant.id))
        counts = {
            "schema": ("SELECT count(*) FROM pg_namespace WHERE nspname = %s", schema),
            "role": ("SELECT count(*) FROM pg_roles WHERE rolname = %s", role),
            "jobs": ("SELECT count(*) FROM jobs.procrastinate_jobs WHERE args ->> 'place' = %s", schema),
        }
        found = {name: owner.execute(query, [value]).fetchone()[0] for name, (query, value) in counts.items()}
        return {name: number for name, number in (rows | found | self.files(tenant)).items() if number}

    def files(self, tenant) -> dict[str, int]:
        return {
            "files": len(runtime().storage.names(tenant.id)),
            "folder": (runtime().storage.root / str(tenant.id)).exists(),
        }

    def test_takes_everything(self, full, owner):
        assert set(self.traces(owner, full)) == {
            *("schema", "role", "jobs", "files", "folder"),
            *("tenants", "tenant_names", "domains", "tenant_keys", "account_index"),
        }
        move(full, Status.DELETING)
        purge_tenant(owner, full.id, actor=SYSTEM)
        assert self.traces(owner, full) == {}

    def test_takes_failed_jobs_along(self, full, owner):
        with owner.transaction():
            owner.execute("SET LOCAL search_path TO jobs")
            owner.execute(
                "UPDATE procrastinate_jobs SET status = 'failed' WHERE args ->> 'place' = %s", [full.schema_name]
            )
        move(full, Status.DELETING)
        purge_tenant(owner, full.id, actor=SYSTEM)
        assert self.traces(owner, full) == {}

    def test_leaves_every_other_tenant_alone(self, full, owner, acme):
        runtime().storage.put(acme.id, "logo.png", b"x")
        before = self.traces(owner, acme)
        move(full, Status.DELETING)
        purge_tenant(owner, full.id, actor=SYSTEM)
        assert self.traces(owner, acme) == before
        runtime().storage.delete_all(acme.id)

    def test_is_refused_before_the_deletion(self, full, owner):
        with pytest.raises(Conflict, match="mark it for deletion"):
            purge_tenant(owner, full.id, actor=SYSTEM)
        assert "schema" in self.traces(owner, full)

    @pytest.mark.parametrize("step", ["drop_schema", "_drop_jobs", "delete_all", "platform_work"])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_that_was_interrupted_is_finished_by_the_next(self, full, owner, monkeypatch, step, when):
        move(full, Status.DELETING)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            target = type(runtime().storage) if step == "delete_all" else removal
            patch.setattr(
                target, step, interrupted(getattr(target, step), when, at=2 if step == "platform_work" else 1)
            )
            purge_tenant(owner, full.id, actor=SYSTEM)
        purge_tenant(owner, full.id, actor=SYSTEM)
        purge_tenant(owner, full.id, actor=SYSTEM)
        assert self.traces(owner, full) == {}
        assert full.schema_name not in orphans(owner)

    def test_fails_loudly_when_a_file_cannot_be_removed(self, full, owner, monkeypatch):
        move(full, Status.DELETING)
        with monkeypatch.context() as patch, pytest.raises(OSError):
            patch.setattr("saas.core.storage.shutil.rmtree", refuse)
            purge_tenant(owner, full.id, actor=SYSTEM)
        assert {"tenants", "files"} <= set(self.traces(owner, full))
        purge_tenant(owner, full.id, actor=SYSTEM)
        assert self.traces(owner, full) == {}


def interrupted(real, when: str, at: int):
    """The function, with a Ctrl-C before or after its work at the given call."""
    calls = []

    def act(*arguments, **options):
        calls.append(1)
        if when == "before" and len(calls) == at:
            raise KeyboardInterrupt
        answer = real(*arguments, **options)
        if when == "after" and len(calls) == at:
            raise KeyboardInterrupt
        return answer

    return act


def refuse(*_arguments, **_options):
    raise PermissionError("read-only")


class TestExpiry:
    def expired(self) -> set:
        with platform_work():
            return set(mark_expired())

    def test_a_trial_that_verified_no_address_goes_after_its_days(self, tenant, settings):
        put(tenant, created_at=now() - timedelta(days=settings.unverified_days, hours=-1))
        assert tenant.id not in self.expired()
        put(tenant, created_at=now() - timedelta(days=settings.unverified_days, hours=1))
        assert tenant.id in self.expired()
        with platform_scope():
            assert list_events(tenant.id)[-1].reason == "no address was ever verified"

    @pytest.mark.parametrize(
        "values", [{"verified_at": now()}, {"status": "active"}, {"status": "suspended"}, {"status": "past_due"}]
    )
    def test_one_that_verified_or_pays_stays_however_old(self, tenant, values):
        put(tenant, created_at=now() - timedelta(days=999), **values)
        assert tenant.id not in self.expired()

    def test_a_cancelled_one_goes_after_the_days_of_grace(self, tenant, settings):
        put(
            tenant,
            verified_at=now(),
            status="cancelled",
            status_at=now() - timedelta(days=settings.purge_days, hours=-1),
        )
        assert tenant.id not in self.expired()
        put(tenant, status_at=now() - timedelta(days=settings.purge_days, hours=1))
        assert tenant.id in self.expired()

    def test_one_that_cannot_be_purged_does_not_hinder_the_others(self, app, owner, monkeypatch):
        stuck, free = make_tenants(2)
        for one in (stuck, free):
            move(one, Status.DELETING)

        def purge(connection, tenant_id, *, actor, real=purge_tenant):
            if tenant_id == stuck.id:
                raise psycopg.errors.LockNotAvailable("in use")
            real(connection, tenant_id, actor=actor)

        with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="1 organisations"):
            patch.setattr(jobs, "purge_tenant", purge)
            jobs.purge_expired()
        with platform_scope() as session:
            assert session.get(Tenant, free.id) is None
            assert session.get(Tenant, stuck.id) is not None
        jobs.purge_expired()
        with platform_scope() as session:
            assert session.get(Tenant, stuck.id) is None


def test_the_jobs_of_tenancy_run(app, acme, run_jobs):
    with platform_work():
        for name in (SPARES_JOB, "tenancy.purge_expired", "tenancy.tidy_platform"):
            enqueue(name)
    with tenant_work(acme):
        enqueue("tenancy.tidy")
    run_jobs()
    with platform_scope() as session:
        assert session.scalar(text("SELECT waiting FROM jobs.health()")) == 0
