"""What tests of teams share: an organisation with a tree, people who hold something in one team, and things done at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Thread
from uuid import UUID

from sqlalchemy import select

from saas.core.actor import SYSTEM, Actor
from saas.core.audit import AuditEntry
from saas.core.database import db
from saas.core.errors import DomainError
from saas.members.models import Grant, Team, TeamMember
from saas.members.operations.teams import add_member, create_team, set_lead
from saas.members.rights import identification
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation, found

TREE = {"Sales": "", "North": "Sales", "Hamburg": "North", "Munich": "North", "South": "Sales", "Engineering": ""}
PEOPLE = {"Adam": "admin", "Tara": "team_admin", "Gus": "member", "Bob": "member", "Vera": "viewer"}


@dataclass(frozen=True, slots=True)
class Firm:
    """Sales with North (Hamburg, Munich) and South; Engineering. Tara leads North as team admin; Gus holds ``members.teams``
    there by a grant and is in no team; Bob is in North and Hamburg, Vera in South."""

    organisation: Organisation
    ids: dict[str, UUID] = field(default_factory=dict)

    def person(self, name: str) -> UUID:
        return self.organisation.people[name].id

    def actor(self, name: str) -> Actor:
        """Somebody with the rights that the next request would find."""
        if name == "System":
            return SYSTEM
        with tenant_scope(self.organisation):
            return Actor("member", name, self.person(name), identification.rights_of(self.person(name)))

    def tree(self) -> dict[str, str]:
        """Every team's way, in names."""
        with tenant_scope(self.organisation):
            rows = db.session.execute(select(Team.id, Team.name, Team.parent_id, Team.path)).all()
        names = {row.id: row.name for row in rows}
        for row in rows:
            assert row.path[-1] == row.id
            assert (row.path[-2] if len(row.path) > 1 else None) == row.parent_id
            assert next((one.path for one in rows if one.id == row.parent_id), []) == row.path[:-1]
        return {row.name: " / ".join(names[team_id] for team_id in row.path) for row in rows}

    def people_of(self, team: str) -> dict[str, bool]:
        """Who is in a team, and whether they lead it."""
        names = {user.id: name for name, user in self.organisation.people.items()}
        query = select(TeamMember.user_id, TeamMember.leads).join(Team).where(Team.id == self.ids[team])
        with tenant_scope(self.organisation):
            return {names[user_id]: leads for user_id, leads in db.session.execute(query)}

    def events(self) -> list[str]:
        """The events of the log, oldest first, without the part that all share."""
        with tenant_scope(self.organisation):
            names = db.session.scalars(select(AuditEntry.event).order_by(AuditEntry.id)).all()
        return [name.removeprefix("members.team.") for name in names if name.startswith("members.team.")]

    def last_entry(self) -> AuditEntry:
        with tenant_scope(self.organisation):
            return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def make_firm() -> Firm:
    """A firm of its own for one test."""
    firm = Firm(found("Firm", owner="Alice", people=PEOPLE))
    with tenant_work(firm.organisation):
        for name, parent in TREE.items():
            firm.ids[name] = create_team(name=name, parent_id=firm.ids.get(parent), actor=SYSTEM).id
        for name, team in (("Tara", "North"), ("Bob", "North"), ("Bob", "Hamburg"), ("Vera", "South")):
            add_member(db.session.get_one(Team, firm.ids[team]), firm.person(name), actor=SYSTEM)
        set_lead(db.session.get_one(Team, firm.ids["North"]), firm.person("Tara"), leads=True, actor=SYSTEM)
        db.session.add(Grant(user_id=firm.person("Gus"), permission="members.teams", team_id=firm.ids["North"]))
    return firm


def at_once(firm: Firm, *acts: Callable[[], object]) -> list[object]:
    """Do things in transactions of their own that begin at the same moment; what came of each, refusals too."""
    begin, outcomes = Barrier(len(acts)), list[object]([None] * len(acts))

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            with tenant_work(firm.organisation):
                db.session.execute(select(1))
                begin.wait(20)
                outcomes[number] = act()
        except DomainError as refusal:
            outcomes[number] = refusal

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes
