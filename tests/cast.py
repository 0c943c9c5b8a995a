"""The cast: people and organisations that tests speak of by name."""

from dataclasses import dataclass, field
from uuid import UUID

from saas.accounts.models import User
from saas.accounts.operations import open_session
from saas.accounts.operations.users import new_user, record_created
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.ids import short_id
from saas.core.module import Role
from saas.tenancy.models import AccountIndex
from saas.tenancy.operations import create_tenant
from saas.tenancy.scope import inside, platform_work, tenant_scope, tenant_work
from tests import recycling

PASSWORD = "violet harbour 27 lamps"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A tenant of the cast; usable wherever a tenant's id and schema are wanted."""

    id: UUID
    slug: str
    schema_name: str
    name: str
    people: dict[str, User] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"{self.slug}.example.test"

    def email(self, person: str) -> str:
        return self.people[person].email

    def session_of(self, person: str) -> str:
        """A fresh session's token."""
        with tenant_work(self):
            return open_session(self.people[person], actor=SYSTEM)


@dataclass(frozen=True, slots=True)
class Cast:
    acme: Organisation
    umbrella: Organisation


def found(name: str, *, owner: str, people: dict[str, str], verified: bool = True) -> Organisation:
    """Found an organisation under a slug that no other test has; after the test that did so it is gone."""
    slug, grounds = f"{name.lower()}-{short_id(8)}", recycling.here()
    grounds.ready()
    verified_at = now() if verified else None
    with platform_work():
        tenant = create_tenant(name=name, slug=slug, actor=SYSTEM)
        tenant.verified_at = verified_at
        with inside(tenant) as session:
            hired = {person: _new(person, slug, role) for person, role in {owner: "owner", **people}.items()}
            members = {person: user for person, (user, _) in hired.items()}
            for user in members.values():
                user.verified_at = verified_at
            session.add_all(row for rows in hired.values() for row in rows)
            session.flush()
            for user in members.values():
                record_created(user, actor=SYSTEM)
    organisation = Organisation(tenant.id, slug, tenant.schema_name, name, members)
    grounds.note(organisation)
    return organisation


def _new(person: str, slug: str, role: str) -> tuple[User, AccountIndex]:
    email = f"{person.lower()}@{slug}.example.com"
    return new_user(email=email, name=person, password=PASSWORD, role=Role(role))


__all__ = ["PASSWORD", "Cast", "Organisation", "found", "tenant_scope"]
