"""The daily clean-up."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select, text

from saas.accounts.models import KnownDevice, OneTimeToken, Purpose, UserSession
from saas.accounts.tokens import issue_token
from saas.core.clock import now
from saas.core.jobs import declared_jobs, enqueue
from saas.core.scope import current_tenant_id
from saas.tenancy.scope import platform_work, tenant_work
from tests.cast import Organisation, tenant_scope

TABLES = (UserSession, OneTimeToken, KnownDevice)


def fill(organisation: Organisation, age: timedelta) -> None:
    """One row of each kind, which was last of use so long ago."""
    user, then = organisation.people["Bob"], now() - age
    with tenant_work(organisation) as session:
        assert current_tenant_id() == organisation.id
        issue_token(user, Purpose.VERIFY_EMAIL)
        session.flush()
        session.execute(text("UPDATE one_time_tokens SET expires_at = :then WHERE expires_at > now()"), {"then": then})
        session.add(UserSession(token_hash=str(age).encode(), user_id=user.id, last_seen_at=then))
        session.add(KnownDevice(user_id=user.id, digest=str(age).encode(), last_seen_at=then))


def counts(organisation: Organisation) -> list[int]:
    with tenant_scope(organisation) as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def test_what_has_no_use_any_more_is_deleted_and_the_rest_stays(
    acme: Organisation, umbrella: Organisation, run_jobs: Callable[[], None]
) -> None:
    fill(acme, timedelta(days=200))
    fill(acme, timedelta(minutes=-5))
    assert counts(acme) == [2, 2, 2]
    with tenant_work(acme):
        enqueue("accounts.clean_up")
    run_jobs()
    assert counts(acme) == [1, 1, 1]


def test_it_runs_daily_for_each_organisation() -> None:
    job = declared_jobs()["accounts.clean_up"]
    assert job.each_tenant
    assert job.cron == "40 3 * * *"


def test_each_organisation_cleans_its_own(acme: Organisation, run_jobs: Callable[[], None]) -> None:
    fill(acme, timedelta(days=200))
    with platform_work() as session:
        session.execute(text("SELECT jobs.enqueue_each('accounts.clean_up')"))
    run_jobs()
    assert counts(acme)[:2] == [0, 0]
