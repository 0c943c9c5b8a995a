"""Joining without an invitation: asking, proving the address, coming in or waiting for a decision."""

import csv
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from io import StringIO

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from saas.accounts.models import UserSession
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, NotAllowed
from saas.core.extensions import limiter
from saas.core.ids import short_id
from saas.core.jobs import declared_jobs
from saas.members.models import EmailDomain, JoinRequest
from saas.members.operations import joining as operations
from saas.members.operations.invitations import Offer
from saas.members.operations.seats import SeatsFull
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import PASSWORD, Organisation
from tests.members.coming import (
    asked_in,
    at_once,
    count_active,
    domain,
    invitation_of,
    limit_seats,
    put,
    request_of,
    stored_request,
    user_with,
)
from tests.members.staff import actor_of, custom_role, grant, hire, last_entry, log, stored, team
from tests.support import Browser, path_of, statements_sent

QUEUE = "/people/requests"


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> Iterator[None]:
    limiter.reset()
    yield
    limiter.reset()


@pytest.fixture
def place() -> str:
    """A domain that no other test uses."""
    return f"{short_id(8)}.example.org"


@pytest.fixture
def nina(place) -> str:
    return f"nina@{place}"


def ask(browser: Browser, email: str, **fields):
    """Fill in the form that asks to join."""
    return browser.post("/join", {"name": "Nina", "email": email, "password": PASSWORD, **fields}, page="/join")


def prove(browser: Browser, link: str, password: str = PASSWORD):
    """Follow the link of the mail and type the password."""
    return browser.post(path_of(link), {"password": password}, page=path_of(link))


def page_of(organisation: Organisation, email: str) -> str:
    """The page where a request is decided."""
    request = stored_request(organisation, email)
    assert request is not None
    return f"{QUEUE}/{request.id}"


def subjects(mailbox, to: str) -> list[str]:
    return [str(message["Subject"]) for message in mailbox.messages(to)]


