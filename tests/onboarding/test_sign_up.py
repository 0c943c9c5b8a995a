"""Founding an organisation on the public site."""

import threading
from threading import Thread
from urllib.parse import urlsplit

import pytest
from limits import parse
from sqlalchemy import delete, func, select

from saas.accounts import passwords
from saas.accounts.models import User
from saas.core.database import db
from saas.onboarding import patience
from saas.tenancy.models import SpareSchema, Tenant
from saas.tenancy.queries import count_spares
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope
from saas.web.gates import Gate
from tests.cast import PASSWORD
from tests.support import Browser


def tenants(slug: str) -> list[Tenant]:
    with platform_scope() as session:
        return list(session.scalars(select(Tenant).where(Tenant.slug == slug)))


def test_signing_up_founds_an_organisation_and_leads_to_its_own_host(apex, wanted):
    response = apex.post("/sign-up", wanted)

    assert response.status_code == 303
    assert response.headers["Location"].startswith(f"http://{wanted['slug']}.example.test/hand-over/")
    (tenant,) = tenants(wanted["slug"])
    assert (tenant.name, tenant.status, tenant.billing_email) == ("Initech", "trialing", wanted["email"])
    assert tenant.verified_at is None
    with tenant_scope(tenant):
        owner = db.session.scalars(select(User)).one()
        assert (owner.email, owner.name, owner.role) == (wanted["email"], "Ines Roth", "owner")


@pytest.mark.parametrize(
    ("asked", "plan", "status"),
    [
        ("pro", "pro", "trialing"),
        ("free", "free", "active"),
        ("internal", "trial", "trialing"),
        ("enterprise", "trial", "trialing"),
        ("lots", "trial", "trialing"),
    ],
)
def test_the_plan_asked_for_is_the_one_to_begin_with_if_anybody_can_have_it(apex, wanted, asked, plan, status):
    shown = apex.get(f"/sign-up?plan={asked}").text
    assert apex.post("/sign-up", {**wanted, "plan": asked}).status_code == 303
    (tenant,) = tenants(wanted["slug"])
    assert (tenant.plan, tenant.status, tenant.trial_ends_at is None) == (plan, status, status == "active")
    assert ("free for 14 days" in shown) is (status == "trialing")


def test_the_founder_gets_a_mail_that_verifies_the_address(app, apex, wanted, mailbox):
    response = apex.post("/sign-up", wanted)
    link = mailbox.link(wanted["email"])

    assert urlsplit(link).hostname == urlsplit(response.headers["Location"]).hostname


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("organisation", "", "Please enter the organisation"),
        ("organisation", "x" * 101, "Use at most 100 characters."),
        ("organisation", "Bad\u202eName", "characters that cannot be"),
        ("organisation", "You won http://evil.example", "A name cannot hold a web address."),
        ("slug", "", "Please choose an address."),
        ("slug", "ab", "Use at least 3 characters."),
        ("slug", "a" * 64, "Use at most 40 characters."),
        ("slug", "initech.evil", "Use letters a–z"),
        ("slug", "-initech", "Use letters a–z"),
        ("slug", "initech-", "Use letters a–z"),
        ("slug", "іnitech", "Use letters a–z"),
        ("slug", "initech\0", "characters that cannot be"),
        ("slug", "../../etc", "Use letters a–z"),
        ("slug", "xn--fiqs8s", "This address is reserved."),
        ("slug", "www", "This address is reserved."),
        ("slug", "ADMIN", "This address is reserved."),
        ("name", "", "Please enter your name."),
        ("name", "Claim your prize at evil.com/x", "A name cannot hold a web address."),
        ("email", "ines", "Please enter an e-mail address such as"),
        ("email", "ines@initech", "not a domain name"),
        ("password", "", "Please choose a password."),
        ("password", "short", "Use at least 10 characters."),
        ("password", "qwertyuiop", "easy to guess"),
        ("password", "Ines Roth 1", "easy to guess"),
        ("password", "initech2026", "easy to guess"),
        ("password", "x" * 300 + "yzab", "Use at most 256 bytes."),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_the_rest_is_kept(apex, wanted, field, value, message):
    response = apex.post("/sign-up", {**wanted, field: value})

    assert response.status_code == 422
    assert message in response.text
    assert f'id="{field}-error"' in response.text
    assert field == "email" or f'value="{wanted["email"]}"' in response.text
    assert PASSWORD not in response.text
    assert tenants(wanted["slug"]) == []


