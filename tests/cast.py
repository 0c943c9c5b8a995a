"""The cast: people and organisations that tests speak of by name."""

from dataclasses import dataclass, field
from uuid import UUID

from saas.accounts.models import User
from saas.accounts.operations import create_user, open_session
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.ids import short_id
from saas.core.module import Role
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
    with platform_work():
        tenant = create_tenant(name=name, slug=slug, actor=SYSTEM)
        with inside(tenant):
            members = {person: _hire(person, slug, role) for person, role in {owner: "owner", **people}.items()}
            for one in (tenant, *members.values()):
                one.verified_at = now() if verified else None
    organisation = Organisation(tenant.id, slug, tenant.schema_name, name, members)
    grounds.note(organisation)
    return organisation


def _hire(person: str, slug: str, role: str) -> User:
    email = f"{person.lower()}@{slug}.example.com"
    return create_user(email=email, name=person, password=PASSWORD, role=Role(role), actor=SYSTEM)


__all__ = ["PASSWORD", "Cast", "Organisation", "found", "tenant_scope"]
