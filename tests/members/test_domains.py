"""E-mail domains: who proves one, which are refused, and how people come in by it."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from saas.core.actor import SYSTEM, Actor
from saas.core.errors import Invalid, NotAllowed
from saas.core.extensions import limiter
from saas.core.runtime import runtime
from saas.members.models import EmailDomain
from saas.members.module import CONFIGURE
from saas.members.operations import domains as operations
from saas.members.providers import PUBLIC_DOMAINS, is_public
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation
from tests.members.coming import asked_in, domain, put
from tests.members.staff import actor_of, grant, last_entry, log

PAGE = "/people/domains"
WAYS = {"mode": "request", "role": "member"}
SAVE = {"step": "save"}


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> Iterator[None]:
    limiter.reset()
    yield
    limiter.reset()


def domains(organisation: Organisation) -> list[tuple[str, str, str]]:
    with tenant_scope(organisation) as session:
        return [
            (one.domain, one.mode, one.role)
            for one in session.scalars(select(EmailDomain).order_by(EmailDomain.domain))
        ]


def own(organisation: Organisation) -> str:
    """The domain of everybody's address."""
    return f"{organisation.slug}.example.com"


class TestAdding:
    def test_the_own_confirmed_address_proves_it(self, acme, browse):
        browser = browse(acme, "Adam")
        assert f'value="{own(acme)}"' in browser.get(PAGE).text
        answer = browser.post(PAGE, {"domain": own(acme), "mode": "auto", "role": "viewer", **SAVE})
        assert answer.status_code == 303
        assert domains(acme) == [(own(acme), "auto", "viewer")]
        assert "Proven by Adam" in browser.get(PAGE).text
        assert last_entry(acme)[:3] == ("members.domain.added", "Adam", own(acme))

    @pytest.mark.parametrize("spelling", ["@{}", "adam@{}", "  {}  ", "{}".upper()])
    def test_it_may_be_typed_in_several_ways(self, acme, browse, spelling):
        typed = spelling.format(own(acme).upper())
        assert browse(acme, "Adam").post(PAGE, {"domain": typed, **WAYS, **SAVE}, page=PAGE).status_code == 303
        assert domains(acme) == [(own(acme), "request", "member")]

    @pytest.mark.parametrize("name", ["gmail.com", "outlook.com", "web.de", "qq.com", "GMX.de", "mail.gmx.de"])
    def test_public_providers_are_refused_even_with_an_address_there(self, acme, browse, name):
        put(acme, "Adam", email=f"adam@{name.lower()}")
        answer = browse(acme, "Adam").post(PAGE, {"domain": name, **WAYS}, page=PAGE)
        assert (answer.status_code, "Anybody can have an address" in answer.text) == (422, True)
        assert domains(acme) == []
        with pytest.raises(Invalid), tenant_work(acme):
            operations.add_domain(name, **WAYS, actor=SYSTEM)

    @pytest.mark.parametrize("name", ["other.example.com", "example.com", "sub.{}", "com"])
    def test_a_domain_of_somebody_else_is_not_proven(self, acme, browse, name):
        answer = browse(acme, "Adam").post(PAGE, {"domain": name.format(own(acme)), **WAYS}, page=PAGE)
        assert answer.status_code == 422
        assert domains(acme) == []

    @pytest.mark.parametrize("mode", ["auto", "request"])
    def test_nobody_lets_people_in_as_more_than_they_hold_themselves(self, acme, browse, mode):
        """Else a viewer who may configure would join as a member with a second mailbox."""
        grant(acme, "Vera", "organisations.configure")
        vera = browse(acme, "Vera")
        answer = vera.post(PAGE, {"domain": own(acme), "mode": mode, "role": "member"}, page=PAGE)
        assert (answer.status_code, "more than you hold" in answer.text) == (422, True)
        assert domains(acme) == []
        assert (
            vera.post(PAGE, {"domain": own(acme), "mode": mode, "role": "viewer", **SAVE}, page=PAGE).status_code == 303
        )
        page = f"{PAGE}/{own(acme)}"
        assert vera.post(page, {"mode": mode, "role": "member"}, page=page).status_code == 422
        assert domains(acme) == [(own(acme), mode, "viewer")]
        assert browse(acme, "Adam").post(page, {"mode": mode, "role": "member", **SAVE}, page=page).status_code == 303

    def test_a_key_proves_nothing_and_the_platform_needs_no_proof(self, acme):
        rights = actor_of(acme, "Alice").rights
        with pytest.raises(Invalid, match="your own address"), tenant_work(acme):
            operations.add_domain(own(acme), **WAYS, actor=Actor("api_key", "Robot", uuid4(), rights))
        with tenant_work(acme):
            operations.add_domain("example.net", **WAYS, actor=SYSTEM)
        assert domains(acme) == [("example.net", "request", "member")]

    def test_there_is_an_end_to_how_many(self, acme, monkeypatch):
        monkeypatch.setattr(operations, "MOST_DOMAINS", 1)
        with tenant_work(acme):
            operations.add_domain("example.net", **WAYS, actor=SYSTEM)
        with pytest.raises(Invalid, match="Remove one"), tenant_work(acme):
            operations.add_domain("example.org", **WAYS, actor=SYSTEM)

    def test_an_address_that_is_not_confirmed_proves_nothing(self, acme, browse):
        put(acme, "Adam", verified_at=None)
        answer = browse(acme, "Adam").post(PAGE, {"domain": own(acme), **WAYS}, page=PAGE)
        assert (answer.status_code, "confirm your own e-mail address" in answer.text) == (422, True)

    @pytest.mark.parametrize(
        "name", ["", " ", "@", "a b.example", "-x.example", "x" * 300, "a\nb.example", "<b>.example"]
    )
    def test_what_is_no_domain_is_refused(self, acme, browse, name):
        assert browse(acme, "Adam").post(PAGE, {"domain": name, **WAYS}, page=PAGE).status_code == 422

    @pytest.mark.parametrize(
        "ways", [{"mode": "open"}, {"role": "admin"}, {"role": "owner"}, {"role": ""}, {"mode": ""}]
    )
    def test_nobody_just_joins_as_more_than_a_member(self, acme, browse, ways):
        answer = browse(acme, "Alice").post(PAGE, {"domain": own(acme), **WAYS, **ways}, page=PAGE)
        assert answer.status_code == 422
        with pytest.raises(Invalid), tenant_work(acme):
            operations.add_domain(own(acme), **{**WAYS, **ways}, actor=actor_of(acme, "Alice"))
        assert domains(acme) == []

    def test_it_stands_there_once(self, acme, browse):
        domain(acme, own(acme))
        answer = browse(acme, "Adam").post(PAGE, {"domain": own(acme), **WAYS}, page=PAGE)
        assert (answer.status_code, "on the list already" in answer.text) == (422, True)

    @pytest.mark.parametrize(("person", "status"), [("Alice", 200), ("Adam", 200), ("Bob", 403), ("Vera", 403)])
    def test_whoever_may_configure_reaches_the_page(self, acme, browse, person, status):
        assert browse(acme, person).get(PAGE).status_code == status

    def test_the_operation_asks_for_the_permission_too(self, acme):
        with pytest.raises(NotAllowed), tenant_work(acme):
            operations.add_domain(own(acme), **WAYS, actor=actor_of(acme, "Bob"))

    def test_two_organisations_can_have_the_same_domain(self, cast):
        for organisation in (cast.acme, cast.umbrella):
            domain(organisation, "example.org")
        assert domains(cast.acme) == domains(cast.umbrella)