def test_a_fault_is_said_once(apex, wanted):
    assert apex.post("/sign-up", {**wanted, "password": "short"}).text.count("Use at least 10 characters.") == 2


def test_upper_case_in_an_address_is_made_lower(apex, wanted):
    assert apex.post("/sign-up", {**wanted, "slug": wanted["slug"].upper()}).status_code == 303
    assert len(tenants(wanted["slug"])) == 1


@pytest.mark.parametrize("as_typed", [str, str.upper])
def test_a_taken_address_is_refused_beside_its_field(apex, acme, wanted, as_typed):
    response = apex.post("/sign-up", {**wanted, "slug": as_typed(acme.slug)})

    assert response.status_code == 422
    assert "This address is taken." in response.text


def test_everything_that_is_wrong_is_said_at_once(apex, acme, wanted):
    wrong = {"organisation": "", "slug": acme.slug, "name": "evil.com", "email": "ines", "password": "short"}
    response = apex.post("/sign-up", {**wanted, **wrong})

    assert response.status_code == 422
    assert [field for field in wrong if f'id="{field}-error"' not in response.text] == []
    assert "This address is taken." in response.text


def test_the_same_person_may_found_several_organisations(apex, wanted):
    assert apex.post("/sign-up", wanted).status_code == 303
    assert apex.post("/sign-up", {**wanted, "slug": wanted["slug"] + "-2"}).status_code == 303


