"""Every endpoint by every method for everybody, asked for real and held against the access table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from saas.accounts.models import CUSTOM as CUSTOM_ROLE
from saas.accounts.models import CustomRole, User, UserSession
from saas.accounts.operations import open_session
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import TenantModel
from saas.core.extensions import limiter
from saas.core.ids import new_id, short_id
from saas.members.models import Team, TeamMember
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.web.access import access_of
from tests.cast import Organisation, found
from tests.house.access_table import (
    API,
    CAST,
    CUSTOM,
    ENDS_A_SESSION,
    FINER,
    QUERIES,
    ROLES,
    SIGN_IN,
    SIGNS_IN,
    STRANGERS,
    Row,
    line,
    mark_of,
    rows,
)
from tests.house.objects import Objects, missing
from tests.support import Browser

ASKED_FOR_PASSWORD = -1


@dataclass(frozen=True)
class Stage:
    """Two organisations; in one of them the lead and the outsider lead a team each."""

    app: Flask
    home: Organisation
    abroad: Organisation
    teams: dict[str, Team]

    def rule(self, row: Row) -> Rule:
        """The rule of a row."""
        return next(rule for rule in self.app.url_map.iter_rules(row.endpoint) if row.method in methods_of(rule))

    def enter(self, who: str) -> tuple[Browser, Objects]:
        """A new person in a browser, with objects of which none is made yet. Those of strangers are somebody else's."""
        person = self.twin_of(who)
        owner = self.twin_of("member") if who in STRANGERS else person
        return self.browser_of(who, person), Objects(self.home, owner, above=self.teams["lead"])

    def twin_of(self, who: str) -> User:
        """A new person who may do what one of the cast may; of strangers, an ordinary member."""
        like = self.home.people["member" if who in STRANGERS else who]
        with tenant_work(self.home) as session:
            twin = User(email=f"{who}-{short_id(8)}@tabled.example.com", name=who, verified_at=now())
            twin.role, twin.role_id = like.role, like.role_id
            session.add(twin)
            session.flush()
            if who in self.teams:
                session.add(TeamMember(team_id=self.teams[who].id, user_id=twin.id, leads=True))
        return twin

    def browser_of(self, who: str, person: User) -> Browser:
        """A browser of this person, or of a stranger, with a session of its own."""
        browser = Browser(self.app, self.home.host)
        if who == "foreigner":
            browser.carry_session(self.abroad.session_of("owner"))
        elif who != "nobody":
            with tenant_work(self.home):
                browser.carry_session(open_session(person, actor=SYSTEM))
        if who == "deactivated":
            with tenant_work(self.home) as session:
                session.execute(update(User).where(User.id == person.id).values(is_active=False))
        browser.get("/sign-in" if who in STRANGERS else "/account")
        return browser

    def ask(self, browser: Browser, row: Row, objects: Objects) -> TestResponse:
        """Send a row's request: a form of which nothing is filled in, or an empty object of JSON."""
        site, path = self.rule(row).build(objects.named_in(self.rule(row)), append_unknown=False) or ("", "")
        host = {"apex": "example.test", "mail": "mail.example.test"}.get(site, browser.host)
        sent: dict[str, object] = {}
        if row.method != "GET":
            sent = {"json": {}} if path.startswith(API) else {"data": {"csrf_token": browser.token}}
        headers = {"Host": host, "X-CSRF-Token": browser.token}
        path += QUERIES.get(row.endpoint, "")
        response = browser.client.open(path, method=row.method, headers=headers, base_url=f"http://{host}", **sent)
        response.get_data()
        return response


def methods_of(rule: Rule) -> set[str]:
    return (rule.methods or set()) - {"HEAD", "OPTIONS"}


@pytest.fixture(scope="module")
def stage(app: Flask) -> Stage:
    """The organisations and their people."""
    home = found("Tabled", owner="owner", people={who: str(role) for who, role in ROLES.items() if who != "owner"})
    abroad = found("Abroad", owner="owner", people={})
    teams = {"lead": _team("Upper"), "outsider": _team("Other")}
    with tenant_work(home) as session:
        role = CustomRole(name="Watch", name_key="watch", permissions=list(CUSTOM))
        session.add_all([role, *teams.values()])
        session.flush()
        home.people["custom"] = User(
            email="custom@tabled.example.com", name="custom", role=CUSTOM_ROLE, role_id=role.id
        )
        session.add(home.people["custom"])
    return Stage(app, home, abroad, teams)


def _team(name: str) -> Team:
    number = new_id()
    return Team(id=number, name=name, name_key=name.lower(), path=[number])


@pytest.fixture(autouse=True)
def _fresh(app: Flask) -> None:
    with app.app_context():
        limiter.reset()


def test_every_endpoint_has_a_row_that_says_how_it_is_marked(app: Flask) -> None:
    marks = {
        (rule.endpoint, method): mark_of(access_of(app.view_functions[rule.endpoint]))
        for rule in app.url_map.iter_rules()
        for method in methods_of(rule)
    }
    table = {row.key: row.mark for row in rows()}
    new = [line(*key, marks[key], 200 if key[1] == "GET" else 422) for key in sorted(marks.keys() - table.keys())]
    place = "ROWS of tests/house/access_table.py (of a module: tests/modules/<its name>/access.py)"
    moved = [
        f"{key}: {marks[key]}, not {table[key]}" for key in sorted(marks.keys() & table) if marks[key] != table[key]
    ]
    gone = sorted(set(table) - set(marks))
    assert not new, "\n".join([f"put into {place}, with the status it should have:", *new])
    assert not moved, "\n".join([f"views are marked otherwise than {place} say:", *moved])
    assert not gone, f"take out of {place}: {gone}"
    assert len(rows()) == len(table), "a row stands there twice"
    assert sorted(FINER.keys() - table.keys()) == []