class TestSeeingWhomItAffects:
    def test_before_it_is_saved_the_page_tells_and_nothing_is_done(self, acme, browse):
        asked_in(acme, f"nina@{own(acme)}")
        browser = browse(acme, "Adam")
        page = browser.post(PAGE, {"domain": f"@{own(acme)}", "mode": "auto", "role": "viewer"}, page=PAGE)
        assert page.status_code == 200
        for words in (
            "Nobody is asked any more",
            "comes in by themselves as a viewer",
            "1 open invitation",
            "4 people, who",
        ):
            assert words in page.text
        assert (domains(acme), log(acme)) == ([], [])
        values = dict(re.findall(r'type="hidden" name="(domain|mode|role)" value="([^"]*)"', page.text))
        assert browser.post(PAGE, {**values, **SAVE}).status_code == 303
        assert domains(acme) == [(own(acme), "auto", "viewer")]

    def test_a_change_is_told_of_as_well(self, acme, browse):
        path = f"{PAGE}/{domain(acme, 'example.org')}"
        page = browse(acme, "Adam").post(path, {"mode": "auto", "role": "member"}, page=path)
        assert (page.status_code, "Nobody is asked any more" in page.text) == (200, True)
        assert domains(acme) == [("example.org", "request", "member")]


class TestChangingAndRemoving:
    def test_the_way_in_can_be_changed(self, acme, browse):
        path = f"{PAGE}/{domain(acme, 'example.org')}"
        browser = browse(acme, "Adam")
        assert browser.post(path, {"mode": "auto", "role": "viewer", **SAVE}, page=path).status_code == 303
        assert domains(acme) == [("example.org", "auto", "viewer")]
        assert last_entry(acme) == (
            "members.domain.changed",
            "Adam",
            "example.org",
            {"mode": ["request", "auto"], "role": ["member", "viewer"]},
        )
        assert browser.post(path, {"mode": "auto", "role": "admin"}).status_code == 422
        browser.post(path, {"mode": "auto", "role": "viewer", **SAVE})
        assert len(log(acme)) == 1

    def test_removing_closes_the_way_in(self, acme, browse):
        domain(acme, "example.org")
        browser = browse(acme, "Adam")
        assert browse(acme).get("/join").status_code == 200
        browser.get(PAGE)
        assert browser.post(f"{PAGE}/example.org/remove").status_code == 303
        assert domains(acme) == []
        assert browse(acme).get("/join").status_code == 404
        assert browser.post(f"{PAGE}/example.org/remove").status_code == 404
        assert last_entry(acme)[:3] == ("members.domain.removed", "Adam", "example.org")

    def test_the_domain_of_another_organisation_is_not_there(self, cast, browse):
        domain(cast.umbrella, "example.org")
        alice = browse(cast.acme, "Alice")
        alice.get(PAGE)
        assert alice.get(f"{PAGE}/example.org").status_code == 404
        for path in (f"{PAGE}/example.org", f"{PAGE}/example.org/remove"):
            assert alice.post(path, {"mode": "auto", "role": "member"}).status_code == 404
        assert domains(cast.umbrella) == [("example.org", "request", "member")]


class TestTheSignInPage:
    def test_it_leads_to_joining_only_where_a_domain_allows_it(self, acme, browse):
        assert 'href="/join"' not in browse(acme).get("/sign-in").text
        domain(acme, "example.org")
        assert 'href="/join"' in browse(acme).get("/sign-in").text


def test_the_list_of_providers_holds_domains_in_canonical_form():
    assert len(PUBLIC_DOMAINS) > 200
    assert all(name == name.lower() and name.isascii() and "." in name for name in PUBLIC_DOMAINS)
    assert is_public("gmail.com")
    assert is_public("x.gmail.com")
    assert not is_public("notgmail.com")
    assert not is_public("gmail.com.example")


def test_the_permission_is_that_of_the_settings(app):
    declared = runtime().registry.permissions["organisations.configure"]
    assert (declared.name, declared.label, declared.roles) == (CONFIGURE.name, CONFIGURE.label, CONFIGURE.roles)
