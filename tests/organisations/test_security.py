"""The security policy: entered, looked at with whom it touches, saved, and kept to at the next request of everybody."""

import os
import subprocess
import sys
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from saas.accounts import methods
from saas.accounts.models import User, UserSession
from saas.core.access import EVERYTHING
from saas.core.actor import Actor
from saas.core.audit import AuditEntry, OperatorEntry
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotAllowed
from saas.core.extensions import limiter
from saas.core.settings import Settings
from saas.keys.models import ApiKey
from saas.organisations.operations import change_policy
from saas.organisations.policy import version_of
from saas.tenancy.cli import group as tenants
from saas.tenancy.models import Tenant
from saas.tenancy.policy import SecurityPolicy
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work
from tests.cast import PASSWORD, Organisation, found
from tests.support import Browser, statements_sent

HOME = "203.0.113.7"
OFFICE = "198.51.100.0/24"
DESK = "198.51.100.20"
AWAY = "192.0.2.44"


@pytest.fixture(autouse=True)
def _fresh(app: Flask) -> None:
    with app.app_context():
        limiter.reset()


def at(browser: Browser, address: str) -> Browser:
    """The browser, with its connection from an address."""
    browser.client.environ_base["REMOTE_ADDR"] = address
    return browser


def demand(organisation: Organisation, **policy: object) -> None:
    """Set a policy straight away."""
    with platform_work() as session:
        session.execute(update(Tenant).where(Tenant.id == organisation.id).values(policy=policy))


def stored(organisation: Organisation) -> dict[str, object]:
    with platform_scope() as session:
        return session.scalar(select(Tenant.policy).where(Tenant.id == organisation.id))


def entries(organisation: Organisation, event: str) -> list[AuditEntry]:
    with tenant_scope(organisation):
        return list(db.session.scalars(select(AuditEntry).where(AuditEntry.event == event).order_by(AuditEntry.id)))


def filled(browser: Browser, **changed: object) -> dict[str, object]:
    """The form of the page as it is, with some values changed."""
    page = browser.get("/settings/security").text
    version = page.partition('name="version"')[2].partition('value="')[2].partition('"')[0]
    form = {"idle_minutes": "", "absolute_hours": "", "networks": "", "methods": ["password"], "version": version}
    return form | changed


def settle(browser: Browser, **changed: object):
    """Enter a policy and save it."""
    return browser.post("/settings/security", filled(browser, **changed) | {"step": "save"})


