"""Changing an organisation's address."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from saas.accounts.models import UserSession
from saas.core.clock import now
from saas.core.database import db
from saas.core.extensions import limiter
from saas.tenancy.models import Domain, Tenant, TenantName
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope


@pytest.fixture(autouse=True)
def _fresh(app: Flask) -> None:
    with app.app_context():
        limiter.reset()


def slug_of(organisation) -> str:
    with platform_scope():
        return db.session.scalar(select(Tenant.slug).where(Tenant.id == organisation.id))


def test_the_organisation_moves_and_keeps_its_former_address(acme, browse):
    new = f"{acme.slug}-new"
    assert browse(acme, "Adam").post("/settings/address", {"slug": new.upper()}).status_code == 303

    assert slug_of(acme) == new
    with platform_scope():
        held = set(db.session.scalars(select(TenantName.name).where(TenantName.tenant_id == acme.id)))
    assert held == {acme.slug, new}


def test_the_session_of_the_former_host_ends_and_others_stay(acme, browse):
    bob, alice = acme.session_of("Bob"), browse(acme, "Alice")
    alice.post("/settings/address", {"slug": f"{acme.slug}-new"})

    with tenant_scope(acme):
        left = db.session.scalars(select(UserSession.user_id)).all()
    assert bob
    assert left == [acme.people["Bob"].id]


def test_it_can_move_back(acme, browse):
    browse(acme, "Alice").post("/settings/address", {"slug": f"{acme.slug}-new"})
    acme_new = type(acme)(acme.id, f"{acme.slug}-new", acme.schema_name, acme.name, acme.people)
    page = browse(acme_new, "Alice").get("/settings/address").text
    assert f"{acme.slug}.example.test" in page

    assert browse(acme_new, "Alice").post("/settings/address", {"slug": acme.slug}).status_code == 303
    assert slug_of(acme) == acme.slug


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("", "Please enter an address."),
        ("ab", "Use at least 3 characters."),
        ("a" * 64, "Use at most 40 characters."),
        ("acme.evil", "Use letters a–z"),
        ("www", "This address is reserved."),
        ("xn--abc", "This address is reserved."),
    ],
)
def test_an_address_that_cannot_be_is_refused(acme, browse, slug, message):
    response = browse(acme, "Alice").post("/settings/address", {"slug": slug})

    assert response.status_code == 422
    assert message in response.text
    assert slug_of(acme) == acme.slug


def test_an_address_of_somebody_else_is_refused_though_they_have_left_it(acme, umbrella, browse):
    browse(umbrella, "Charlie").post("/settings/address", {"slug": f"{umbrella.slug}-new"})

    for slug in (umbrella.slug, f"{umbrella.slug}-new"):
        response = browse(acme, "Alice").post("/settings/address", {"slug": slug})
        assert response.status_code == 422
        assert "This address is taken." in response.text
    assert slug_of(acme) == acme.slug


def test_the_present_address_is_no_change(acme, browse):
    response = browse(acme, "Alice").post("/settings/address", {"slug": acme.slug})
    assert response.status_code == 422
    assert "This is the present address." in response.text


def test_the_check_knows_free_taken_and_own_addresses(acme, umbrella, browse):
    owner = browse(acme, "Alice")

    assert "is free" in owner.get(f"/settings/address/check?slug={acme.slug}-new").text
    assert "is free" in owner.get(f"/settings/address/check?slug={acme.slug}").text
    assert "is taken" in owner.get(f"/settings/address/check?slug={umbrella.slug}").text


def test_the_password_is_asked_for_again_after_a_while(acme, browse):
    owner = browse(acme, "Alice")
    assert owner.get("/settings/address").status_code == 200
    with time_machine.travel(now() + timedelta(minutes=20)):
        response = owner.get("/settings/address")
        assert response.status_code == 302
        assert "/confirm" in response.headers["Location"]


def test_the_page_may_lead_to_the_hosts_of_organisations_and_nowhere_else(acme, browse):
    owner = browse(acme, "Alice")
    policies = {path: owner.get(path).headers["Content-Security-Policy"] for path in ("/settings", "/settings/address")}

    assert "form-action 'self' http://*.example.test;" in policies["/settings/address"]
    assert "form-action 'self';" in policies["/settings"]


def test_members_may_not(acme, browse):
    member = browse(acme, "Bob")
    member.get("/")
    assert member.post("/settings/address", {"slug": f"{acme.slug}-new"}).status_code == 403
    assert slug_of(acme) == acme.slug


def test_on_a_domain_of_its_own_the_organisation_stays_where_it_is(app, acme, browse):
    host = f"portal-{acme.slug}.example.org"
    with platform_work() as session:
        session.add(Domain(host=host, tenant_id=acme.id, is_primary=True, verified_at=now()))
    owner = browse(acme, "Alice")
    owner.host = host
    owner.carry_session(acme.session_of("Alice"))
    response = owner.post("/settings/address", {"slug": f"{acme.slug}-new"})

    assert response.status_code == 303
    assert response.headers["Location"].startswith("/settings/address")
    assert f"The address is http://{acme.slug}-new.example.test now." in owner.follow(response).text


def test_ten_addresses_are_kept_and_one_of_them_can_be_had_again(acme, browse):
    with platform_work() as session:
        session.add_all(TenantName(name=f"{acme.slug}-{number}", tenant_id=acme.id) for number in range(9))
    owner = browse(acme, "Alice")
    refused = owner.post("/settings/address", {"slug": f"{acme.slug}-x"})
    assert refused.status_code == 422
    assert "An organisation keeps 10 addresses at most." in refused.text
    assert slug_of(acme) == acme.slug
    assert owner.post("/settings/address", {"slug": f"{acme.slug}-8"}).status_code == 303
    assert slug_of(acme) == f"{acme.slug}-8"


def test_five_times_a_day_and_no_more(acme, browse):
    for number in range(5):
        here = type(acme)(acme.id, slug_of(acme), acme.schema_name, acme.name, acme.people)
        assert browse(here, "Alice").post("/settings/address", {"slug": f"{acme.slug}-{number}"}).status_code == 303
    here = type(acme)(acme.id, slug_of(acme), acme.schema_name, acme.name, acme.people)
    refused = browse(here, "Alice").post("/settings/address", {"slug": f"{acme.slug}-x"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) == pytest.approx(24 * 3600, abs=60)
    assert "There were too many tries. Please wait" in refused.text


def test_only_a_refusal_says_when_to_try_again(acme, browse):
    owner = browse(acme, "Alice")
    answers = [owner.get("/settings/address/check?slug=other") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert ["Retry-After" in answer.headers for answer in answers] == [False] * 60 + [True]