def test_every_kind_of_object_that_an_address_names_can_be_made(app: Flask) -> None:
    unknown = {text for rule in app.url_map.iter_rules() if rule.subdomain == "tenant" for text in missing(rule)}
    assert not unknown, f"add to tests/house/objects.py: {sorted(unknown)}"


def test_nobody_is_expected_to_miss_an_object_of_their_own(stage: Stage) -> None:
    assert [row.key for row in rows() if row.status == 404] == []


@pytest.mark.parametrize("who", CAST)
def test_whoever_may_not_come_in_is_turned_away_and_changes_nothing(stage: Stage, who: str) -> None:
    (browser, objects), wrong = stage.enter(who), []
    refused = [(row, status) for row, status in walk(stage, who) if status in (SIGN_IN, 403)]
    for row, _ in refused:
        objects.named_in(stage.rule(row))
    before = state_of(stage.home)
    for row, status in refused:
        wrong += complaints(row, stage.ask(browser, row, objects), status)
    assert not wrong, "\n".join(wrong)
    assert state_of(stage.home) == before


@pytest.mark.parametrize("who", CAST)
def test_whoever_may_come_in_is_answered(stage: Stage, who: str) -> None:
    (browser, objects), wrong = stage.enter(who), []
    for row, status in walk(stage, who):
        if status in (SIGN_IN, 403):
            continue
        if row.method != "GET" or row.endpoint in SIGNS_IN:
            browser, objects = stage.enter(who)
        wrong += complaints(row, stage.ask(browser, row, objects), status)
    assert not wrong, "\n".join(wrong)


def test_what_asks_for_the_password_asks_for_it_when_it_was_typed_long_ago(stage: Stage) -> None:
    (browser, objects), wrong = stage.enter("owner"), []
    with tenant_work(stage.home) as session:
        session.execute(update(UserSession).values(confirmed_at=now() - timedelta(hours=1)))
    for row, status in walk(stage, "owner"):
        if "confirmed" in row.mark:
            wrong += complaints(row, stage.ask(browser, row, objects), ASKED_FOR_PASSWORD)
        elif row.method == "GET" and row.endpoint not in SIGNS_IN:
            wrong += complaints(row, stage.ask(browser, row, objects), status)
    assert not wrong, "\n".join(wrong)


def test_of_a_suspended_organisation_only_what_stays_open_is_answered(stage: Stage) -> None:
    (browser, objects), wrong = stage.enter("owner"), []
    _set(stage.home, status=Status.SUSPENDED)
    try:
        for row, status in walk(stage, "owner"):
            paused = 402 if stage.rule(row).rule.startswith(API) else 403
            if "open" not in row.mark:
                wrong += complaints(row, stage.ask(browser, row, objects), paused)
            elif row.method == "GET" and row.endpoint not in SIGNS_IN:
                wrong += complaints(row, stage.ask(browser, row, objects), status)
    finally:
        _set(stage.home, status=Status.ACTIVE)
    assert not wrong, "\n".join(wrong)


def test_nothing_is_answered_to_an_address_that_is_not_on_the_list(stage: Stage) -> None:
    (browser, objects), wrong = stage.enter("owner"), []
    _set(stage.home, policy={"networks": ["198.51.100.0/24"]})
    try:
        for row, _ in walk(stage, "owner"):
            wrong += complaints(row, stage.ask(browser, row, objects), 403)
    finally:
        _set(stage.home, policy={})
    assert not wrong, "\n".join(wrong)


def _set(organisation: Organisation, **values: object) -> None:
    with platform_work() as session:
        session.execute(update(Tenant).where(Tenant.id == organisation.id).values(**values))


def walk(stage: Stage, who: str) -> Iterator[tuple[Row, int]]:
    """Rows of the organisation's site with what one of the cast should be answered; those that change nothing first."""
    for row in sorted(rows(), key=lambda row: (row.endpoint in SIGNS_IN, row.method != "GET")):
        rule = stage.rule(row)
        if rule.subdomain == "tenant":
            yield row, row.expected(who, names_objects=bool(rule.arguments))


def complaints(row: Row, response: TestResponse, expected: int) -> list[str]:
    """What is wrong with an answer."""
    answered = _outcome(response)
    if answered == expected or (expected == 303 and answered == SIGN_IN and row.endpoint in ENDS_A_SESSION):
        return []
    return [f"{row.endpoint} {row.method}: {_told(answered)} instead of {_told(expected)}"]


def _outcome(response: TestResponse) -> int:
    path = response.headers.get("Location", "").partition("?")[0]
    if path == "/sign-in" or (response.status_code == 401 and response.mimetype == "application/problem+json"):
        return SIGN_IN
    return ASKED_FOR_PASSWORD if path == "/confirm" else response.status_code


def _told(status: int) -> str:
    return {SIGN_IN: "asked to sign in", ASKED_FOR_PASSWORD: "asked for the password"}.get(status, str(status))


THE_LOG = {"audit_entries", "audit_seals", "audit_checkpoints"}


def state_of(organisation: Organisation) -> dict[str, str | None]:
    """A mark of all that an organisation has stored, but for its log and for who was seen when."""
    names = [table.name for table in TenantModel.metadata.sorted_tables if table.schema is None]
    row = "(to_jsonb(t) - 'last_seen_at' - 'address')::text"
    with tenant_scope(organisation) as session:
        return {
            name: session.scalar(text(f"SELECT md5(string_agg({row}, ',' ORDER BY {row})) FROM {name} t"))
            for name in names
            if name not in THE_LOG
        }