class TestThePage:
    @pytest.mark.parametrize("person", ["Alice", "Adam"])
    def test_owners_and_admins_set_the_policy_after_looking_at_it(self, acme, umbrella, browse, person):
        browser = at(browse(acme, person), HOME)
        wanted = {"idle_minutes": "30", "absolute_hours": "8", "networks": f" {HOME} \r\n\r\n198.51.100.77/24\r\n"}
        looked = browser.post("/settings/security", filled(browser, **wanted) | {"step": "preview"})

        assert looked.status_code == 200
        limits = ("12 hours (the platform’s limit)", "14 days (the platform’s limit)")
        for word in ("Nothing is saved yet", *limits, "30 minutes", "8 hours", OFFICE):
            assert word in looked.text
        assert stored(acme) == {}
        saved = settle(browser, **wanted)
        assert saved.status_code == 303
        assert stored(acme) == {"idle_minutes": 30, "absolute_hours": 8, "networks": [HOME, OFFICE]}
        assert stored(umbrella) == {}
        page = browser.follow(saved).text
        assert "The security policy is saved" in page
        assert f"{HOME}\n{OFFICE}</textarea>" in page
        assert "On the list" in page

    @pytest.mark.parametrize("person", ["Bob", "Vera"])
    def test_others_may_not(self, acme, browse, person):
        browser = browse(acme, person)
        browser.get("/")
        assert browser.get("/settings/security").status_code == 403
        assert browser.post("/settings/security", {"step": "save", "idle_minutes": "30"}).status_code == 403
        assert stored(acme) == {}

    def test_the_password_is_asked_for_again_when_it_was_typed_long_ago(self, acme, browse):
        browser = browse(acme, "Alice")
        with tenant_work(acme):
            db.session.execute(update(UserSession).values(confirmed_at=now() - timedelta(hours=1)))
        assert browser.get("/settings/security").headers["Location"] == "/confirm?next=%2Fsettings%2Fsecurity"
        assert browser.post("/confirm", {"password": PASSWORD}).status_code == 303
        assert browser.get("/settings/security").status_code == 200

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("idle_minutes", "4", "Give a number from 5 to 720, or nothing."),
            ("idle_minutes", "721", "Give a number from 5 to 720, or nothing."),
            ("idle_minutes", "soon", "Give a whole number, or nothing."),
            ("idle_minutes", "-5", "Give a whole number, or nothing."),
            ("idle_minutes", "٣٠", "Give a whole number, or nothing."),
            ("idle_minutes", "9" * 400, "Give a whole number, or nothing."),
            ("absolute_hours", "0", "Give a number from 1 to 336, or nothing."),
            ("absolute_hours", "337", "Give a number from 1 to 336, or nothing."),
            ("methods", [], "Leave at least one way to sign in."),
            ("methods", ["telepathy"], "Leave at least one way to sign in."),
            ("networks", f"{HOME}\n10.0.0.300", "Line 2: “10.0.0.300” is not an address or a network."),
            ("networks", "10.0.0.0/33", "Line 1: “10.0.0.0/33” is not an address or a network."),
            ("networks", "fe80::1%eth0", "Line 1: “fe80::1%eth0” is not an address or a network."),
            ("networks", "office", "Line 1: “office” is not an address or a network."),
            ("networks", "<script>", "Line 1: “&lt;script&gt;” is not an address or a network."),
            ("networks", "a\nb\nc\nd\ne\nf\ng", "Line 5: “e” is not an address or a network. And 2 more."),
            ("networks", "x" * 5000, f"“{'x' * 60}…” is not"),
            ("networks", "10.0.0.1\0", "This holds characters that cannot be used here."),
            ("networks", "\n".join(f"10.0.{n}.0/24" for n in range(101)), "These are 101 networks; use at most 100."),
            ("networks", OFFICE, f"Your own address, {HOME}, is not on the list"),
        ],
    )
    @pytest.mark.parametrize("step", ["preview", "save"])
    def test_what_cannot_be_taken_is_said_beside_its_field(self, acme, browse, field, value, message, step):
        browser = at(browse(acme, "Alice"), HOME)
        answer = browser.post("/settings/security", filled(browser, **{field: value}) | {"step": step})
        assert answer.status_code == 422
        assert message in answer.text
        assert stored(acme) == {}

    def test_all_that_is_wrong_is_said_at_once(self, acme, browse):
        browser = at(browse(acme, "Alice"), HOME)
        wrong = {"idle_minutes": "1", "absolute_hours": "999", "networks": "bad", "step": "preview"}
        page = browser.post("/settings/security", filled(browser, **wrong)).text
        for field in ("idle_minutes", "absolute_hours", "networks"):
            assert f'id="{field}-error"' in page
        assert 'value="999"' in page

    def test_a_hundred_networks_fit_and_spellings_of_one_count_once(self, acme, browse):
        browser = at(browse(acme, "Alice"), "10.0.0.1")
        networks = "\n".join([*(f"10.0.{n}.0/24" for n in range(100)), "10.0.0.99/24", "::ffff:10.0.5.0/120"])
        assert settle(browser, networks=networks).status_code == 303
        assert len(stored(acme)["networks"]) == 100

    def test_ones_own_address_is_added_with_a_button(self, acme, browse):
        browser = at(browse(acme, "Alice"), HOME)
        page = browser.post("/settings/security", filled(browser, networks=OFFICE, idle_minutes="7") | {"step": "add"})
        assert page.status_code == 200
        assert f"{OFFICE}\n{HOME}</textarea>" in page.text
        assert 'value="7"' in page.text
        assert stored(acme) == {}

    def test_editing_goes_on_with_what_was_typed(self, acme, browse):
        browser = at(browse(acme, "Alice"), HOME)
        page = browser.post("/settings/security", filled(browser, idle_minutes="7", networks="bad") | {"step": "edit"})
        assert page.status_code == 200
        assert 'value="7"' in page.text
        assert "bad</textarea>" in page.text

    @pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
    def test_a_list_that_keeps_nobody_out_is_warned_about_but_can_be_saved(self, acme, browse, network):
        browser = at(browse(acme, "Alice"), HOME if "." in network else "2001:db8::7")
        look = browser.post("/settings/security", filled(browser, networks=network) | {"step": "preview"})
        assert "This list keeps nobody out" in look.text
        assert settle(browser, networks=network).status_code == 303

    def test_saving_what_holds_already_changes_nothing_and_records_nothing(self, acme, browse):
        browser = at(browse(acme, "Alice"), HOME)
        for step in ("preview", "save"):
            answer = browser.post("/settings/security", filled(browser) | {"step": step})
            assert answer.status_code == 303
            assert "Nothing was changed" in browser.follow(answer).text
        assert entries(acme, "organisations.policy.changed") == []

    def test_a_page_that_is_older_than_the_last_change_does_not_overwrite_it(self, acme, browse):
        alice, adam = at(browse(acme, "Alice"), HOME), at(browse(acme, "Adam"), HOME)
        old = filled(adam, absolute_hours="9")
        assert settle(alice, idle_minutes="30").status_code == 303
        answer = adam.post("/settings/security", old | {"step": "save"})
        assert answer.status_code == 409
        assert "Somebody changed the policy" in answer.text
        assert stored(acme) == {"idle_minutes": 30}

    def test_what_others_keep_beside_the_policy_stays(self, acme, browse):
        demand(acme, second_factor="required")
        assert settle(at(browse(acme, "Alice"), HOME), idle_minutes="30").status_code == 303
        assert stored(acme) == {"second_factor": "required", "idle_minutes": 30}

    def test_the_settings_lead_to_it(self, acme, browse):
        assert 'href="/settings/security"' in browse(acme, "Adam").get("/settings").text
        assert 'href="/settings/security"' not in browse(acme, "Bob").get("/").text


