"""Inviting people: what is typed, what is sent, and the list of who is invited. Each refusal stands beside what is allowed."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from html import unescape
from io import StringIO

import pytest
from flask import Flask
from flask.cli import ScriptInfo
from limits import parse
from sqlalchemy.exc import IntegrityError

from saas.__main__ import Commands
from saas.accounts.models import CUSTOM
from saas.core.clock import now
from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed
from saas.core.extensions import limiter
from saas.core.ids import short_id
from saas.members.operations import invitations as operations
from saas.members.operations.invitations import Offer
from saas.members.pasted import read_pasted
from saas.members.queries.invitations import State, find_invitations, state_of
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation, found
from tests.members.coming import asked_in, at_once, invitation_of, invitations, limit_seats, put
from tests.members.staff import actor_of, custom_role, grant, hire, last_entry, log, team
from tests.support import Browser, statements_sent

NEW = "/people/invitations/new"
LIST = "/people/invitations"
ODD = [
    '"nina blue"@example.org',
    "nïna@example.org",
    "nina@example.org\nBcc: ben@example.org",
    "nina@example.org%0aBcc:ben@example.org",
    "nina@example",
    "nina@-example.org",
    "nina@exam ple.org",
    "@example.org",
    "nina@",
    "nina",
    "nina@@example.org",
    ".nina@example.org",
    "nina..blue@example.org",
    f"{'n' * 65}@example.org",
    "nina@[192.0.2.1]",
    "<nina@example.org",
    "=cmd|calc!A1",
]


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> Iterator[None]:
    limiter.reset()
    yield
    limiter.reset()


@pytest.fixture
def nina() -> str:
    """An address that no other test has written to."""
    return f"nina-{short_id(8)}@example.org"


def form(addresses: str, **fields) -> dict:
    return {"addresses": addresses, "role": "member", "days": "7", **fields}


def number_of(page: str) -> str:
    """The number of a form, by which it is known when it is sent twice."""
    found = re.search(r'name="number" type="hidden" value="([^"]+)"', page)
    assert found, page
    return found[1]


def verdicts(page: str) -> list[str]:
    """What the table says of each entry."""
    return [unescape(text) for text in re.findall(r'badge-dot" aria-hidden="true"></span>([^<]+)</span>', page)]


def send(browser: Browser, addresses: str, **fields):
    """Look at the verdicts, then send."""
    looked = browser.post(NEW, form(addresses, **fields), page=NEW)
    mark = re.search(r'name="seen" value="([0-9a-f]{32})"><span>Send', looked.text)
    assert mark, looked.text
    return browser.post(NEW, form(addresses, seen=mark[1], **fields))


def invite(organisation: Organisation, person: str, *addresses: str, role: str = "member", **options) -> None:
    """Invite as the operation does it."""
    offer = Offer(role, options.pop("role_id", None), options.pop("team_ids", ()))
    with tenant_work(organisation):
        operations.invite(addresses, offer, actor=actor_of(organisation, person), **options)


class TestReading:
    def test_commas_lines_names_and_spaces_part_addresses(self):
        text = 'a@x.org, "Doe, Jane" <jane@x.org>;\n\nBen <BEN@x.org>\tc@x.org d@x.org\r\nmailto:e@x.org，f@x.org'
        assert [entry.email for entry in read_pasted(text)] == [f"{n}@x.org" for n in ("a", "jane", "ben", *"cdef")]

    def test_an_international_domain_has_one_spelling(self):
        assert read_pasted("k@münchen.example")[0].email == "k@xn--mnchen-3ya.example"

    @pytest.mark.parametrize("text", ODD)
    def test_what_is_no_address_says_why(self, text):
        bad = [entry for entry in read_pasted(text) if not entry.email]
        assert bad
        assert all(entry.fault for entry in bad)

    def test_an_open_quotation_does_not_swallow_the_next_line(self):
        assert [entry.email for entry in read_pasted('"Ben <ben@x.org\nana@x.org')] == ["", "ana@x.org"]

    def test_fifty_are_read_and_one_more_is_refused(self):
        fifty = [f"n{number}@x.org" for number in range(50)]
        assert len(read_pasted("\n".join(fifty))) == 50
        with pytest.raises(Invalid, match="These are 51 entries"):
            read_pasted(", ".join([*fifty, "more@x.org"]))

    def test_a_megabyte_of_quotation_marks_is_read_at_once(self):
        with pytest.raises(Invalid):
            read_pasted('"\\,<' * 250_000 + "\n" + "x\n" * 1000)


class TestInvitingOne:
    def test_one_person_gets_a_mail_with_the_letterhead_and_a_link(self, acme, browse, mailbox, nina):
        browser = browse(acme, "Alice")
        answer = browser.post(NEW, form(f"Nina Blue <{nina.title()}>", message="See you on Monday!"), page=NEW)
        assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
        text = mailbox.text(nina)
        assert mailbox.messages(nina)[0]["Subject"] == "Alice invites you to Acme"
        assert "See you on Monday!" in text
        assert f"http://{acme.host}/invitation/" in text
        assert "Role: Member" in text

    def test_the_log_tells_who_was_invited_as_what(self, acme, browse):
        browse(acme, "Alice").post(NEW, form("nina@example.org"), page=NEW)
        entry = log(acme)[-1]
        assert (entry.event, entry.actor_name, entry.target_label) == (
            "members.invitation.sent",
            "Alice",
            "nina@example.org",
        )
        assert entry.facts == {"role": "Member", "teams": []}

    def test_only_the_hash_of_the_secret_is_kept(self, acme, browse, mailbox, nina):
        browse(acme, "Alice").post(NEW, form(nina), page=NEW)
        token = mailbox.link(nina).rpartition("/")[2]
        assert token.encode() not in invitation_of(acme, nina).token_hash
        assert token not in repr([(entry.facts, entry.changes) for entry in log(acme)])

    @pytest.mark.parametrize("days", [1, 30])
    def test_it_is_good_for_the_days_chosen(self, acme, browse, days):
        browse(acme, "Alice").post(NEW, form("nina@example.org", days=str(days)), page=NEW)
        invitation = invitation_of(acme, "nina@example.org")
        assert invitation.expires_at - invitation.sent_at == timedelta(days=days)

    @pytest.mark.parametrize("days", ["0", "31", "-1", "x", "", "9" * 5000, "1.5"])
    def test_other_days_are_refused_and_the_form_is_kept(self, acme, browse, days):
        answer = browse(acme, "Alice").post(NEW, form("nina@example.org", days=days, message="Hi"), page=NEW)
        assert (answer.status_code, "nina@example.org" in answer.text, "Hi</textarea>" in answer.text) == (422,) + (
            True,
        ) * 2
        assert invitations(acme) == []

    @pytest.mark.parametrize(
        "message", ["Look at https://evil.example/login", "www.evil.com", "evil.com/x", "x" * 1001, "a\u202eb", "a\0b"]
    )
    def test_a_message_that_could_mislead_is_refused(self, acme, browse, message):
        answer = browse(acme, "Alice").post(NEW, form("nina@example.org", message=message), page=NEW)
        assert answer.status_code == 422
        assert invitations(acme) == []

    def test_whoever_has_not_confirmed_an_address_sends_mail_to_nobody(self, acme, browse):
        put(acme, "Alice", verified_at=None)
        browser = browse(acme, "Alice")
        assert "Confirm your own address first" in browser.get(NEW).text
        assert 'action="/account/verification"><' in browser.get(NEW).text.replace("\n", "")
        refused = browser.post(NEW, form("nina@example.org, ben@example.org", message="Hello"))
        assert refused.status_code == 422
        assert "nina@example.org, ben@example.org</textarea>" in refused.text
        assert "Hello</textarea>" in refused.text
        assert invitations(acme) == []
        put(acme, "Alice", verified_at=now())
        assert browse(acme, "Alice").post(NEW, form("nina@example.org"), page=NEW).status_code == 303

    def test_every_fault_of_the_form_is_told_at_once(self, acme, browse):
        browser = browse(acme, "Alice")
        answer = browser.post(NEW, form("nina", days="x", role="king", message="see evil.com"), page=NEW)
        assert answer.status_code == 422
        for words in (
            "Please enter a whole number.",
            "There is no @ in it.",
            "Please choose one of these roles.",
            "A message cannot hold web addresses",
        ):
            assert words in answer.text
        assert 'href="#days"' in answer.text
        assert browser.post(NEW, form("nina@example.org", message="see you")).status_code == 303

    def test_a_form_sent_twice_invites_once_and_says_so(self, acme, browse, mailbox, nina):
        browser = browse(acme, "Alice")
        values = form(nina, number=number_of(browser.get(NEW).text))
        for _ in range(2):
            answer = browser.post(NEW, values)
            assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
            assert f"{nina} is invited." in browser.follow(answer).text
        assert len(mailbox.messages(nina)) == 1
        assert browser.post(NEW, form(nina)).status_code == 422

    def test_an_ip_address_is_no_domain(self, acme, browse):
        browser = browse(acme, "Alice")
        refused = browser.post(NEW, form("nina@127.0.0.1"), page=NEW)
        assert (refused.status_code, "is not a domain name" in refused.text) == (422, True)
        assert browser.post(NEW, form("nina@127.example")).status_code == 303

    def test_a_name_that_reads_as_a_link_stands_in_no_mail(self, acme, browse, mailbox, nina):
        put(acme, "Alice", name="evil.com")
        browse(acme, "Alice").post(NEW, form(nina), page=NEW)
        assert "evil" not in mailbox.text(nina)
        assert mailbox.messages(nina)[0]["Subject"] == "You are invited to Acme"


class TestInvitingMany:
    def test_each_row_has_its_verdict_before_anything_is_sent(self, acme, browse, mailbox, nina):
        hire(acme, "Ron", is_active=False, removed_at=now())
        hire(acme, "Deb", is_active=False)
        asked_in(acme, "pia@example.org")
        limit_seats(acme, 8)
        people = [acme.email(person) for person in ("Bob", "Ron", "Deb")]
        text = "\n".join([nina, *people, "pia@example.org", nina.upper(), "odd", "last@example.org"])
        answer = browse(acme, "Alice").post(NEW, form(text), page=NEW)
        assert answer.status_code == 200
        assert verdicts(answer.text) == [
            "Will be invited",
            "Here already",
            "Comes back",
            "Comes back",
            "Invited already",
            "Repeated",
            "Not an address",
            "No seat left",
        ]
        assert "Send 3 invitations" in answer.text
        assert "The other 5 are left out." in answer.text
        assert invitations(acme) == ["pia@example.org"]
        assert mailbox.messages(nina) == []

    def test_an_expired_invitation_makes_room_and_the_log_tells(self, acme, nina):
        asked_in(acme, nina, expires_at=now() - timedelta(minutes=1))
        with tenant_work(acme):
            operations.invite([nina], Offer("member"), actor=actor_of(acme, "Alice"))
        told = [(entry.event, entry.actor_name, entry.target_label) for entry in log(acme)]
        assert sorted(told) == [
            ("members.invitation.expired", "Alice", nina),
            ("members.invitation.sent", "Alice", nina),
        ]

    def test_a_deactivated_person_is_invited_only_by_who_may_manage_them(self, acme, browse):
        hire(acme, "Olga", "owner", is_active=False)
        hire(acme, "Deb", is_active=False)
        text = f"{acme.email('Olga')}, {acme.email('Deb')}"
        answer = browse(acme, "Adam").post(NEW, form(text), page=NEW)
        assert verdicts(answer.text) == ["Deactivated", "Comes back"]
        assert "Olga was deactivated. Only whoever manages people" in answer.text
        with pytest.raises(Conflict, match="cannot be invited"), tenant_work(acme):
            operations.invite([acme.email("Olga")], Offer("member"), actor=actor_of(acme, "Adam"))
        with tenant_work(acme):
            operations.invite([acme.email("Olga")], Offer("member"), actor=actor_of(acme, "Alice"))

    def test_what_was_looked_at_is_sent_and_the_rest_left_out(self, acme, browse, mailbox, nina):
        answer = send(browse(acme, "Alice"), f"{nina}, odd, omar.{nina}")
        assert answer.status_code == 303
        assert invitations(acme) == [nina, f"omar.{nina}"]
        assert len(mailbox.messages(nina)) == len(mailbox.messages(f"omar.{nina}")) == 1
        assert [entry.event for entry in log(acme)] == ["members.invitation.sent"] * 2

    def test_a_list_sent_twice_is_sent_once(self, acme, browse, mailbox, nina):
        browser, text = browse(acme, "Alice"), f"{nina}, omar.{nina}, odd"
        values = form(text, number=number_of(browser.get(NEW).text))
        mark = re.search(r'name="seen" value="([0-9a-f]{32})"><span>Send', browser.post(NEW, values).text)[1]
        first, second = browser.post(NEW, {**values, "seen": mark}), browser.post(NEW, {**values, "seen": mark})
        assert (first.status_code, second.status_code) == (303, 303)
        assert "2 people are invited." in browser.follow(second).text
        assert len(mailbox.messages(nina)) == 1
        more = browser.post(NEW, {**values, "addresses": f"{nina}, zoe@example.org", "seen": mark})
        assert more.status_code == 409

    def test_the_seats_that_are_left_are_shown_before(self, acme, browse):
        browser = browse(acme, "Alice")
        assert "4 in use, no limit" in browser.get(NEW).text
        limit_seats(acme, 6)
        asked_in(acme, "pia@example.org")
        assert "4 of 6 in use, 1 held by invitations" in browser.get(NEW).text

    def test_many_teams_can_be_filtered_and_those_chosen_stand_first(self, acme, browse):
        browser, ids = browse(acme, "Alice"), [team(acme, f"Team {number:02}") for number in range(12)]
        assert "data-filtered" not in browser.get(NEW).text
        ids.append(team(acme, "Team 99"))
        page = browser.get(f"{NEW}?team={ids[-1]}").text
        assert "data-filtered" in page
        assert page.index("Team 99") < page.index("Team 00")

    def test_what_changed_since_is_shown_again_and_nothing_is_sent(self, acme, browse):
        browser = browse(acme, "Alice")
        looked = browser.post(NEW, form("nina@example.org\nomar@example.org"), page=NEW)
        mark = re.search(r'name="seen" value="([0-9a-f]{32})"', looked.text)[1]
        asked_in(acme, "omar@example.org")
        answer = browser.post(NEW, form("nina@example.org\nomar@example.org", seen=mark))
        assert (answer.status_code, "Nothing was sent" in answer.text) == (409, True)
        assert invitations(acme) == ["omar@example.org"]

    def test_a_list_without_anybody_to_invite_is_refused(self, acme, browse):
        answer = browse(acme, "Alice").post(NEW, form(f"odd\n{acme.email('Bob')}"), page=NEW)
        assert (answer.status_code, "Nobody on this list can be invited" in answer.text) == (422, True)
        assert verdicts(answer.text) == ["Not an address", "Here already"]

    @pytest.mark.parametrize("text", ["", " \n , ;; \n"])
    def test_an_empty_list_is_refused(self, acme, browse, text):
        answer = browse(acme, "Alice").post(NEW, form(text), page=NEW)
        assert (answer.status_code, "at least one e-mail address" in answer.text) == (422, True)

    def test_ten_thousand_pasted_lines_are_refused_and_kept(self, acme, browse):
        lines = "\n".join(f"n{number}@example.org" for number in range(10_000))
        answer = browse(acme, "Alice").post(NEW, form(lines), page=NEW)
        assert answer.status_code == 422
        assert "These are 10,000 entries. Invite at most 50 people at once." in answer.text
        assert "n9999@example.org" in answer.text
        assert invitations(acme) == []

    @pytest.mark.parametrize("text", ODD)
    def test_odd_addresses_are_never_an_error_of_ours(self, acme, browse, text):
        answer = browse(acme, "Alice").post(NEW, form(text), page=NEW)
        assert answer.status_code in (200, 422)
        assert invitations(acme) == []

    def test_all_are_invited_or_none(self, acme):
        asked_in(acme, "omar@example.org")
        with pytest.raises(Conflict, match=r"omar@example.org cannot be invited"):
            invite(acme, "Alice", "nina@example.org", "omar@example.org")
        limit_seats(acme, 6)
        with pytest.raises(Conflict, match="1 left, and this needs 2"):
            invite(acme, "Alice", "a@example.org", "b@example.org")
        assert invitations(acme) == ["omar@example.org"]
        invite(acme, "Alice", "a@example.org")
        assert invitations(acme) == ["a@example.org", "omar@example.org"]

    def test_two_who_invite_the_same_person_at_once_send_one_invitation(self, acme):
        def once(person: str) -> str:
            try:
                invite(acme, person, "nina@example.org")
                return "sent"
            except DomainError as error:
                return type(error).__name__

        assert sorted(at_once([partial(once, person) for person in ("Alice", "Adam") * 3])) == ["Conflict"] * 5 + [
            "sent"
        ]

    def test_the_database_keeps_one_open_invitation_for_each_address(self, acme):
        asked_in(acme, "nina@example.org")
        with pytest.raises(IntegrityError):
            asked_in(acme, "nina@example.org")
        asked_in(acme, "omar@example.org", revoked_at=now())
        asked_in(acme, "omar@example.org")

    def test_an_expired_invitation_makes_room_for_another(self, acme, browse):
        asked_in(acme, "nina@example.org", expires_at=now() - timedelta(days=1))
        assert browse(acme, "Alice").post(NEW, form("nina@example.org"), page=NEW).status_code == 303
        assert invitations(acme) == ["nina@example.org"] * 2
        assert state_of(invitation_of(acme, "nina@example.org")) is State.OPEN
        assert ">Expired<" in browse(acme, "Alice").get(LIST).text

    def test_too_many_lists_in_an_hour_are_told_when_to_go_on(self, acme, browse, monkeypatch):
        monkeypatch.setattr("saas.members.limits.LISTS_PER_TENANT", parse("1 per hour"))
        browser = browse(acme, "Alice")
        assert browser.post(NEW, form("nina@example.org"), page=NEW).status_code == 303
        answer = browser.post(NEW, form("omar@example.org"))
        assert (answer.status_code, "omar@example.org" in answer.text) == (429, True)


class TestWhatCanBeGiven:
    def test_nobody_is_offered_a_role_above_the_own(self, acme, browse):
        def offered(person: str) -> set[str]:
            return set(re.findall(r'name="role"[^>]*value="([^"]+)"', browse(acme, person).get(NEW).text))

        assert offered("Alice") == {"viewer", "member", "team_admin", "admin", "owner"}
        assert offered("Adam") == {"viewer", "member", "team_admin", "admin"}

    @pytest.mark.parametrize("role", ["owner", "custom", "nobody", "", "0193a5f0-0000-7000-8000-000000000000"])
    def test_a_role_above_or_beside_is_refused(self, acme, browse, role):
        answer = browse(acme, "Adam").post(NEW, form("nina@example.org", role=role), page=NEW)
        assert (answer.status_code, "nina@example.org" in answer.text) == (422, True)
        with pytest.raises(DomainError):
            invite(acme, "Adam", "nina@example.org", role=role)
        assert invitations(acme) == []

    def test_a_role_that_the_organisation_made_can_be_given(self, acme, browse):
        key = custom_role(acme, "Bookkeeper", "members.view")
        assert browse(acme, "Adam").post(NEW, form("nina@example.org", role=key), page=NEW).status_code == 303
        assert (invitation_of(acme, "nina@example.org").role, str(invitation_of(acme, "nina@example.org").role_id)) == (
            CUSTOM,
            key,
        )

    def test_a_role_made_here_that_holds_more_cannot_be_given(self, acme, browse):
        key = custom_role(acme, "Closer", "organisations.delete")
        assert "Closer" not in browse(acme, "Adam").get(NEW).text
        assert browse(acme, "Adam").post(NEW, form("nina@example.org", role=key), page=NEW).status_code == 422
        assert browse(acme, "Alice").post(NEW, form("nina@example.org", role=key), page=NEW).status_code == 303

    @pytest.mark.parametrize(("person", "status"), [("Alice", 200), ("Adam", 200), ("Bob", 403), ("Vera", 403)])
    def test_only_those_who_may_invite_reach_the_pages(self, acme, browse, person, status):
        for path in (LIST, NEW, f"{LIST}/export.csv"):
            assert browse(acme, person).get(path).status_code == status

    def test_teams_of_another_organisation_are_no_teams(self, cast, browse):
        foreign = team(cast.umbrella, "Secret")
        answer = browse(cast.acme, "Alice").post(NEW, form("nina@example.org", teams=str(foreign)), page=NEW)
        assert answer.status_code == 422
        with pytest.raises(Invalid):
            invite(cast.acme, "Alice", "nina@example.org", team_ids=[foreign])


class TestTeamAdmins:
    @pytest.fixture
    def tess(self, acme) -> dict:
        """Tess leads Sales, which has North below it; Tech is another team."""
        hire(acme, "Tess", "team_admin", verified_at=now())
        sales = team(acme, "Sales", Tess=True)
        return {"Sales": sales, "North": team(acme, "North", sales), "Tech": team(acme, "Tech")}

    def test_they_are_offered_the_teams_they_lead_and_those_below(self, acme, tess, browse):
        page = browse(acme, "Tess").get(NEW).text
        assert ["Sales" in page, "Sales / North" in page, "Tech" in page] == [True, True, False]
        assert set(re.findall(r'name="role"[^>]*value="([^"]+)"', page)) == {"viewer", "member", "team_admin"}

    @pytest.mark.parametrize(
        ("teams", "status"), [(["Sales"], 303), (["North"], 303), (["Tech"], 422), (["Sales", "Tech"], 422), ([], 422)]
    )
    def test_they_invite_into_these_only(self, acme, tess, browse, teams, status):
        chosen = [str(tess[name]) for name in teams]
        assert browse(acme, "Tess").post(NEW, form("nina@example.org", teams=chosen), page=NEW).status_code == status
        assert len(invitations(acme)) == (status == 303)

    @pytest.mark.parametrize(
        ("teams", "error"), [(["Tech"], NotAllowed), (["North", "Tech"], NotAllowed), ([], Invalid)]
    )
    def test_the_operation_says_so_too(self, acme, tess, teams, error):
        with pytest.raises(error):
            invite(acme, "Tess", "nina@example.org", team_ids=[tess[name] for name in teams])
        invite(acme, "Tess", "nina@example.org", team_ids=[tess["North"]])

    def test_a_grant_in_one_team_is_enough(self, acme, tess, browse):
        assert browse(acme, "Bob").get(NEW).status_code == 403
        grant(acme, "Bob", "members.invite", tess["Tech"])
        answer = browse(acme, "Bob").post(NEW, form("nina@example.org", teams=str(tess["Tech"])), page=NEW)
        assert answer.status_code == 303
        assert browse(acme, "Bob").post(NEW, form("o@example.org", role="team_admin"), page=NEW).status_code == 422

    def test_they_see_and_change_the_invitations_into_their_teams_only(self, acme, tess, browse):
        asked_in(acme, "in@example.org", team_ids=[tess["North"]])
        asked_in(acme, "both@example.org", team_ids=[tess["North"], tess["Tech"]])
        asked_in(acme, "out@example.org")
        browser = browse(acme, "Tess")
        page = browser.get(LIST).text
        assert [name in page for name in ("in@example.org", "both@example.org", "out@example.org")] == [
            True,
            False,
            False,
        ]
        for email, status in (("both@example.org", 403), ("out@example.org", 403), ("in@example.org", 303)):
            number = invitation_of(acme, email).id
            for verb in ("resend", "revoke"):
                assert browser.post(f"{LIST}/{number}/{verb}").status_code == status
        assert browser.get(f"{LIST}/{invitation_of(acme, 'out@example.org').id}/edit").status_code == 403


class TestTheList:
    def test_it_tells_how_each_stands(self, acme, browse):
        asked_in(acme, "open@example.org")
        asked_in(acme, "late@example.org", expires_at=now() - timedelta(minutes=1))
        asked_in(acme, "back@example.org", revoked_at=now())
        asked_in(acme, "here@example.org", accepted_at=now())
        asked_in(acme, "refused@example.org", revoked_at=now(), refusal="Bob left.")
        browser = browse(acme, "Adam")
        for state in State:
            page = browser.get(f"{LIST}?state={state}").text
            assert re.findall(r">([a-z]+)<wbr>@example\.org<", page) == [
                {"open": "open", "accepted": "here", "expired": "late", "revoked": "back", "refused": "refused"}[state]
            ]
            assert f">{state.capitalize()}<" in page

    def test_every_state_of_the_list_is_that_of_the_row(self, acme):
        moments = (None, now() - timedelta(hours=1))
        for number, (accepted, revoked, late) in enumerate((a, r, e) for a in moments for r in moments for e in (0, 1)):
            asked_in(
                acme,
                f"n{number}@example.org",
                accepted_at=accepted,
                revoked_at=revoked,
                expires_at=now() - timedelta(days=1) if late else now() + timedelta(days=1),
            )
        held = actor_of(acme, "Alice").held
        with tenant_scope(acme) as session:
            for state in State:
                found = session.scalars(find_invitations(held, state=state)).all()
                assert [state_of(one) for one in found] == [state] * len(found)
            assert sum(len(session.scalars(find_invitations(held, state=s)).all()) for s in State) == 8

    def test_it_is_searched_sorted_and_paged(self, acme, browse):
        for number in range(30):
            asked_in(acme, f"n{number:02}@example.org")
        browser = browse(acme, "Alice")
        page = browser.get(f"{LIST}?sort=email").text
        assert re.findall(r">(n\d\d)<wbr>@", page)[0] == "n00"
        assert "n29@" not in page
        assert "n29@" in browser.get(f"{LIST}?sort=email&page=2").text
        assert re.findall(r">(n\d\d)<wbr>@", browser.get(f"{LIST}?q=N17").text) == ["n17"]
        assert "Nothing matches" in browser.get(f"{LIST}?q=zzz").text
        assert "%" not in re.findall(r">(n\d\d)<wbr>@", browser.get(f"{LIST}?q=%25").text)

    def test_an_empty_list_says_what_to_do(self, acme, browse):
        assert "Nobody is invited yet" in browse(acme, "Alice").get(LIST).text

    def test_it_leaves_as_csv_that_no_spreadsheet_runs(self, acme, browse):
        asked_in(acme, "=cmd@example.org", team_ids=[team(acme, "Sales")])
        rows = list(csv.reader(StringIO(browse(acme, "Alice").get(f"{LIST}/export.csv").text)))
        assert rows[0][:4] == ["E-mail address", "Role", "Teams", "Status"]
        assert rows[1][:5] == ["'=cmd@example.org", "Member", "Sales", "open", "Alice"]

    def test_it_costs_the_same_however_long_it_is(self, acme, browse):
        place = team(acme, "Sales")
        asked_in(acme, "n@example.org", team_ids=[place])
        browser = browse(acme, "Alice")
        browser.get(LIST)
        with statements_sent() as statements:
            browser.get(LIST)
            few = len(statements)
            for number in range(20):
                asked_in(acme, f"n{number}@example.org", team_ids=[place], by="Adam")
            statements.clear()
            browser.get(LIST)
        assert len(statements) == few

    def test_another_organisation_sees_none_of_it(self, cast, browse):
        asked_in(cast.acme, "nina@example.org")
        number = invitation_of(cast.acme, "nina@example.org").id
        charlie = browse(cast.umbrella, "Charlie")
        assert "nina" not in charlie.get(LIST).text
        assert charlie.get(f"{LIST}/{number}/edit").status_code == 404
        for verb in ("resend", "revoke", "edit"):
            assert charlie.post(f"{LIST}/{number}/{verb}").status_code == 404


class TestSendingAgain:
    def test_it_has_a_new_link_and_the_old_one_is_dead(self, acme, browse, mailbox, nina):
        browser = browse(acme, "Alice")
        browser.post(NEW, form(nina, days="3"), page=NEW)
        first, before = mailbox.link(nina), invitation_of(acme, nina)
        assert browser.post(f"{LIST}/{before.id}/resend").status_code == 303
        second, after = mailbox.link(nina), invitation_of(acme, nina)
        assert first != second
        assert after.expires_at > before.expires_at
        assert after.expires_at - after.sent_at == timedelta(days=3)
        assert browse(acme).get(first.partition(acme.host)[2]).status_code == 404
        assert browse(acme).get(second.partition(acme.host)[2]).status_code == 200
        assert last_entry(acme)[:3] == ("members.invitation.resent", "Alice", nina)

    def test_an_expired_one_takes_a_seat_again(self, acme, browse):
        week = {"sent_at": now() - timedelta(days=8), "expires_at": now() - timedelta(days=1)}
        asked_in(acme, "nina@example.org", **week)
        number, browser = invitation_of(acme, "nina@example.org").id, browse(acme, "Alice")
        limit_seats(acme, 4)
        browser.get(LIST)
        browser.post(f"{LIST}/{number}/resend")
        assert state_of(invitation_of(acme, "nina@example.org")) is State.EXPIRED
        limit_seats(acme, 5)
        browser.post(f"{LIST}/{number}/resend")
        assert state_of(invitation_of(acme, "nina@example.org")) is State.OPEN

    @pytest.mark.parametrize("closed", [{"revoked_at": now()}, {"accepted_at": now()}])
    def test_one_that_is_closed_stays_closed(self, acme, browse, closed, mailbox, nina):
        asked_in(acme, nina, **closed)
        browser = browse(acme, "Alice")
        browser.get(LIST)
        answer = browser.post(f"{LIST}/{invitation_of(acme, nina).id}/resend")
        assert "This invitation is" in browser.follow(answer).text
        assert mailbox.messages(nina) == []

    def test_whoever_sends_it_again_vouches_for_it(self, acme, browse):
        asked_in(acme, "nina@example.org", by="Adam")
        browser = browse(acme, "Alice")
        browser.get(LIST)
        browser.post(f"{LIST}/{invitation_of(acme, 'nina@example.org').id}/resend")
        assert invitation_of(acme, "nina@example.org").invited_by_id == acme.people["Alice"].id

    def test_nobody_sends_again_what_gives_more_than_they_hold(self, acme, browse):
        asked_in(acme, "nina@example.org", role="owner")
        number = invitation_of(acme, "nina@example.org").id
        for verb in ("resend", "revoke"):
            browser = browse(acme, "Adam")
            browser.get(LIST)
            assert browser.post(f"{LIST}/{number}/{verb}").status_code == 403
        browser = browse(acme, "Alice")
        browser.get(LIST)
        assert browser.post(f"{LIST}/{number}/revoke").status_code == 303

    def test_three_times_an_hour_are_enough(self, acme, browse, mailbox, nina):
        asked_in(acme, nina)
        number, browser = invitation_of(acme, nina).id, browse(acme, "Alice")
        browser.get(LIST)
        for _ in range(4):
            answer = browser.post(f"{LIST}/{number}/resend")
        assert "There were too many tries" in browser.follow(answer).text
        assert len(mailbox.messages(nina)) == 3


class TestChanging:
    def test_role_and_teams_of_an_open_one_can_be_changed(self, acme, browse):
        asked_in(acme, "nina@example.org", by="Adam")
        sales, number = team(acme, "Sales"), invitation_of(acme, "nina@example.org").id
        browser = browse(acme, "Alice")
        assert "nina@example.org" in browser.get(f"{LIST}/{number}/edit").text
        assert browser.post(f"{LIST}/{number}/edit", {"role": "admin", "teams": str(sales)}).status_code == 303
        after = invitation_of(acme, "nina@example.org")
        assert (after.role, after.team_ids, after.invited_by_id) == ("admin", [sales], acme.people["Alice"].id)
        assert last_entry(acme) == (
            "members.invitation.changed",
            "Alice",
            "nina@example.org",
            {"role": ["Member", "Admin"], "teams": [[], ["Sales"]]},
        )

    def test_changing_nothing_is_no_event_and_nobody_else_vouches(self, acme, browse):
        asked_in(acme, "nina@example.org", by="Adam")
        browser, number = browse(acme, "Alice"), invitation_of(acme, "nina@example.org").id
        before = len(log(acme))
        assert (
            browser.post(f"{LIST}/{number}/edit", {"role": "member"}, page=f"{LIST}/{number}/edit").status_code == 303
        )
        assert len(log(acme)) == before
        assert invitation_of(acme, "nina@example.org").invited_by_id == acme.people["Adam"].id

    @pytest.mark.parametrize("fields", [{"role": "owner"}, {"role": "nobody"}, {}, {"role": "member", "teams": "x"}])
    def test_nothing_above_and_nothing_unknown(self, acme, browse, fields):
        asked_in(acme, "nina@example.org")
        path = f"{LIST}/{invitation_of(acme, 'nina@example.org').id}/edit"
        assert browse(acme, "Adam").post(path, fields, page=path).status_code == 422
        assert invitation_of(acme, "nina@example.org").role == "member"

    def test_a_closed_one_cannot_be_changed(self, acme, browse):
        asked_in(acme, "nina@example.org", revoked_at=now())
        number = invitation_of(acme, "nina@example.org").id
        assert browse(acme, "Alice").get(f"{LIST}/{number}/edit").status_code == 303
        with pytest.raises(Conflict), tenant_work(acme):
            operations.change_invitation(number, Offer("viewer"), actor=actor_of(acme, "Alice"))


class TestTakingBack:
    def test_the_link_is_dead_and_the_seat_free(self, acme, browse):
        token = asked_in(acme, "nina@example.org")
        browser = browse(acme, "Alice")
        browser.get(LIST)
        assert browser.post(f"{LIST}/{invitation_of(acme, 'nina@example.org').id}/revoke").status_code == 303
        assert browse(acme).get(f"/invitation/{token}").status_code == 410
        assert last_entry(acme)[:3] == ("members.invitation.revoked", "Alice", "nina@example.org")

    def test_a_second_click_changes_nothing(self, acme, browse):
        asked_in(acme, "nina@example.org")
        number, browser = invitation_of(acme, "nina@example.org").id, browse(acme, "Alice")
        browser.get(LIST)
        browser.post(f"{LIST}/{number}/revoke")
        first = invitation_of(acme, "nina@example.org").revoked_at
        assert "This invitation is revoked" in browser.follow(browser.post(f"{LIST}/{number}/revoke")).text
        assert invitation_of(acme, "nina@example.org").revoked_at == first
        assert [entry.event for entry in log(acme)].count("members.invitation.revoked") == 1


def test_inviting_somebody_is_a_step_of_getting_started(app, browse):
    alone = found("Solo", owner="Sam", people={})
    browser = browse(alone, "Sam")
    assert f'href="{NEW}"' in browser.get("/getting-started").text
    browser.post(NEW, form("nina@example.org"), page=NEW)
    assert f'button-sm" href="{NEW}"' not in browser.get("/getting-started").text


def test_only_those_whom_the_system_knows_can_be_the_inviter(acme):
    key = replace(actor_of(acme, "Alice"), kind="api_key")
    with pytest.raises(NotAllowed), tenant_work(acme):
        operations.invite(["nina@example.org"], Offer("member"), actor=key)
    assert invitations(acme) == []


class TestCommandLine:
    def run(self, app: Flask, *arguments: str):
        top = Commands(name="saas", create_app=lambda: app, add_version_option=False)
        return app.test_cli_runner().invoke(
            top, ["members", "invite", *arguments], obj=ScriptInfo(create_app=lambda: app)
        )

    def test_an_operator_invites_in_nobodys_name(self, app, acme, mailbox, nina):
        assert (
            self.run(app, acme.slug, nina.upper(), "--role", "Owner", "--days", "2").output == f"{nina} is invited.\n"
        )
        invitation = invitation_of(acme, nina)
        assert (invitation.role, invitation.invited_by_id) == ("owner", None)
        assert mailbox.messages(nina)[0]["Subject"] == "You are invited to Acme"
        assert log(acme)[-1].actor_kind == "system"

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [(["odd"], 2), (["a@example.org", "--role", "king"], 2), (["a@example.org", "--days", "31"], 2)],
    )
    def test_the_rules_are_those_of_the_page(self, app, acme, arguments, code):
        assert self.run(app, acme.slug, *arguments).exit_code == code
        named = self.run(app, acme.slug, "a@example.org", "jörg@example.org")
        assert "jörg@example.org: Only the letters a–z" in named.output
        limit_seats(acme, 4)
        assert "4 of 4 seats are in use" in self.run(app, acme.slug, "a@example.org").output
        assert invitations(acme) == []


def test_who_invites_into_teams_only_is_led_to_no_requests(acme, browse):
    hire(acme, "Tess", "team_admin", verified_at=now())
    team(acme, "Sales", Tess=True)
    assert [f'href="{path}"' in browse(acme, "Tess").get(LIST).text for path in (LIST, "/people/requests")] == [
        True,
        False,
    ]
    assert [f'href="{path}"' in browse(acme, "Adam").get(LIST).text for path in (LIST, "/people/requests")] == [
        True,
        True,
    ]
    assert browse(acme, "Tess").get("/people/requests").status_code == 403
