"""What the logs tell of getting started."""

import pytest

from saas.core.actor import Actor
from saas.core.errors import Invalid, NotAllowed
from saas.onboarding.operations import SignUp, ask_for_organisations, found_organisation, hide_checklist
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, platform_work, tenant_work
from tests.log import log_of, news, operators_log
from tests.support import statements_sent

VISITOR = Actor("visitor", "Visitor", address="192.0.2.9", agent="test")


@pytest.fixture
def wanted(app, acme):
    """A sign-up that nobody has sent yet."""
    with owner_connection() as connection:
        top_up(connection, 1)
    slug = f"new-{acme.slug}"
    return SignUp("Newcomers", slug, "Nora", f"nora@{slug}.example.com", "violet harbour 27 lamps")


def test_founding_begins_the_organisations_log_and_stands_in_the_operators(wanted):
    with platform_work():
        found_organisation(wanted, actor=VISITOR)
    with platform_scope():
        tenant = get_tenant(wanted.slug)
    (outside,) = operators_log(tenant.id)
    assert (outside.event, outside.actor_kind, outside.actor_name) == ("tenancy.tenant.created", "visitor", "Nora")
    assert (outside.actor_email, outside.address) == (wanted.email, "192.0.2.9")
    first, *rest = log_of(tenant)
    assert (first.event, first.actor_kind, first.actor_name) == ("onboarding.organisation.founded", "member", "Nora")
    assert first.changes == {"owner": [None, "Nora"], "email": [None, wanted.email]}
    assert [entry.event for entry in rest] == ["accounts.address.verification_sent", "accounts.session.let_over"]
    assert {entry.actor_id for entry in rest} == {first.actor_id}


def test_what_is_refused_leaves_no_log_anywhere(wanted, acme):
    before = len(operators_log(None))
    with platform_work() as session:
        with pytest.raises(Invalid):
            found_organisation(SignUp("Twins", acme.slug, "Nora", wanted.email, wanted.password), actor=VISITOR)
        session.rollback()
    assert len(operators_log(None)) == before
    assert [entry.target_label for entry in operators_log(acme.id)] == ["Acme"]


def test_the_operators_learn_that_somebody_asked_but_not_for_whom(acme):
    with platform_work():
        ask_for_organisations(acme.email("Bob"), actor=VISITOR)
    entry = operators_log(None, "onboarding.organisations.asked")[-1]
    assert (entry.address, entry.target_label, entry.facts, entry.changes) == ("192.0.2.9", "", {}, {})


def test_the_checklist_put_away_and_brought_back(acme, browse):
    adam = browse(acme, "Adam")
    adam.get("/")
    with news(acme) as told:
        for verb in ("hide", "hide", "show"):
            assert adam.post(f"/getting-started/{verb}").status_code == 303
    assert told.events == ["onboarding.checklist.hidden", "onboarding.checklist.shown"]
    assert told.entries[0].changes == {"hidden": [False, True]}


def test_who_may_not_leaves_the_checklist_and_the_log_as_they_are(acme):
    with news(acme) as told, tenant_work(acme), pytest.raises(NotAllowed):
        hide_checklist(hidden=True, actor=Actor("member", "Bob"))
    assert told.entries == []


def test_recording_the_founding_costs_one_statement_in_each_log(wanted):
    with statements_sent() as sent, platform_work():
        found_organisation(wanted, actor=VISITOR)
    assert sum("INSERT INTO platform.operator_entries" in one for one in sent) == 1
    assert sum("INSERT INTO audit_entries" in one for one in sent) <= 3
