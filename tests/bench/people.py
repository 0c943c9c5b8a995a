"""Lists of people in a large organisation, and how long one decision about access takes."""

import random
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from uuid import UUID

from flask import Flask

from saas.accounts.models import User
from saas.core.actor import SYSTEM, Actor
from saas.core.clock import now
from saas.core.module import Role
from saas.core.runtime import runtime
from saas.core.settings import Settings
from saas.members.models import Grant, TeamMember
from saas.members.operations.roles import create_role
from saas.members.operations.teams import create_team
from saas.members.rights import identification
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.bench.report import Report
from tests.cast import Organisation, found
from tests.support import Browser

PEOPLE, TEAMS, ROUNDS, DECISIONS = 5000, 100, 12, 20_000


def people(report: Report, app: Flask, settings: Settings) -> None:
    """Pages about people at 5,000, a request at a time; and the decision, with as many reasons as a busy person has."""
    organisation = found("Crowd", owner="Alice", people={"Bob": "member"})
    teams, role = _fill(organisation)
    browser = Browser(app, f"{organisation.slug}.{settings.base_domain}")
    browser.carry_session(organisation.session_of("Alice"))
    lists = ["", "page=200", "q=person+47", "sort=-seen", "sort=role&page=40", f"role={role}", f"team={teams[0]}"]
    lists += ["status=removed", "seen=not30&sort=-joined", f"q=9&role=member&team={teams[1]}&status=active&seen=7"]
    times = [_timed(lambda query=query: _get(browser, f"/people?{query}")) for query in lists * ROUNDS]
    report.add(f"list of {PEOPLE} people, any search and filter, p95", _p95(times), "ms", at_most=100)
    asked = [f"/people/roles/who?permission={name}" for name in runtime().registry.permissions]
    times = [_timed(lambda path=path: _get(browser, path)) for path in asked * 2]
    report.add(f"who can do this, {PEOPLE} people, any permission, p95", _p95(times), "ms", at_most=100)
    path = f"/people/{organisation.people['Bob'].id}/access"
    report.add("why can this person do this, p95", _p95([_timed(lambda: _get(browser, path)) for _ in range(20)]), "ms")
    _decisions(report, organisation)


def _get(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 200, path


def _timed(act: Callable[[], None]) -> float:
    began = perf_counter()
    act()
    return (perf_counter() - began) * 1000


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _fill(organisation: Organisation) -> tuple[list[UUID], UUID]:
    """People with all kinds of roles, in a tree of teams, some of them with extra permissions; the teams and a role."""
    chance, moment = random.Random(7), now()
    with tenant_work(organisation) as session:
        role = create_role(name="Support lead", permissions=["members.view", "members.invite"], actor=SYSTEM).id
        teams: list[UUID] = []
        for number in range(TEAMS):
            parent = chance.choice(teams[:30]) if number >= 10 else None
            teams.append(create_team(name=f"Team {number}", parent_id=parent, actor=SYSTEM).id)
        built_in = [Role.TEAM_ADMIN, Role.MEMBER, Role.MEMBER, Role.MEMBER, Role.VIEWER]
        users = []
        for number in range(PEOPLE - len(organisation.people)):
            custom, gone = chance.random() < 0.1, chance.random() < 0.05
            users.append(
                User(
                    email=f"person{number}@crowd.example.com",
                    name=f"Person {chance.randrange(10_000)}",
                    role="custom" if custom else chance.choice(built_in),
                    role_id=role if custom else None,
                    is_active=not gone,
                    removed_at=moment if gone else None,
                    last_seen_at=moment - timedelta(hours=chance.randrange(3000)) if chance.random() < 0.9 else None,
                    created_at=moment - timedelta(days=chance.randrange(2000)),
                )
            )
        session.add_all(users)
        session.flush()
        for user in users:
            for team_id in chance.sample(teams, chance.randrange(3)):
                session.add(TeamMember(team_id=team_id, user_id=user.id, leads=chance.random() < 0.1))
            if chance.random() < 0.1:
                session.add(Grant(user_id=user.id, permission="members.invite", team_id=chance.choice(teams)))
        for team_id in teams[:20]:
            session.add(Grant(user_id=organisation.people["Bob"].id, permission="members.invite", team_id=team_id))
    with owner_connection() as connection:
        connection.execute("ANALYZE")
    return teams, role


def _decisions(report: Report, organisation: Organisation) -> None:
    """From the actor that a request has loaded; no statement is sent."""
    bob = organisation.people["Bob"]
    with tenant_scope(organisation):
        actor = Actor("member", "Bob", bob.id, identification.rights_of(bob.id))
    names, place = list(runtime().registry.permissions), [UUID(int=1), UUID(int=2), UUID(int=3)]
    began = perf_counter()
    for number in range(DECISIONS):
        actor.can(names[number % len(names)], place)
    taken = (perf_counter() - began) / DECISIONS * 1e6
    note = f"{len(actor.rights.sources)} reasons"
    report.add("decision about access from the loaded actor", taken, "µs", at_most=20, note=note)