class TestWhomItAffects:
    @pytest.fixture
    def seen(self, acme, browse):
        """Alice at home; Bob at his desk and away, Vera away, Adam idle for an hour and signed in for ten."""
        alice = at(browse(acme, "Alice"), HOME)
        places = {"Bob": [DESK, AWAY], "Vera": [AWAY], "Adam": [DESK]}
        for person, addresses in places.items():
            for address in addresses:
                token = acme.session_of(person)
                with tenant_work(acme):
                    values = {"address": address}
                    if person == "Adam":
                        values |= {
                            "last_seen_at": now() - timedelta(hours=1),
                            "created_at": now() - timedelta(hours=10),
                        }
                    own = UserSession.token_hash == token_hash(token)
                    db.session.execute(update(UserSession).where(own).values(**values))
        return alice

    def look(self, browser: Browser, **changed: object) -> str:
        return browser.post("/settings/security", filled(browser, **changed) | {"step": "preview"}).text

    def test_people_who_were_seen_elsewhere_are_named(self, seen):
        page = self.look(seen, networks=f"{HOME}\n{OFFICE}")
        assert "2 people signed in from elsewhere cannot come back from where they are" in page
        assert page.index("Bob") < page.index("Vera")
        assert "1 sign-in<" in page
        assert "signed out at once" not in page
        assert "Adam" not in page.partition("elsewhere cannot")[2].partition("<form")[0]

    @pytest.mark.parametrize("change", [{"idle_minutes": "30"}, {"absolute_hours": "9"}])
    def test_sign_ins_that_end_at_once_are_named_and_end(self, acme, seen, change):
        page = self.look(seen, **change)
        assert "1 person is signed out at once" in page
        assert "Adam" in page
        assert settle(seen, **change).status_code == 303
        with tenant_scope(acme):
            left = set(db.session.scalars(select(User.name).join(UserSession, UserSession.user_id == User.id)))
        assert left == {"Alice", "Bob", "Vera"}

    def test_nobody_is_named_when_nobody_is_affected(self, seen):
        page = self.look(seen, idle_minutes="700")
        assert "Nobody who is signed in now is affected" in page

    def test_who_was_kept_out_already_is_not_named_again(self, acme, seen):
        demand(acme, networks=[HOME, OFFICE])
        assert "Nobody who is signed in now is affected" in self.look(seen, networks=f"{HOME}\n{OFFICE}\n10.0.0.0/8")

    def test_keys_that_are_used_elsewhere_are_named_unless_they_are_dead(self, acme, seen):
        with tenant_work(acme):
            for name, used, gone in (("Robot", AWAY, None), ("Ghost", AWAY, now()), ("Desk robot", DESK, None)):
                key = ApiKey(name=name, hint="x", token_hash=name.encode(), last_used_address=used, revoked_at=gone)
                db.session.add(key)
        page = self.look(seen, networks=f"{HOME}\n{OFFICE}")
        assert "1 API key would stop working" in page
        assert "<span>Robot</span>" in page
        assert "Ghost" not in page
        assert "Desk robot" not in page

    def test_names_are_text(self, acme, seen):
        with tenant_work(acme):
            db.session.execute(update(User).where(User.name == "Vera").values(name="<i>Vera</i>"))
        assert "&lt;i&gt;Vera" in self.look(seen, networks=HOME)

    def test_the_question_costs_the_same_however_many_there_are(self, acme, seen):
        self.look(seen, networks=HOME)
        with statements_sent() as few:
            self.look(seen, networks=HOME)
        with tenant_work(acme):
            for number in range(40):
                user = User(email=f"p{number}@acme.example.com", name=f"Person {number}")
                db.session.add(user)
                db.session.flush()
                db.session.add(UserSession(user_id=user.id, token_hash=b"%d" % number, address=AWAY))
        with statements_sent() as many:
            page = self.look(seen, networks=HOME)
        assert "43 people signed in from elsewhere" in page
        assert "and 31 more" in page
        assert len(many) == len(few)