def test_of_two_who_want_one_address_at_once_exactly_one_gets_it(app, wanted):
    start, answers = threading.Barrier(2), []

    def sign_up(email: str) -> None:
        browser = Browser(app, "example.test")
        browser.get("/sign-up")
        start.wait()
        answers.append(browser.post("/sign-up", {**wanted, "email": email}))

    threads = [threading.Thread(target=sign_up, args=(f"{name}@example.com",)) for name in ("ines", "jonas")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert "This address is taken." in next(answer.text for answer in answers if answer.status_code == 422)
    (tenant,) = tenants(wanted["slug"])
    with tenant_scope(tenant):
        assert db.session.scalar(select(func.count()).select_from(User)) == 1


def test_a_refused_sign_up_takes_no_schema(apex, acme, wanted):
    with platform_scope():
        before = count_spares()
    assert apex.post("/sign-up", {**wanted, "slug": acme.slug}).status_code == 422
    with platform_scope():
        assert count_spares() == before


class TestWhenNoSchemaIsReady:
    @pytest.fixture(autouse=True)
    def _none_ready(self):
        with platform_work():
            db.session.execute(delete(SpareSchema))

    def test_the_page_waits_until_the_worker_has_built_one(self, apex, wanted, run_jobs, monkeypatch):
        built = []

        def worker(seconds: float) -> None:
            if not built:
                built.append(seconds)
                other = Thread(target=run_jobs)
                other.start()
                other.join()

        monkeypatch.setattr(patience, "sleep", worker)
        hashed = []
        monkeypatch.setattr(
            passwords.hasher, "hash", lambda password, real=passwords.hasher.hash: hashed.append(1) or real(password)
        )
        response = apex.post("/sign-up", wanted)

        assert response.status_code == 303
        assert built
        assert len(hashed) == 1

    def test_the_form_comes_back_when_none_is_built_in_time(self, apex, wanted, monkeypatch):
        monkeypatch.setattr(patience, "PATIENCE", 0.1)
        response = apex.post("/sign-up", wanted)

        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        assert "We are preparing space for you" in response.text
        assert f'value="{wanted["slug"]}"' in response.text
        assert tenants(wanted["slug"]) == []

    def test_one_thread_is_always_left_for_the_others(self, apex, wanted, settings):
        taken = [patience.seats().acquire(blocking=False) for _ in range(settings.web_threads - 1)]
        try:
            assert all(taken)
            assert apex.post("/sign-up", wanted).status_code == 503
        finally:
            for _ in taken:
                patience.seats().release()


def test_a_sign_up_asks_for_further_schemas_when_few_are_left(apex, wanted, run_jobs, settings):
    assert apex.post("/sign-up", wanted).status_code == 303
    run_jobs()
    with platform_scope():
        assert count_spares() >= settings.spare_schemas


def test_from_one_network_ten_organisations_an_hour_are_founded_and_no_more(apex, wanted, run_jobs):
    for number in range(10):
        assert apex.post("/sign-up", {**wanted, "slug": f"{wanted['slug']}-{number}"}).status_code == 303
        run_jobs()
    refused = apex.post("/sign-up", {**wanted, "slug": f"{wanted['slug']}-10"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert "Please wait 60 minutes" in refused.text
    assert all(f'value="{wanted[name]}"' in refused.text for name in ("organisation", "name", "email"))
    assert PASSWORD not in refused.text
    assert tenants(f"{wanted['slug']}-10") == []


def test_in_all_two_hundred_organisations_an_hour_are_founded_and_no_more(app, apex, wanted):
    everybody = Gate.of((parse("200 per hour"), "found everybody"))
    for _ in range(199):
        everybody.take()

    def sign_up(number: int) -> int:
        answer = apex.post(
            "/sign-up",
            {**wanted, "slug": f"{wanted['slug']}-{number}"},
            environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
        )
        return answer.status_code

    assert [sign_up(1), sign_up(2)] == [303, 429]


def test_a_form_sent_in_vain_does_not_use_the_limit_up(apex, wanted):
    for _ in range(12):
        assert apex.post("/sign-up", {**wanted, "password": "short"}).status_code == 422
    assert apex.post("/sign-up", wanted).status_code == 303


def test_a_form_of_another_site_founds_nothing(apex, wanted):
    response = apex.post("/sign-up", wanted, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 400
    assert tenants(wanted["slug"]) == []


def test_the_page_may_lead_to_the_hosts_of_organisations_and_nowhere_else(apex):
    policy = apex.get("/sign-up").headers["Content-Security-Policy"]

    assert "form-action 'self' http://*.example.test;" in policy
    assert "form-action 'self';" in apex.get("/find").headers["Content-Security-Policy"]


class TestTheAvailabilityCheck:
    def test_says_that_an_address_is_free(self, apex, wanted):
        response = apex.get(f"/sign-up/check?slug={wanted['slug']}")

        assert response.status_code == 200
        assert "is free" in response.text
        assert "<html" not in response.text

    def test_says_that_an_address_is_taken(self, apex, acme):
        assert "This address is taken." in apex.get(f"/sign-up/check?slug={acme.slug}").text

    @pytest.mark.parametrize("odd", ["", "a", "%00", "A" * 5000, "xn--a", "аcme", "%ED%A0%80", "<script>"])
    def test_answers_odd_shapes_with_a_sentence(self, apex, odd):
        response = apex.get(f"/sign-up/check?slug={odd}")

        assert response.status_code == 200
        assert "field-error" in response.text
        assert "<script" not in response.text

    def test_is_limited(self, apex):
        answers = [apex.get("/sign-up/check?slug=acme").status_code for _ in range(61)]
        assert answers == [200] * 60 + [429]


class TestTheProposal:
    def test_is_made_from_the_name(self, apex):
        text = apex.get("/sign-up/address?organisation=Ruiz+%26+Partners+Ltd&slug=").text
        assert 'value="ruiz-partners-ltd"' in text

    def test_spells_what_an_address_cannot_hold(self, apex):
        text = apex.get("/sign-up/address?organisation=M%C3%BCller+%26+S%C3%B6hne&slug=").text
        assert 'value="mueller-soehne"' in text

    def test_leaves_alone_what_was_typed(self, apex):
        assert apex.get("/sign-up/address?organisation=Ruiz&slug=mine").status_code == 204

    def test_is_not_made_from_a_name_without_letters(self, apex):
        assert apex.get("/sign-up/address?organisation=%E6%97%A5%E6%9C%AC&slug=").status_code == 204
