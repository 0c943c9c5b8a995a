"""Whoever was deactivated or removed comes in by no way; and sessions end as the organisation's policy says."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from saas.accounts.models import Purpose, User, UserSession
from saas.accounts.operations import clean_up, redeem_hand_over, reset_password, sign_in, verify_email
from saas.accounts.queries import list_sessions
from saas.accounts.tokens import DeadLink, issue_token
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Invalid
from saas.tenancy.models import Tenant
from saas.tenancy.policy import SecurityPolicy
from saas.tenancy.queries import own_tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests.accounts.conftest import NEW_PASSWORD, Browse, sessions_of
from tests.accounts.conftest import sign_in as fill_in
from tests.cast import PASSWORD, Organisation
from tests.support import Browser, Mailbox

WAYS: list[dict[str, object]] = [{"is_active": False}, {"is_active": False, "removed_at": now()}]
LINKS: dict[Purpose, Callable[[str], object]] = {
    Purpose.RESET_PASSWORD: lambda token: reset_password(token, NEW_PASSWORD, actor=SYSTEM),
    Purpose.VERIFY_EMAIL: lambda token: verify_email(token, actor=SYSTEM),
    Purpose.HAND_OVER: lambda token: redeem_hand_over(token, actor=SYSTEM),
}


def go(organisation: Organisation, values: dict[str, object]) -> None:
    """Bob goes, in one of the ways."""
    with tenant_work(organisation):
        db.session.execute(update(User).where(User.id == organisation.people["Bob"].id).values(**values))


def demand(organisation: Organisation, **policy: object) -> None:
    """Set a security policy."""
    with platform_work() as session:
        session.execute(update(Tenant).where(Tenant.id == organisation.id).values(policy=policy))


@pytest.mark.parametrize("values", WAYS)
def test_they_do_not_sign_in_and_others_do(acme: Organisation, browse: Browse, values: dict[str, object]) -> None:
    assert fill_in(browse(acme), acme.email("Bob")).status_code == 303
    go(acme, values)
    assert fill_in(browse(acme), acme.email("Bob")).status_code == 422
    assert fill_in(browse(acme), acme.email("Vera")).status_code == 303


@pytest.mark.parametrize("values", WAYS)
@pytest.mark.parametrize("purpose", LINKS)
def test_their_links_are_dead_and_those_of_others_are_good(
    acme: Organisation, purpose: Purpose, values: dict[str, object]
) -> None:
    with tenant_work(acme):
        theirs, good = (issue_token(acme.people[name], purpose) for name in ("Bob", "Vera"))
    go(acme, values)
    with tenant_scope(acme):
        LINKS[purpose](good)
        with pytest.raises(DeadLink):
            LINKS[purpose](theirs)


@pytest.mark.parametrize("values", WAYS)
def test_they_get_no_link_for_a_new_password(
    acme: Organisation, browse: Browse, mailbox: Mailbox, values: dict[str, object]
) -> None:
    go(acme, values)
    browser = browse(acme)
    for name in ("Bob", "Vera"):
        browser.get("/forgot")
        assert browser.post("/forgot", {"email": acme.email(name)}).status_code == 200
    assert mailbox.messages(acme.email("Bob")) == []
    assert mailbox.messages(acme.email("Vera"))


@pytest.mark.parametrize("values", WAYS)
def test_the_organisation_is_not_found_by_their_address(
    acme: Organisation, apex: Browser, mailbox: Mailbox, values: dict[str, object]
) -> None:
    go(acme, values)
    for name in ("Bob", "Vera"):
        assert apex.post("/find", {"email": acme.email(name)}).status_code == 200
    assert mailbox.messages(acme.email("Bob")) == []
    assert "Acme" in mailbox.text(acme.email("Vera"))


def test_a_way_in_that_the_organisation_does_not_allow_is_closed_whoever_calls(
    acme: Organisation, umbrella: Organisation
) -> None:
    demand(acme, methods=["passkey"])
    with tenant_scope(acme), pytest.raises(Invalid, match="does not let people sign in with a password"):
        sign_in(acme.email("Bob"), PASSWORD, actor=SYSTEM)
    demand(acme, methods=["passkey", "password"])
    with tenant_scope(acme):
        assert sign_in(acme.email("Bob"), PASSWORD, actor=SYSTEM)
    with tenant_scope(umbrella):
        assert sign_in(umbrella.email("Charlie"), PASSWORD, actor=SYSTEM)


@pytest.mark.parametrize("policy", [{"idle_minutes": 30}, {"absolute_hours": 1}])
def test_sessions_end_and_are_cleaned_up_as_the_policy_says(acme: Organisation, policy: dict[str, object]) -> None:
    for _ in range(2):
        acme.session_of("Bob")
    long_ago = now() - timedelta(hours=2)
    with tenant_work(acme):
        old = {"created_at": long_ago, "last_seen_at": long_ago}
        db.session.execute(update(UserSession).where(UserSession.id == sessions_of(acme, "Bob")[0].id).values(**old))
    bob = acme.people["Bob"].id
    with tenant_work(acme):
        assert len(list_sessions(bob, SecurityPolicy.read(own_tenant().policy))) == 2
        assert clean_up()["sessions"] == 0
    demand(acme, **policy)
    with tenant_work(acme):
        assert len(list_sessions(bob, SecurityPolicy.read(own_tenant().policy))) == 1
        assert clean_up()["sessions"] == 1