class TestSessionsEnd:
    def test_a_session_that_was_idle_too_long_is_over_and_stays_so(self, acme, browse):
        bob, alice = browse(acme, "Bob"), at(browse(acme, "Alice"), HOME)
        demand(acme, idle_minutes=30)
        assert bob.get("/account").status_code == 200
        with time_machine.travel(now() + timedelta(minutes=31), tick=False):
            asked = bob.get("/account")
            assert asked.status_code == 302
            assert asked.headers["Location"] == "/sign-in?next=%2Faccount"
            page = bob.follow(asked).text
            assert "You have been signed out. Acme signs everybody out after 30 minutes without a page." in page
            assert bob.get("/api/me").status_code == 401
            alice.carry_session(acme.session_of("Alice"))
            assert settle(alice, idle_minutes="600").status_code == 303
            assert bob.get("/account").status_code == 302

    def test_one_that_is_used_goes_on(self, acme, browse):
        bob, start = browse(acme, "Bob"), now()
        demand(acme, idle_minutes=30)
        for minutes in (25, 50, 75):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                assert bob.get("/account").status_code == 200

    def test_after_its_hours_it_ends_however_busy(self, acme, browse):
        bob, start = browse(acme, "Bob"), now()
        demand(acme, absolute_hours=2)
        for minutes, status in ((60, 200), (119, 200), (121, 302)):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                assert bob.get("/account").status_code == status

    def test_the_other_organisation_keeps_its_own_time(self, acme, umbrella, browse):
        charlie = browse(umbrella, "Charlie")
        demand(acme, idle_minutes=5)
        with time_machine.travel(now() + timedelta(hours=2), tick=False):
            assert charlie.get("/account").status_code == 200

    def test_sessions_that_are_over_are_not_listed(self, acme, browse):
        bob = browse(acme, "Bob")
        acme.session_of("Bob")
        with tenant_work(acme):
            db.session.execute(update(UserSession).values(agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"))
        assert bob.get("/account/sessions").text.count("Firefox") >= 2
        with tenant_work(acme):
            newest = select(UserSession.id).order_by(UserSession.created_at.desc()).limit(1).scalar_subquery()
            old = {"last_seen_at": now() - timedelta(hours=1)}
            db.session.execute(update(UserSession).where(UserSession.id == newest).values(**old))
        before = bob.get("/account/sessions").text.count("Firefox")
        demand(acme, idle_minutes=30)
        assert bob.get("/account/sessions").text.count("Firefox") < before

    def test_a_browser_without_a_session_is_told_nothing(self, acme, browse):
        demand(acme, idle_minutes=30)
        stranger = browse(acme)
        assert "signed out" not in stranger.follow(stranger.get("/account")).text


class TestAddresses:
    @pytest.fixture(autouse=True)
    def _listed(self, acme):
        demand(acme, networks=[HOME, OFFICE, "2001:db8::/32"])

    @pytest.mark.parametrize("address", [HOME, DESK, "2001:db8::9", f"::ffff:{HOME}"])
    def test_addresses_on_the_list_come_in(self, acme, browse, address):
        assert at(browse(acme, "Bob"), address).get("/account").status_code == 200
        assert at(browse(acme), address).get("/sign-in").status_code == 200

    @pytest.mark.parametrize("address", [AWAY, "203.0.113.8", "2001:db9::1", "::ffff:192.0.2.44", "::1", "unknown"])
    @pytest.mark.parametrize("person", ["Alice", "Bob", None])
    def test_others_get_a_page_that_says_so_wherever_they_knock(self, acme, browse, address, person):
        browser = at(browse(acme, person), address)
        for path in ("/", "/sign-in", "/forgot", "/account", "/robots.txt", "/nowhere", "/settings/security"):
            answer = browser.get(path)
            assert answer.status_code == 403, path
            assert "Acme cannot be opened from here" in answer.text
            assert address in answer.text

    def test_nobody_signs_in_from_elsewhere(self, acme, browse):
        browser = at(browse(acme), DESK)
        form = {"email": acme.email("Bob"), "password": PASSWORD}
        browser.get("/sign-in")
        assert at(browser, AWAY).post("/sign-in", form).status_code == 403
        with tenant_scope(acme):
            assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0
        assert at(browser, DESK).post("/sign-in", form).status_code == 303

    def test_programs_get_problem_details(self, acme, browse):
        answer = at(browse(acme, "Bob"), AWAY).get("/api/me")
        assert answer.status_code == 403
        assert answer.mimetype == "application/problem+json"
        assert answer.json["code"] == "address_refused"
        assert AWAY in answer.json["detail"]
        on_apex = at(browse(acme), AWAY).client.get(
            "/api/me", base_url="http://example.test", headers={"X-Tenant-ID": acme.slug}
        )
        assert on_apex.json["code"] == "address_refused"

    def test_health_pages_and_other_organisations_are_open(self, app, acme, umbrella, browse):
        browser = at(browse(acme), AWAY)
        assert browser.get("/health/live").status_code == 200
        assert at(browse(umbrella, "Charlie"), AWAY).get("/account").status_code == 200

    def test_a_refused_session_is_not_in_use_by_that(self, acme, browse):
        token = acme.session_of("Bob")
        long_ago = now() - timedelta(hours=3)
        with tenant_work(acme):
            db.session.execute(update(UserSession).values(last_seen_at=long_ago, address=DESK))
        bob = at(browse(acme), AWAY)
        bob.carry_session(token)
        assert bob.get("/account").status_code == 403
        with tenant_scope(acme):
            session = db.session.scalars(select(UserSession)).one()
            assert (session.last_seen_at, session.address) == (long_ago, DESK)
        assert at(bob, DESK).get("/account").status_code == 200

    def test_the_refusal_is_recorded_once_an_hour_for_each_network(self, acme, browse):
        bob, stranger = at(browse(acme, "Bob"), AWAY), at(browse(acme), "192.0.2.45")
        for browser in (bob, bob, stranger, bob):
            browser.get("/")
            browser.get("/sign-in")
        found = entries(acme, "tenancy.address.refused")
        assert [(one.actor_kind, one.actor_name, one.address) for one in found] == [
            ("member", "Bob", AWAY),
            ("visitor", "Visitor", "192.0.2.45"),
        ]

    def test_many_strangers_cannot_fill_the_log(self, acme, browse):
        stranger = browse(acme)
        for number in range(80):
            at(stranger, f"192.0.2.{number}").get("/")
        assert len(entries(acme, "tenancy.address.refused")) == 60

    def test_what_a_visitor_claims_of_the_address_counts_for_nothing(self, acme, browse):
        bob = at(browse(acme, "Bob"), AWAY)
        for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP", "X-Client-IP"):
            claimed = f"for={HOME}" if header == "Forwarded" else HOME
            assert bob.get("/account", headers={header: claimed}).status_code == 403

    def test_the_list_holds_at_the_next_request_of_everybody(self, acme, browse):
        demand(acme)
        bob, alice = at(browse(acme, "Bob"), AWAY), at(browse(acme, "Alice"), HOME)
        assert bob.get("/account").status_code == 200
        assert settle(alice, networks=HOME).status_code == 303
        assert bob.get("/account").status_code == 403
        assert settle(alice).status_code == 303
        assert bob.get("/account").status_code == 200


BEHIND_A_PROXY = """
import sys
from saas import create_app
client = create_app().test_client()
for header in sys.argv[3:]:
    answer = client.get("/sign-in", base_url=sys.argv[1], headers={"X-Forwarded-For": header} if header else {})
    print(answer.status_code)
"""


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (HOME, "200"),
        (AWAY, "403"),
        (f"{HOME}, {AWAY}", "403"),
        (f"{HOME},{HOME}, {AWAY}", "403"),
        (f"{AWAY}, {HOME}", "200"),
        ("", "403"),
        (f"{HOME}, nonsense", "403"),
    ],
)
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(behind_a_proxy, header, status):
    assert behind_a_proxy[header] == status