class TestAsking:
    def test_without_a_domain_there_is_no_such_page(self, acme, browse):
        answer = browse(acme).get("/join")
        assert (answer.status_code, "Only an invitation leads into Acme" in answer.text) == (404, True)

    def test_the_answer_is_the_same_for_everybody_and_the_mail_tells_more(self, acme, browse, mailbox, place, nina):
        domain(acme, place)
        known, waiting, invited = (f"{name}@{place}" for name in ("known", "waiting", "invited"))
        put(acme, "Bob", email=known)
        request_of(acme, waiting)
        asked_in(acme, invited)
        pages = {}
        for email in (nina, known, waiting, invited):
            answer = ask(browse(acme), email)
            pages[email] = answer.text.replace(email, "…").split("<main")[1]
            assert answer.status_code == 200
        assert len(set(pages.values())) == 1
        assert subjects(mailbox, nina) == ["Join Acme: confirm your e-mail address"]
        assert subjects(mailbox, known) == ["You are at Acme already"]
        assert subjects(mailbox, waiting) == ["Your request to join Acme is waiting"]
        assert subjects(mailbox, invited) == ["Alice invites you to Acme"]

    def test_the_work_is_the_same_whether_an_address_is_known(self, acme, browse, place, nina):
        domain(acme, place)
        put(acme, "Bob", email=f"bob@{place}")
        sent = []
        for email in (nina, f"bob@{place}"):
            browser = browse(acme)
            browser.get("/join")
            with statements_sent() as statements:
                ask(browser, email)
                sent.append(len(statements))
        assert sent[0] == sent[1]

    @pytest.mark.parametrize(
        "email", ["nina@elsewhere.example", "nina@gmail.com", "nina", "", '"a b"@x.example', "a@b@c.example"]
    )
    def test_an_address_at_no_domain_of_ours_is_refused(self, acme, browse, place, email, run_jobs):
        domain(acme, place)
        answer = ask(browse(acme), email)
        assert (answer.status_code, 'value="Nina"' in answer.text, PASSWORD in answer.text) == (422, True, False)

    def test_a_domain_below_ours_is_not_ours(self, acme, browse, place):
        domain(acme, place)
        assert ask(browse(acme), f"nina@sub.{place}").status_code == 422
        assert ask(browse(acme), f"nina@{place}").status_code == 200

    @pytest.mark.parametrize(
        "fields",
        [{"name": ""}, {"name": "evil.com"}, {"password": "short"}, {"password": "password123"}, {"name": "a\0"}],
    )
    def test_what_cannot_be_taken_is_said(self, acme, browse, place, nina, fields):
        domain(acme, place)
        assert ask(browse(acme), nina, **fields).status_code == 422

    def test_extra_fields_change_nothing(self, acme, browse, mailbox, place, nina):
        domain(acme, place, "auto")
        ask(browse(acme), nina, role="owner", verified_at="2020-01-01", decision="approved")
        assert prove(browse(acme), mailbox.link(nina)).status_code == 303
        assert user_with(acme, nina).role == "member"

    def test_three_mails_an_hour_are_enough_for_a_mailbox(self, acme, browse, place, nina):
        domain(acme, place)
        answers = [ask(browse(acme), nina).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        assert ask(browse(acme), f"omar@{place}").status_code == 200

    def test_the_queue_holds_nothing_of_it_in_the_clear(self, acme, browse, place, nina):
        domain(acme, place)
        ask(browse(acme), nina)
        with owner_connection() as connection:
            query = "SELECT args::text FROM jobs.procrastinate_jobs WHERE task_name = %s AND args->>'place' = %s"
            (args,) = connection.execute(query, [operations.ASK_JOB, acme.schema_name]).fetchone()
        assert not any(word in args for word in (nina, "Nina", "argon2", PASSWORD))

    def test_of_two_links_the_newer_one_works(self, acme, browse, mailbox, place, nina):
        domain(acme, place, "auto")
        ask(browse(acme), nina, name="Eve", password="copper meadow 81 kites")
        first = mailbox.link(nina)
        ask(browse(acme), nina)
        second = mailbox.link(nina)
        assert browse(acme).get(path_of(first)).status_code == 404
        assert prove(browse(acme), second).status_code == 303
        assert user_with(acme, nina).name == "Nina"


class TestProving:
    @pytest.fixture
    def link(self, acme, browse, mailbox, place, nina):
        """Ask with a mode; gives the link of the mail."""

        def send(mode: str, role: str = "member") -> str:
            domain(acme, place, mode, role)
            ask(browse(acme), nina)
            return mailbox.link(nina)

        return send

    def test_whoever_may_just_join_is_in(self, acme, browse, link, nina):
        url, browser = link("auto", "viewer"), browse(acme)
        assert browser.get(path_of(url)).status_code == 200
        assert user_with(acme, nina) is None
        assert prove(browser, url).status_code == 303
        assert browser.get("/api/me").json["email"] == nina
        user = user_with(acme, nina)
        assert (user.name, user.role, user.verified_at is not None) == ("Nina", "viewer", True)
        entry = log(acme)[-1]
        assert (entry.event, entry.actor_name, entry.actor_kind) == ("members.member.joined", "Nina", "member")
        assert entry.facts == {"role": "viewer"}

    def test_the_password_is_the_one_chosen_when_asking(self, acme, browse, link, nina):
        """Whoever asked in another's name does not get in when that person follows the link."""
        url, browser = link("auto"), browse(acme)
        answer = prove(browser, url, "copper meadow 81 kites")
        assert (answer.status_code, "not the password that you chose" in answer.text) == (422, True)
        assert user_with(acme, nina) is None
        assert prove(browser, url).status_code == 303

    def test_passwords_cannot_be_tried_without_end(self, acme, browse, link):
        url, browser = link("auto"), browse(acme)
        answers = [prove(browser, url, "copper meadow 81 kites").status_code for _ in range(6)]
        assert answers == [422] * 5 + [429]

    def test_others_wait_for_an_admin(self, acme, browse, link, nina):
        url, browser = link("request"), browse(acme)
        answer = prove(browser, url)
        assert answer.status_code == 303
        assert "An administrator of Acme decides" in browser.follow(answer).text
        assert user_with(acme, nina) is None
        request = stored_request(acme, nina)
        assert (request.expires_at - request.verified_at).days == 30
        assert last_entry(acme)[:3] == ("members.request.made", "Visitor", nina)
        assert prove(browser, url).status_code == 200

    def test_the_link_brings_one_in_once_however_many_press_at_once(self, acme, browse, link):
        url, browsers = path_of(link("auto")), [browse(acme) for _ in range(6)]
        for browser in browsers:
            browser.get(url)
        answers = at_once([partial(browser.post, url, {"password": PASSWORD}) for browser in browsers])
        assert [answer.status_code for answer in answers].count(303) >= 1
        assert count_active(acme) == 5
        with tenant_scope(acme) as session:
            assert session.scalar(select(func.count()).select_from(UserSession)) == 1
        assert [entry.event for entry in log(acme)] == ["members.member.joined"]

    def test_without_a_seat_one_waits(self, acme, browse, link, nina):
        url, browser = link("auto"), browse(acme)
        limit_seats(acme, 4)
        assert prove(browser, url).status_code == 303
        assert user_with(acme, nina) is None
        assert stored_request(acme, nina).verified_at is not None
        assert last_entry(acme)[0] == "members.request.made"

    def test_of_many_who_join_for_the_last_seat_one_is_in_and_the_others_wait(self, acme, browse, place):
        domain(acme, place, "auto")
        tokens = [request_of(acme, f"n{number}@{place}", verified_at=None) for number in range(8)]
        limit_seats(acme, 5)
        browsers = [browse(acme) for _ in tokens]
        for browser, token in zip(browsers, tokens, strict=True):
            browser.get(f"/join/{token}")
        at_once(
            [
                partial(one.post, f"/join/{token}", {"password": PASSWORD})
                for one, token in zip(browsers, tokens, strict=True)
            ]
        )
        assert count_active(acme) == 5
        assert [entry.event for entry in log(acme)].count("members.member.joined") == 1

    @pytest.mark.parametrize("gone", [{"is_active": False}, {"is_active": False, "removed_at": now()}])
    def test_who_was_here_before_waits_even_where_others_just_join(self, acme, browse, mailbox, place, gone):
        domain(acme, place, "auto")
        put(acme, "Bob", email=f"bob@{place}", **gone)
        ask(browse(acme), f"bob@{place}")
        assert prove(browse(acme), mailbox.link(f"bob@{place}")).status_code == 303
        assert stored(acme, "Bob").is_active is False
        assert "Was here before" in browse(acme, "Alice").get(QUEUE).text

    def test_a_domain_that_is_gone_leaves_the_link_dead(self, acme, browse, link, nina):
        url = link("auto")
        with tenant_work(acme) as session:
            session.delete(session.scalars(select(EmailDomain)).one())
        browser = browse(acme)
        browser.get("/sign-in")
        assert browser.post(path_of(url), {"password": PASSWORD}).status_code == 404
        assert user_with(acme, nina) is None

    def test_after_three_days_the_link_is_dead(self, acme, browse, place, nina):
        domain(acme, place)
        token = request_of(acme, nina, verified_at=None, expires_at=now() - timedelta(seconds=1))
        assert browse(acme).get(f"/join/{token}").status_code == 404

    def test_a_link_of_another_organisation_is_dead_here(self, cast, browse, place, nina):
        domain(cast.acme, place, "auto")
        domain(cast.umbrella, place, "auto")
        token = request_of(cast.acme, nina, verified_at=None)
        stranger = browse(cast.umbrella)
        assert stranger.get(f"/join/{token}").status_code == 404
        stranger.get("/sign-in")
        assert stranger.post(f"/join/{token}", {"password": PASSWORD}).status_code == 404
        assert prove(browse(cast.acme), f"/join/{token}").status_code == 303

    def test_who_came_in_by_an_invitation_meanwhile_is_told_so(self, acme, browse, place, nina):
        domain(acme, place)
        token = request_of(acme, nina, verified_at=None)
        hire(acme, "Nina", email=nina)
        answer = prove(browse(acme), f"/join/{token}")
        assert (answer.status_code, "You are here already" in answer.text) == (409, True)

    def test_joining_closes_the_invitation_and_uses_its_seat(self, acme, browse, place, nina):
        domain(acme, place, "auto")
        token = request_of(acme, nina, verified_at=None)
        asked_in(acme, nina)
        limit_seats(acme, 5)
        assert prove(browse(acme), f"/join/{token}").status_code == 303
        assert invitation_of(acme, nina).accepted_at is not None


class TestDeciding:
    def test_an_admin_lets_somebody_in_with_a_role_and_teams(self, acme, browse, mailbox, place, nina):
        domain(acme, place, role="viewer")
        token, sales = request_of(acme, nina), team(acme, "Sales")
        browser, path = browse(acme, "Adam"), page_of(acme, nina)
        assert re.search(r'<input[^>]*checked[^>]*value="viewer"', browser.get(path).text)
        answer = browser.post(path, {"role": "admin", "teams": str(sales)})
        assert answer.status_code == 303
        user = user_with(acme, nina)
        assert (user.role, user.name, user.verified_at is not None) == ("admin", "Nina", True)
        assert subjects(mailbox, nina) == ["Welcome to Acme"]
        assert browse(acme).post("/sign-in", {"email": nina, "password": PASSWORD}, page="/sign-in").status_code == 303
        assert last_entry(acme)[:3] == ("members.request.approved", "Adam", nina)
        assert "You are in" in browse(acme).get(f"/join/{token}").text
        assert stored_request(acme, nina).password_hash == ""

    def test_what_else_was_open_is_closed_and_the_log_tells(self, acme, browse, nina):
        request_of(acme, nina)
        asked_in(acme, nina)
        browser, path = browse(acme, "Alice"), page_of(acme, nina)
        browser.get(path)
        assert browser.post(path, {"role": "viewer"}).status_code == 303
        assert [(entry.event, entry.actor_name, entry.target_kind) for entry in log(acme)] == [
            ("members.invitation.settled", "Alice", "invitation"),
            ("members.request.approved", "Alice", "join_request"),
        ]

    def test_the_log_tells_the_role_and_the_teams_by_name(self, acme, browse, nina):
        request_of(acme, nina)
        key, place = custom_role(acme, "Bookkeeper", "members.view"), team(acme, "Sales")
        browser, path = browse(acme, "Alice"), page_of(acme, nina)
        browser.get(path)
        assert browser.post(path, {"role": key, "teams": [str(place)]}).status_code == 303
        facts = log(acme)[-1].facts
        assert facts == {"role": "Bookkeeper", "role_id": key, "teams": ["Sales"]}

    def test_an_admin_turns_somebody_away(self, acme, browse, mailbox, place, nina):
        token, browser = request_of(acme, nina), browse(acme, "Adam")
        browser.get(page_of(acme, nina))
        assert browser.post(f"{page_of(acme, nina)}/decline").status_code == 303
        assert user_with(acme, nina) is None
        assert subjects(mailbox, nina) == ["Your request to join Acme"]
        assert last_entry(acme)[:3] == ("members.request.declined", "Adam", nina)
        assert browse(acme).get(f"/join/{token}").status_code == 410
        assert (stored_request(acme, nina).password_hash, stored_request(acme, nina).decision) == ("", "declined")

    @pytest.mark.parametrize("second", ["", "/decline"])
    def test_a_second_click_changes_nothing(self, acme, browse, mailbox, nina, second):
        request_of(acme, nina)
        browser, path = browse(acme, "Adam"), page_of(acme, nina)
        browser.get(path)
        browser.post(path, {"role": "member"})
        answer = browser.post(path + second, {"role": "viewer"})
        assert "was approved by Adam already" in browser.follow(answer).text
        assert user_with(acme, nina).role == "member"
        assert len(mailbox.messages(nina)) == 1

    def test_of_those_who_decide_at_once_one_does(self, acme, nina):
        request_of(acme, nina)
        number = stored_request(acme, nina).id

        def decide(person: str, approve: bool) -> str:
            try:
                with tenant_work(acme):
                    if approve:
                        operations.approve_request(number, Offer("member"), actor=actor_of(acme, person))
                    else:
                        operations.decline_request(number, actor=actor_of(acme, person))
                return "done"
            except Conflict:
                return "late"

        outcomes = at_once(
            [partial(decide, person, way) for person in ("Alice", "Adam") for way in (True, False, True)]
        )
        assert sorted(outcomes) == ["done"] + ["late"] * 5
        assert len(log(acme)) == 1

    @pytest.mark.parametrize("role", ["owner", "nobody", ""])
    def test_nobody_lets_in_with_more_than_they_hold(self, acme, browse, nina, role):
        request_of(acme, nina)
        browser, path = browse(acme, "Adam"), page_of(acme, nina)
        browser.get(path)
        assert browser.post(path, {"role": role}).status_code == 422
        assert user_with(acme, nina) is None

    def test_a_role_that_the_organisation_made_can_be_given(self, acme, browse, nina):
        request_of(acme, nina)
        key = custom_role(acme, "Helper", "members.view")
        browser, path = browse(acme, "Adam"), page_of(acme, nina)
        browser.get(path)
        assert browser.post(path, {"role": key}).status_code == 303
        assert str(user_with(acme, nina).role_id) == key

    def test_without_a_seat_the_request_waits_on(self, acme, browse, nina):
        request_of(acme, nina)
        limit_seats(acme, 4)
        browser, path = browse(acme, "Adam"), page_of(acme, nina)
        browser.get(path)
        answer = browser.post(path, {"role": "member"})
        assert (answer.status_code, "4 of 4 seats are in use" in answer.text) == (402, True)
        limit_seats(acme, 5)
        assert browser.post(path, {"role": "member"}).status_code == 303

    def test_of_many_approved_at_once_for_the_last_seat_one_is_in(self, acme, place):
        for number in range(6):
            request_of(acme, f"n{number}@{place}")
        limit_seats(acme, 5)

        def approve(email: str) -> str:
            try:
                with tenant_work(acme):
                    number = db.session.scalars(select(JoinRequest.id).where(JoinRequest.email == email)).one()
                    operations.approve_request(number, Offer("member"), actor=actor_of(acme, "Alice"))
                return "in"
            except SeatsFull:
                return "full"

        assert sorted(at_once([partial(approve, f"n{n}@{place}") for n in range(6)])) == ["full"] * 5 + ["in"]

    def test_a_removed_person_comes_back_as_the_same_row(self, acme, browse, place):
        put(acme, "Bob", is_active=False, removed_at=now(), email=f"bob@{place}")
        request_of(acme, f"bob@{place}", name="Bob")
        browser, path = browse(acme, "Alice"), page_of(acme, f"bob@{place}")
        assert "Bob was here before" in browser.get(path).text
        assert browser.post(path, {"role": "viewer"}).status_code == 303
        assert (stored(acme, "Bob").is_active, stored(acme, "Bob").role) == (True, "viewer")

    @pytest.mark.parametrize(("person", "status"), [("Adam", 403), ("Alice", 303)])
    def test_a_deactivated_owner_is_let_in_by_an_owner_only(self, acme, browse, place, person, status):
        hire(acme, "Olga", "owner", is_active=False)
        put(acme, "Olga", email=f"olga@{place}")
        request_of(acme, f"olga@{place}", name="Olga")
        browser, path = browse(acme, person), page_of(acme, f"olga@{place}")
        browser.get(path)
        assert browser.post(path, {"role": "viewer"}).status_code == status
        expected = ("viewer", True) if status == 303 else ("owner", False)
        assert (stored(acme, "Olga").role, stored(acme, "Olga").is_active) == expected
        if status == 303:
            told = [(entry.event, entry.actor_name) for entry in log(acme) if entry.target_label == "Olga"]
            assert told[-2:] == [("members.member.reactivated", "Alice"), ("members.member.role_changed", "Alice")]

    @pytest.mark.parametrize(("person", "status"), [("Alice", 200), ("Adam", 200), ("Bob", 403), ("Vera", 403)])
    def test_only_those_who_may_invite_decide(self, acme, browse, nina, person, status):
        request_of(acme, nina)
        path = page_of(acme, nina)
        for page in (QUEUE, path, f"{QUEUE}/export.csv"):
            assert browse(acme, person).get(page).status_code == status
        if status == 403:
            number = stored_request(acme, nina).id
            for act in (
                partial(operations.approve_request, number, Offer("viewer")),
                partial(operations.decline_request, number),
            ):
                with pytest.raises(NotAllowed), tenant_work(acme):
                    act(actor=actor_of(acme, person))

    def test_the_requests_of_another_organisation_are_not_there(self, cast, browse, nina):
        request_of(cast.umbrella, nina)
        path, alice = page_of(cast.umbrella, nina), browse(cast.acme, "Alice")
        alice.get(QUEUE)
        assert alice.get(path).status_code == 404
        assert alice.post(path, {"role": "member"}).status_code == 404
        assert alice.post(f"{path}/decline").status_code == 404
        assert stored_request(cast.umbrella, nina).decision == ""

    def test_one_that_is_not_proven_is_not_there(self, acme, browse, nina):
        request_of(acme, nina, verified_at=None)
        assert browse(acme, "Alice").get(page_of(acme, nina)).status_code == 404
        assert nina not in browse(acme, "Alice").get(QUEUE).text


class TestTheQueue:
    def test_it_is_searched_filtered_sorted_and_leaves_as_csv(self, acme, browse, place):
        domain(acme, place)
        for name in ("Ana", "Ben", "=Cy"):
            request_of(acme, f"{name.strip('=').lower()}@{place}", name=name)
        browser = browse(acme, "Adam")
        browser.get(page_of(acme, f"ben@{place}"))
        browser.post(f"{page_of(acme, f'ben@{place}')}/decline")
        assert [f">{name}<" in browser.get(QUEUE).text for name in ("Ana", "Ben")] == [True, False]
        assert [f">{name}<" in browser.get(f"{QUEUE}?state=declined").text for name in ("Ana", "Ben")] == [False, True]
        assert [f">{name}<" in browser.get(f"{QUEUE}?q=ANA&state=all").text for name in ("Ana", "Ben")] == [True, False]
        rows = list(csv.reader(StringIO(browser.get(f"{QUEUE}/export.csv?state=all&sort=name").text)))
        assert [row[0] for row in rows] == ["Name", "'=Cy", "Ana", "Ben"]
        assert rows[3][2:] == ["declined", *rows[3][3:5], "Adam"]

    def test_an_empty_queue_says_what_to_do(self, acme, browse, place):
        assert "Nobody can ask to join" in browse(acme, "Alice").get(QUEUE).text
        domain(acme, place)
        assert "Nobody is waiting" in browse(acme, "Alice").get(QUEUE).text

    def test_the_menu_counts_those_who_wait_for_whoever_may_decide(self, acme, browse, place):
        badge = '<span class="count count-primary">{}</span>'
        assert "count-primary" not in browse(acme, "Alice").get("/").text
        for number in range(3):
            request_of(acme, f"n{number}@{place}")
        request_of(acme, f"late@{place}", expires_at=now() - timedelta(days=1))
        assert badge.format(3) in browse(acme, "Adam").get("/").text
        assert "count-primary" not in browse(acme, "Bob").get("/").text
        browser = browse(acme, "Alice")
        browser.get(page_of(acme, f"n0@{place}"))
        browser.post(f"{page_of(acme, f'n0@{place}')}/decline")
        assert badge.format(2) in browser.get("/").text
        assert '<span class="count count-neutral">2</span>' in browser.get(QUEUE).text

    def test_it_costs_the_same_however_long_it_is(self, acme, browse, place):
        request_of(acme, f"n@{place}")
        browser = browse(acme, "Alice")
        browser.get(QUEUE)
        with statements_sent() as statements:
            browser.get(QUEUE)
            few = len(statements)
            for number in range(15):
                request_of(acme, f"n{number}@{place}")
            statements.clear()
            browser.get(QUEUE)
        assert len(statements) == few


class TestTellingAdmins:
    def queue(self, acme, browse, place, *names: str) -> None:
        for name in names:
            prove(browse(acme), f"/join/{request_of(acme, f'{name}@{place}', verified_at=None)}")

    def told(self, acme, mailbox, person: str) -> list[str]:
        return [subject for subject in subjects(mailbox, acme.email(person)) if "join" in subject]

    def test_they_are_told_at_once_and_then_once_an_hour_with_a_count(self, acme, browse, mailbox, place):
        domain(acme, place)
        self.queue(acme, browse, place, "a")
        assert self.told(acme, mailbox, "Alice") == self.told(acme, mailbox, "Adam") == ["Somebody wants to join Acme"]
        self.queue(acme, browse, place, "b", "c", "d")
        assert len(self.told(acme, mailbox, "Alice")) == 1
        with tenant_work(acme) as session:
            told_before = JoinRequest.announced_at.is_not(None)
            session.execute(update(JoinRequest).where(told_before).values(announced_at=now() - timedelta(hours=2)))
            operations.announce_requests()
        assert self.told(acme, mailbox, "Alice") == ["Somebody wants to join Acme", "4 people want to join Acme"]
        assert self.told(acme, mailbox, "Bob") == []

    def test_a_second_job_within_the_hour_waits(self, acme, browse, mailbox, place):
        domain(acme, place)
        self.queue(acme, browse, place, "a")
        assert len(self.told(acme, mailbox, "Alice")) == 1
        request_of(acme, f"b@{place}")
        with tenant_work(acme):
            operations.announce_requests()
        assert len(self.told(acme, mailbox, "Alice")) == 1

    def test_nothing_new_is_no_mail(self, acme, mailbox, place):
        request_of(acme, f"a@{place}", announced_at=now() - timedelta(days=1))
        with tenant_work(acme):
            operations.announce_requests()
        assert self.told(acme, mailbox, "Alice") == []

    def test_whoever_holds_the_permission_by_a_grant_or_a_role_made_here_is_told_too(
        self, acme, browse, mailbox, place
    ):
        grant(acme, "Bob", "members.invite")
        grant(acme, "Vera", "members.invite", team(acme, "Sales"))
        hire(acme, "Cleo", custom_role(acme, "Host", "members.invite"))
        domain(acme, place)
        self.queue(acme, browse, place, "a")
        assert [len(self.told(acme, mailbox, person)) for person in ("Alice", "Adam", "Bob", "Cleo", "Vera")] == [
            1,
            1,
            1,
            1,
            0,
        ]


class TestCleaningUp:
    def test_what_nobody_decided_is_closed_and_what_was_never_proven_forgotten(self, acme, place):
        late = {"expires_at": now() - timedelta(seconds=1)}
        request_of(acme, f"late@{place}", **late)
        request_of(acme, f"unproven@{place}", verified_at=None, **late)
        request_of(acme, f"waiting@{place}")
        request_of(acme, f"old@{place}", decision="declined", decided_at=now() - timedelta(days=31), **late)
        request_of(acme, f"decided@{place}", decision="declined", decided_at=now(), **late)
        with tenant_work(acme):
            assert operations.clean_up() == {"unanswered": 1, "forgotten": 2}
        with tenant_scope(acme) as session:
            left = session.scalars(select(JoinRequest.email).order_by(JoinRequest.email)).all()
        assert left == [f"decided@{place}", f"waiting@{place}"]
        assert [(entry.event, entry.target_label) for entry in log(acme)] == [
            ("members.request.expired", f"late@{place}")
        ]

    def test_an_expired_request_can_be_decided_no_more(self, acme, browse, nina):
        request_of(acme, nina, expires_at=now() - timedelta(seconds=1))
        browser, path = browse(acme, "Alice"), page_of(acme, nina)
        browser.get(path)
        assert "has expired" in browser.follow(browser.post(path, {"role": "member"})).text
        assert user_with(acme, nina) is None

    def test_the_job_runs_every_night_for_each_organisation(self, app):
        job = declared_jobs()["members.clean_up"]
        assert (job.cron, job.each_tenant) == ("50 3 * * *", True)
