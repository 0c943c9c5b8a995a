"""The pages of domains: entering one, watching its records, using it, passing a link on, giving it up."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from saas.accounts.models import UserSession
from saas.branding.identity import Identity
from saas.branding.operations import publish, upload_picture
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.ids import short_id
from saas.domains.queries import list_domains
from saas.domains.statuses import HostStatus
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.branding.pictures import drawn
from tests.domains.wizard.conftest import told
from tests.support import Browser, path_of, sold

INDEX = "/settings/domains"


@pytest.fixture
def alice(acme, browse):
    """Alice, signed in."""
    return browse(acme, "Alice")


def url(domain, part: str = "") -> str:
    return f"{INDEX}/{domain.id}{part}"


def test_the_empty_list_says_what_one_needs(alice):
    page = alice.get(INDEX).text
    assert "No domain yet" in page
    assert f"{INDEX}/new" in page


def test_the_wizard_leads_from_a_name_to_a_domain_that_answers(app, world, acme, alice, run_jobs):
    host = f"portal.{short_id()}.example.com"
    response = alice.post(f"{INDEX}/new", {"host": f"https://{host}/"})
    page = alice.follow(response)
    with tenant_scope(acme):
        (domain,) = list_domains()
    for record in (f"_domain-verify.{host}", f"domain-verify={domain.token}", "custom.example.test"):
        assert record in page.text
    assert "Asking several resolvers" in page.text
    run_jobs()
    page = alice.get(url(domain)).text
    assert "Asking several resolvers" not in page
    assert 'hx-trigger="every 20s"' in page
    assert "Missing" in page

    world.enter(domain)
    with time_machine.travel(now() + timedelta(seconds=11)):
        alice.post(url(domain, "/check"))
        run_jobs()
        page = alice.get(url(domain)).text
    assert "Connected" in page
    assert "hx-trigger" not in page.partition('id="state"')[2].partition(">")[0]
    assert Browser(app, host).get("/sign-in").status_code == 200


def test_names_are_shown_as_dns_providers_want_them(world, acme, alice):
    domain = world.claim(acme, f"portal.{short_id()}.example.co.uk")
    page = alice.get(url(domain)).text
    zone = domain.host.partition(".")[2]
    assert f'data-copy-text="{domain.host.removesuffix(".example.co.uk")}"' in page
    assert "example.co.uk" in page
    assert f'data-copy-text="_domain-verify.portal.{zone.partition(".")[0]}"' in page


def test_each_resolver_answers_for_itself(world, acme, alice):
    domain = world.claim(acme)
    world.zone[domain.host, "CNAME"] = ["elsewhere.example.net"]
    world.quiet = ("192.0.2.53",)
    world.examine(acme, domain)
    page = alice.get(url(domain)).text
    for shown in ("192.0.2.53", "198.51.100.53", "elsewhere.example.net", "no such name", "did not answer in time"):
        assert shown in page


def test_a_part_that_asks_has_the_page_loaded_anew_when_the_status_changed(world, acme, alice):
    domain = world.claim(acme)
    part = {"headers": {"HX-Request": "true"}}
    assert "HX-Refresh" not in alice.get(url(domain, "?known=pending"), **part).headers
    world.enter(domain)
    world.examine(acme, domain)
    assert alice.get(url(domain, "?known=pending"), **part).headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in alice.get(url(domain, "?known=pending")).headers


def polled(page: str) -> str:
    """Where the part of a page that looks again asks."""
    found = re.search(r'id="state"[^>]* hx-post="([^"]+)" hx-trigger="every 20s"', page)
    return unescape(found[1]) if found else ""


def test_a_page_left_open_stops_looking_after_a_quarter_of_an_hour_until_somebody_goes_on(world, acme, alice, days):
    domain, part = world.claim(acme), {"headers": {"HX-Request": "true"}}
    world.examine(acme, domain)
    where = polled(alice.get(url(domain)).text)

    def ask() -> str:
        shown = alice.post(where, page=url(domain), **part)
        world.examine(acme, domain)
        return alice.get(shown.headers["Location"], **part).text

    days.pass_by(14 / 1440)
    assert polled(ask()) == where
    days.pass_by(2 / 1440)
    assert polled(page := ask()) == ""
    assert "We have stopped looking every 20 seconds" in page
    days.pass_by(1 / 1440)
    shown = alice.post(url(domain, "/check"), page=url(domain))
    world.examine(acme, domain)
    assert polled(alice.follow(shown).text) not in ("", where)


def test_that_a_page_looks_by_itself_keeps_nobody_signed_in(world, acme, alice):
    domain = world.claim(acme)
    alice.get(url(domain))
    before = now() - timedelta(minutes=5)
    with tenant_work(acme) as session:
        session.execute(update(UserSession).values(last_seen_at=before))

    def seen():
        with tenant_scope(acme) as session:
            return session.scalars(select(UserSession.last_seen_at)).one()

    alice.get(url(domain), headers={"HX-Request": "true"})
    assert seen() == before
    alice.get(url(domain))
    assert seen() > before


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Enter a domain"),
        ("acme.example.test", "part of our own address"),
        ("192.0.2.1", "IP address"),
        ("*.example.com", "wildcard"),
        ("x" * 3000, "too long"),
    ],
)
def test_a_refusal_stands_beside_what_was_typed_and_nothing_is_kept(acme, alice, typed, message):
    response = alice.post(f"{INDEX}/new", {"host": typed})
    assert response.status_code == 422
    assert message in response.text
    if typed:
        assert f'value="{typed}"' in response.text
    with tenant_scope(acme):
        assert list_domains() == []


def test_claims_are_limited_by_the_hour_and_what_is_refused_costs_none(acme, alice):
    def send(host: str) -> Any:
        return alice.post(f"{INDEX}/new", {"host": host})

    def claim(number: int) -> int:
        answer = send(f"portal-{number}.example.com")
        if "Location" in answer.headers:
            alice.post(f"{path_of(answer.headers['Location'])}/withdraw", page=INDEX)
        return answer.status_code

    assert {send("co.uk").status_code for _ in range(31)} == {422}
    assert [claim(number) for number in range(30)] == [303] * 30
    refused = send("portal-31.example.com")
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert re.search(r"A short pause.*Please wait (\d+ minutes|a minute|a moment)", refused.text, re.DOTALL)
    assert 'value="portal-31.example.com"' in refused.text
    assert alice.get(INDEX).status_code == 200
    with tenant_scope(acme):
        assert list_domains() == []


def test_what_others_have_is_told_thirty_times_an_hour_and_what_is_mistyped_is_not_counted(world, cast, browse):
    held, given_up, known = (world.connect(cast.umbrella) for _ in range(3))
    world.release(cast.umbrella, given_up)
    twin = known.host.replace("portal", "p0rtal")
    alice = browse(cast.acme, "Alice")

    def send(host: str) -> Any:
        return alice.post(f"{INDEX}/new", {"host": host})

    told = {
        held.host: "in use by another",
        given_up.host: "gave this domain up",
        twin: "looks like the domain of another",
    }
    for host, words in [*told.items()] * 10:
        assert send("co.uk").status_code == 422
        answer = send(host)
        assert (answer.status_code, words in answer.text) == (422, True)
    refused = send(held.host)
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert "A short pause" in refused.text
    assert f'value="{held.host}"' in refused.text
    assert "in use by another" not in refused.text
    other = browse(cast.umbrella, "Charlie").post(f"{INDEX}/new", {"host": f"portal.{short_id()}.example.com"})
    assert other.status_code == 303, "each organisation has tries of its own"


def test_refusals_about_others_leave_the_claims_of_the_hour(world, cast, browse):
    held = world.connect(cast.umbrella)
    alice = browse(cast.acme, "Alice")
    for _ in range(29):
        assert alice.post(f"{INDEX}/new", {"host": held.host}).status_code == 422
    assert alice.post(f"{INDEX}/new", {"host": f"portal.{short_id()}.example.com"}).status_code == 303


class TestWhenNoPlaceIsLeft:
    @pytest.fixture
    def claims(self, world, acme) -> list[Domain]:
        return [world.claim(acme) for _ in range(9)]

    def test_the_claims_in_the_way_are_named_and_linked(self, world, acme, alice, claims):
        assert "places for domains are taken" not in alice.get(f"{INDEX}/new").text
        connected = world.connect(acme)
        for page in (alice.get(f"{INDEX}/new"), alice.post(f"{INDEX}/new", {"host": "portal.example.com"})):
            assert all(f'<a href="{url(one)}">{one.host}</a>' in page.text for one in claims)
            assert connected.host not in page.text
        assert 'value="portal.example.com"' in page.text

    def test_one_click_makes_room(self, world, acme, alice, claims):
        claims.append(world.claim(acme))
        shown = alice.get(url(claims[0]))
        assert f'action="{url(claims[0], "/withdraw")}"' in shown.text
        alice.post(url(claims[0], "/withdraw"), page=url(claims[0]))
        assert alice.post(f"{INDEX}/new", {"host": "portal.example.com"}).status_code == 303


def test_pages_wait_for_no_resolver(world, acme, alice):
    domain = world.claim(acme)
    response = alice.post(url(domain, "/check"), page=url(domain))
    assert response.status_code == 303
    assert world.read(acme, domain.id).checked_at is None


def test_without_the_plan_the_list_says_which_plan_has_it(world, acme, alice):
    with sold("auterity"):
        assert alice.get(INDEX).status_code == 402
        assert alice.get(f"{INDEX}/new").status_code == 402
    assert alice.get(INDEX).status_code == 200


def test_without_the_plan_the_menu_marks_the_entry(acme, alice):
    locked = re.compile(r'<span class="nav-text">Domains</span> <svg[^>]*aria-label="not in your plan"')
    with sold("auterity"):
        assert locked.search(alice.get("/").text)
    page = alice.get("/").text
    assert '<span class="nav-text">Domains</span>' in page
    assert not locked.search(page)


def test_the_menu_of_a_suspended_organisation_still_knows_its_plan(saas, acme, browse):
    saas("tenants", "suspend", acme.slug, "--reason", "Two invoices have not been paid.")
    page = browse(acme, "Alice").get("/plan").text
    assert '<span class="nav-text">Domains</span>' in page
    assert "not in your plan" not in page


def test_after_a_plan_was_left_domains_can_still_be_seen_and_released(world, acme, alice):
    domain = world.connect(acme)
    with sold("auterity"):
        assert alice.get(INDEX).status_code == 200
        assert alice.get(url(domain)).status_code == 200
        assert alice.post(url(domain, "/primary")).status_code == 402
        assert alice.post(url(domain, "/release"), {"confirm": domain.host}).status_code == 303
        assert "Connect again" not in alice.get(INDEX).text
    assert "Connect again" in alice.get(INDEX).text


class TestThePrimaryDomain:
    def test_takes_whoever_makes_it_so_along(self, app, world, acme, alice):
        domain = world.connect(acme)
        alice.get(url(domain))
        response = alice.post(url(domain, "/primary"))
        there = Browser(app, domain.host)
        assert response.headers["Location"].startswith(f"http://{domain.host}/hand-over/")
        arrived = there.get(path_of(response.headers["Location"]))
        page = there.follow(arrived)
        assert f"Your pages live at {domain.host} now." in page.text
        assert f"Your pages live at {domain.host} now." not in there.get(url(domain)).text
        assert alice.get("/settings").headers["Location"] == f"http://{domain.host}/settings"

    def test_leads_back_when_it_is_unset(self, app, world, acme):
        domain = world.connect(acme)
        world.make_primary(acme, domain)
        there = Browser(app, domain.host)
        there.carry_session(acme.session_of("Alice"))
        there.get(url(domain))
        response = there.post(url(domain, "/unset"))
        assert response.headers["Location"].startswith(f"http://{acme.host}/hand-over/")
        assert directory.by_name(acme.slug).domain is None
        alice = Browser(app, acme.host)
        page = alice.follow(alice.get(path_of(response.headers["Location"]))).text
        assert f"Your pages live at {acme.host} again." in page

    def test_tells_in_passing_whoever_is_where_the_pages_live_then(self, app, world, acme, alice):
        domain = world.connect(acme)
        there = Browser(app, domain.host)
        there.carry_session(acme.session_of("Alice"))
        page = there.follow(there.post(url(domain, "/primary"), page=url(domain)))
        assert f"Your pages live at {domain.host} now." in page.text

    def test_is_refused_with_the_reason_while_its_records_are_wrong(self, world, acme, alice):
        domain = world.claim(acme)
        page = alice.follow(alice.post(url(domain, "/primary"), page=INDEX))
        assert "once its records are right" in page.text

    def test_may_be_reached_by_forms_of_this_page_and_no_other_host(self, world, acme, alice):
        domain = world.connect(acme)
        policy = alice.get(url(domain)).headers["Content-Security-Policy"]
        assert f"form-action 'self' http://{domain.host} http://{acme.host};" in policy


class TestRelease:
    def test_of_a_claim_that_was_never_proven_takes_one_click(self, world, acme, alice):
        domain = world.claim(acme)
        assert alice.get(url(domain, "/release")).headers["Location"] == url(domain)
        assert alice.post(url(domain, "/withdraw"), page=url(domain)).headers["Location"] == INDEX
        assert alice.get(url(domain)).status_code == 404

    def test_of_one_that_is_switched_off_says_what_happens(self, acme, browse, switched_off):
        domain = switched_off
        alice = browse(acme, "Alice")
        assert "is switched off already" in alice.get(url(domain, "/release")).text
        assert alice.post(url(domain, "/release"), {"confirm": "x"}).status_code == 422
        assert alice.post(url(domain, "/release"), {"confirm": domain.host}).status_code == 303

    def test_tells_of_the_quarantine_and_wants_the_name_typed(self, world, acme, alice):
        domain = world.connect(acme)
        assert "For 7 days only Acme can connect it again" in alice.get(url(domain, "/release")).text
        refused = alice.post(url(domain, "/release"), {"confirm": "portal"})
        assert refused.status_code == 422
        assert world.status(acme, domain) is HostStatus.ACTIVE
        released = alice.post(url(domain, "/release"), {"confirm": domain.host})
        assert f"{domain.host} is released." in alice.follow(released).text
        assert alice.get(url(domain)).status_code == 404

    def test_of_the_host_one_is_on_leads_to_the_subdomain(self, app, world, acme):
        domain = world.connect(acme)
        world.make_primary(acme, domain)
        there = Browser(app, domain.host)
        there.carry_session(acme.session_of("Alice"))
        there.get(url(domain, "/release"))
        response = there.post(url(domain, "/release"), {"confirm": domain.host})
        assert response.headers["Location"].startswith(f"http://{acme.host}/hand-over/")
        assert there.get("/sign-in").status_code == 404
        alice = Browser(app, acme.host)
        page = alice.follow(alice.get(path_of(response.headers["Location"]))).text
        assert f"{domain.host} is released, and your pages live at {acme.host} again." in page

    def test_of_a_host_where_the_pages_do_not_live_moves_nothing_but_who_is_there(self, app, world, acme):
        domain = world.connect(acme)
        there, alice = Browser(app, domain.host), Browser(app, acme.host)
        there.carry_session(acme.session_of("Alice"))
        released = there.post(url(domain, "/release"), {"confirm": domain.host})
        page = alice.follow(alice.get(path_of(released.headers["Location"]))).text
        assert f"{domain.host} is released. Remove" in page
        assert "live at" not in page

    def test_says_nothing_of_what_somebody_else_made_up(self, app, world, acme, alice):
        domain = world.connect(acme)
        way = alice.post(url(domain, "/primary"), page=url(domain)).headers["Location"]
        there = Browser(app, domain.host)
        made_up = re.sub(r"said=[^&]+", "said=You+have+won", path_of(way))
        assert made_up != path_of(way)
        page = there.follow(there.get(made_up)).text
        assert "You have won" not in page
        assert "live at" not in page

    def test_leaves_the_host_on_the_page_until_its_quarantine_is_over(self, world, acme, umbrella, alice, browse):
        domain = world.connect(acme)
        assert "Kept for you until" not in alice.get(INDEX).text
        world.release(acme, domain)
        page = alice.get(INDEX).text
        assert "Kept for you until" in page
        assert f'value="{domain.host}"' in alice.get(f"{INDEX}/new?host={domain.host}").text
        assert domain.host not in browse(umbrella, "Charlie").get(INDEX).text
        world.claim(acme, domain.host)
        assert "Kept for you until" not in alice.get(INDEX).text

    def test_leaves_nothing_on_the_page_after_its_quarantine(self, world, acme, browse, days):
        domain = world.connect(acme)
        world.release(acme, domain)
        assert domain.host in browse(acme, "Alice").get(INDEX).text
        days.pass_by(7.1)
        assert domain.host not in browse(acme, "Alice").get(INDEX).text


class TestTheLink:
    @pytest.fixture
    def domain(self, world, acme):
        return world.claim(acme)

    @pytest.fixture
    def link(self, alice, domain) -> str:
        page = alice.post(url(domain, "/link"), page=INDEX).text
        found = re.search(r'value="http://[^/"]+(/domain-setup/[^"]+)"', page)
        assert found
        return found[1]

    def test_opens_the_records_without_an_account(self, acme, browse, domain, link):
        response = browse(acme).get(link)
        assert domain.host in response.text
        assert f"domain-verify={domain.token}" in response.text
        assert "Alice" not in response.text
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert response.headers["Referrer-Policy"] == "no-referrer"

    def test_wears_the_organisations_logo_as_sign_in_does(self, acme, browse, link):
        before = browse(acme).get(link).text
        with tenant_work(acme):
            logo = upload_picture(drawn(), purpose="logo", actor=SYSTEM).id
            publish(Identity(logo=logo, imprint="https://www.example.com/legal"), actor=SYSTEM)
        for page in (browse(acme).get(link).text, browse(acme).get("/sign-in").text):
            assert f'src="/brand/{logo}/large.png"' in page
            assert 'href="https://www.example.com/legal"' in page
        assert "/large.png" not in before

    def test_can_have_the_records_looked_at_and_nothing_else(self, world, acme, browse, domain, link, run_jobs):
        stranger = browse(acme)
        world.enter(domain)
        assert stranger.post(f"{link}/check", page=link).status_code == 303
        run_jobs()
        assert "Connected" in stranger.get(link).text
        assert stranger.get(url(domain)).status_code == 302

    def test_stands_on_the_subdomain_as_the_primary_domain_may_be_what_is_wrong(self, app, world, acme):
        domain = world.connect(acme)
        world.make_primary(acme, domain)
        there = Browser(app, domain.host)
        there.carry_session(acme.session_of("Alice"))
        page = there.post(url(domain, "/link"), page=INDEX).text
        link = re.search(r'value="(http://[^"]+/domain-setup/[^"]+)"', page)[1]
        assert link.startswith(f"http://{acme.host}/")
        assert Browser(app, acme.host).get(path_of(link)).headers["Location"] == link.replace(acme.host, domain.host)
        world.remove(domain)
        world.examine(acme, domain)
        assert Browser(app, acme.host).get(path_of(link)).status_code == 200

    def test_tells_of_a_domain_that_fails_which_steps_no_longer_hold(self, world, acme, browse, alice, domain, link):
        def steps() -> list[str]:
            page = browse(acme).get(link).text
            return re.findall(r'<li class="step step-([a-z]+)"', page)

        world.enter(domain)
        world.examine(acme, domain)
        assert steps() == ["done", "done", "done", "unneeded", "done"]
        world.remove(domain)
        world.examine(acme, domain)
        assert steps() == ["danger", "danger", "danger", "unneeded", "danger"]
        assert "the proof is gone" in browse(acme).get(link).text

    def test_that_is_over_says_how_to_go_on(self, acme, browse, alice, domain, link):
        assert browse(acme).get(link).status_code == 200
        alice.post(url(domain, "/link/end"), page=INDEX)
        for path in (link, "/domain-setup/nonsense"):
            page = browse(acme).get(path)
            assert page.status_code == 404
            assert "Ask the person at Acme who sent it for a new one." in page.text

    def test_is_shown_once(self, alice, domain, link):
        assert link not in alice.get(url(domain)).text
        assert "There is a link that is good until" in alice.get(url(domain)).text

    def test_ends_after_fourteen_days(self, acme, browse, link):
        with time_machine.travel(now() + timedelta(days=13, hours=23)):
            assert browse(acme).get(link).status_code == 200
        with time_machine.travel(now() + timedelta(days=14, minutes=1)):
            assert browse(acme).get(link).status_code == 404

    def test_can_be_ended(self, acme, alice, browse, domain, link):
        alice.post(url(domain, "/link/end"))
        assert browse(acme).get(link).status_code == 404
        assert told(acme, domain) == ["domain.claimed", "link.made", "link.ended"]

    def test_is_replaced_by_a_new_one(self, acme, alice, browse, domain, link):
        alice.post(url(domain, "/link"))
        assert browse(acme).get(link).status_code == 404

    def test_opens_nothing_at_another_organisation(self, umbrella, browse, link):
        assert browse(umbrella).get(link).status_code == 404


@pytest.mark.parametrize("person", ["Bob", "Vera"])
def test_members_see_no_domains(world, acme, browse, person):
    domain = world.claim(acme)
    browser = browse(acme, person)
    assert browser.get(INDEX).status_code == 403
    assert browser.get(url(domain)).status_code == 403
    assert browser.post(url(domain, "/check"), page="/").status_code == 403
    assert world.read(acme, domain.id).asked_at is None