@pytest.fixture(scope="module")
def behind_a_proxy(app: Flask, settings: Settings) -> dict[str, str]:
    """What a program behind one proxy of ours answers to each header, with a list that holds one address."""
    organisation = found("Proxied", owner="Alice", people={})
    demand(organisation, networks=[HOME])
    headers = [HOME, AWAY, f"{HOME}, {AWAY}", f"{HOME},{HOME}, {AWAY}", f"{AWAY}, {HOME}", "", f"{HOME}, nonsense"]
    assert settings.database_url is not None
    told = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BASE_DOMAIN": "example.test",
        "TRUSTED_PROXIES": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    arguments = [f"http://{organisation.host}", "--", *headers]
    command = [sys.executable, "-c", BEHIND_A_PROXY, *arguments]
    run = subprocess.run(command, env=os.environ | told, capture_output=True, text=True)
    return dict(zip(headers, run.stdout.split(), strict=True))


class TestMethods:
    @pytest.fixture
    def _another(self, monkeypatch):
        """A later release, with one more way to sign in."""
        ring = methods.Method("ring", "Signet ring", "People seal a letter.")
        monkeypatch.setattr(methods, "METHODS", (*methods.METHODS, ring))

    def test_the_only_way_is_shown_and_cannot_be_switched_off(self, acme, browse):
        page = at(browse(acme, "Alice"), HOME).get("/settings/security").text
        assert "It is the only way so far, so it cannot be switched off." in page
        assert "Signet ring" not in page

    @pytest.mark.usefixtures("_another")
    def test_one_of_two_can_be_switched_off_but_not_both(self, acme, browse):
        browser = at(browse(acme, "Alice"), HOME)
        assert "Signet ring" in browser.get("/settings/security").text
        assert settle(browser, methods=[]).status_code == 422
        assert settle(browser, methods=["ring"]).status_code == 303
        assert stored(acme) == {"methods": ["ring"]}
        stranger = browse(acme)
        answer = stranger.post("/sign-in", {"email": acme.email("Bob"), "password": PASSWORD})
        assert answer.status_code == 422
        assert "does not let people sign in with a password" in answer.text
        assert settle(browser, methods=["password", "ring"]).status_code == 303
        assert stored(acme) == {}
        assert stranger.post("/sign-in", {"email": acme.email("Bob"), "password": PASSWORD}).status_code == 303


