"""What tests about people share: actors with their rights, people hired in passing, the log as it stands."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from saas.accounts.models import CUSTOM, CustomRole, User
from saas.accounts.operations import create_user
from saas.app import FEATURES, module_packages
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import AuditEntry
from saas.core.database import db
from saas.core.module import EVERYONE, Role
from saas.core.registry import Registry
from saas.members.models import Grant, TeamMember
from saas.members.operations.roles import create_role
from saas.members.operations.teams import create_team
from saas.members.queries.roles import get_role
from saas.members.rights import identification
from saas.tenancy.scope import tenant_work
from tests.cast import PASSWORD, Organisation, tenant_scope


def actor_of(organisation: Organisation, person: str) -> Actor:
    """Somebody as the actor of an operation, with the rights they hold now."""
    user = organisation.people[person]
    with tenant_scope(organisation):
        rights = identification.rights_of(user.id)
    return Actor("member", person, user.id, rights, "192.0.2.7", "test", "req-1", user.email)


VIEWS = tuple(
    permission.name
    for permission in Registry.load([*FEATURES, *module_packages()]).permissions.values()
    if permission.roles == EVERYONE
)
"""What everybody may do from the start, whatever their role."""


def hire(organisation: Organisation, person: str, role: str = "member", **values: Any) -> User:
    """One more of the cast, with a built-in role or the id of one made there."""
    with tenant_work(organisation):
        email = f"{person.lower().replace(' ', '.')}@{organisation.slug}.example.com"
        built_in = Role(role) if role in set(Role) else Role.MEMBER
        user = create_user(email=email, name=person, password=PASSWORD, role=built_in, actor=SYSTEM)
        if role not in set(Role):
            user.role, user.role_id = CUSTOM, UUID(role)
        for name, value in values.items():
            setattr(user, name, value)
    organisation.people[person] = user
    return user


def crowd(organisation: Organisation, number: int, role: str = "member") -> None:
    """Many people, made without hashing passwords."""
    with tenant_work(organisation):
        db.session.add_all(
            User(email=f"p{n:04}@{organisation.slug}.example.com", name=f"Person {n:04}", role=role)
            for n in range(number)
        )


def team(organisation: Organisation, name: str, parent: UUID | None = None, **people: bool) -> UUID:
    """A team with people in it; each says whether they lead it."""
    with tenant_work(organisation):
        made = create_team(name=name, parent_id=parent, actor=SYSTEM)
        db.session.flush()
        for person, leads in people.items():
            db.session.add(TeamMember(team_id=made.id, user_id=organisation.people[person].id, leads=leads))
        return made.id


def custom_role(organisation: Organisation, name: str, *permissions: str) -> str:
    """A role made there; its key."""
    with tenant_work(organisation):
        return str(create_role(name=name, permissions=permissions, actor=SYSTEM).id)


def grant(organisation: Organisation, person: str, permission: str, team_id: UUID | None = None) -> UUID:
    """An extra permission, written down without asking."""
    with tenant_work(organisation) as session:
        made = Grant(user_id=organisation.people[person].id, permission=permission, team_id=team_id)
        session.add(made)
        session.flush()
        return made.id


def stored(organisation: Organisation, person: str) -> User:
    """Somebody's row as it is now."""
    with tenant_scope(organisation) as session:
        return session.get_one(User, organisation.people[person].id)


def stored_role(organisation: Organisation, key: str) -> CustomRole:
    """A role's row as it is now; raises NotFound."""
    with tenant_scope(organisation):
        return get_role(UUID(key))


def log(organisation: Organisation, prefix: str = "members.") -> list[AuditEntry]:
    """The entries about people, oldest first."""
    with tenant_scope(organisation) as session:
        found = select(AuditEntry).where(AuditEntry.event.startswith(prefix)).order_by(AuditEntry.id)
        return list(session.scalars(found))


def last_entry(organisation: Organisation) -> tuple[str, str, str, dict[str, Any]]:
    """The newest entry about people: event, who did it, to whom, what changed."""
    entry = log(organisation)[-1]
    return entry.event, entry.actor_name, entry.target_label, entry.changes