class TestTheOperation:
    def actor(self, acme: Organisation, person: str, address: str = HOME) -> Actor:
        rights = EVERYTHING if person == "Alice" else Actor("visitor", "").rights
        return Actor("member", person, acme.people[person].id, rights, address, "Firefox", "request-1")

    def test_it_records_what_was_and_what_is(self, acme):
        with tenant_work(acme):
            policy = SecurityPolicy(idle_minutes=30, networks=(f"{HOME}/32",))
            assert change_policy(policy, version=version_of({}), actor=self.actor(acme, "Alice"))
        with tenant_work(acme):
            version = version_of({"idle_minutes": 30, "networks": [HOME]})
            assert change_policy(SecurityPolicy(), version=version, actor=self.actor(acme, "Alice"))
        first, second = entries(acme, "organisations.policy.changed")
        assert first.changes == {"idle_minutes": [None, 30], "networks": [[], [HOME]]}
        assert second.changes == {"idle_minutes": [30, None], "networks": [[HOME], []]}
        assert (first.actor_name, first.address, first.target_kind) == ("Alice", HOME, "organisation")

    @pytest.mark.parametrize(
        ("person", "policy", "refusal"),
        [
            ("Bob", SecurityPolicy(idle_minutes=30), NotAllowed),
            ("Alice", SecurityPolicy(idle_minutes=4), Invalid),
            ("Alice", SecurityPolicy(absolute_hours=1000), Invalid),
            ("Alice", SecurityPolicy(networks=(OFFICE,)), Invalid),
            ("Alice", SecurityPolicy(networks=("nonsense",)), Invalid),
            ("Alice", SecurityPolicy(methods=("telepathy",)), Invalid),
        ],
    )
    def test_it_refuses_by_itself(self, acme, person, policy, refusal):
        with pytest.raises(refusal), tenant_work(acme):
            change_policy(policy, version=version_of({}), actor=self.actor(acme, person))
        assert stored(acme) == {}

    def test_of_two_changes_at_once_the_second_is_told(self, acme):
        outcomes: list[str] = []
        gate = Barrier(6)

        def change(minutes: int) -> None:
            gate.wait()
            try:
                with tenant_work(acme):
                    policy = SecurityPolicy(idle_minutes=minutes)
                    change_policy(policy, version=version_of({}), actor=self.actor(acme, "Alice"))
                outcomes.append("done")
            except Conflict:
                outcomes.append("refused")

        threads = [Thread(target=change, args=(10 + number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["done"] + ["refused"] * 5
        assert len(entries(acme, "organisations.policy.changed")) == 1


def test_an_operator_lets_a_locked_out_owner_in_again(app, acme, browse):
    demand(acme, networks=[OFFICE], idle_minutes=30)
    alice = at(browse(acme, "Alice"), HOME)
    assert alice.get("/account").status_code == 403
    runner = app.test_cli_runner()
    result = runner.invoke(tenants, ["unlock", acme.slug])
    assert (result.exit_code, result.output) == (0, "“Acme” can be opened from every address.\n")
    assert alice.get("/account").status_code == 200
    assert stored(acme) == {"idle_minutes": 30}
    with platform_scope():
        query = select(OperatorEntry).where(OperatorEntry.tenant_id == acme.id)
        entry = db.session.scalars(query.where(OperatorEntry.event == "tenancy.tenant.unlocked")).one()
    assert entry.changes == {"networks": [[OFFICE], []]}
    assert entry.actor_name.startswith("command line")
    assert len(entries(acme, "tenancy.tenant.unlocked")) == 1
    assert "could be opened already" in runner.invoke(tenants, ["unlock", acme.slug]).output
    assert runner.invoke(tenants, ["unlock", "nobody-here"]).exit_code != 0
