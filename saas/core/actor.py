"""Actor: who acts, from where, with which rights."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from saas.core.access import EVERYTHING, EVERYWHERE, NOTHING, Place, Rights
from saas.core.errors import NotAllowed
from saas.core.module import Permission

Kind = Literal["member", "api_key", "operator", "job", "system", "visitor"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever causes a change. ``id`` is the account's or key's id, else None; ``email`` is a member's.

    ``impersonator`` is the operator who works in a member's name.
    """

    kind: Kind
    name: str
    id: UUID | None = None
    rights: Rights = NOTHING
    address: str | None = None
    agent: str | None = None
    request_id: str | None = None
    email: str = ""
    impersonator: str = ""

    @property
    def held(self) -> Rights:
        """What the actor may do; the system and its jobs may do everything."""
        return EVERYTHING if self.kind in ("system", "job") else self.rights

    def can(self, permission: Permission | str, place: Place = EVERYWHERE) -> bool:
        """Whether this actor holds the permission at a place."""
        return self.held.can(permission, place)

    def can_somewhere(self, permission: Permission | str) -> bool:
        """Whether this actor holds the permission anywhere, be it in one team only."""
        return self.held.can_somewhere(permission)

    def require(self, permission: Permission, place: Place = EVERYWHERE) -> None:
        """Raise NotAllowed unless the actor holds the permission at a place."""
        if not self.can(permission, place):
            raise NotAllowed(f"You need the permission “{permission.label}” for this.")


@dataclass(frozen=True, slots=True)
class Account:
    """What a request knows of the person signed in; the attributes that Flask-Login asks for are spelled out."""

    id: UUID
    email: str
    name: str
    role: str
    verified: bool
    theme: str
    role_label: str = ""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The account's id as text."""
        return str(self.id)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A valid session: whose, with which rights, since when, last seen when, password last typed when. Moments in UTC."""

    session_id: UUID
    account: Account
    created_at: datetime
    last_seen_at: datetime
    confirmed_at: datetime
    rights: Rights = NOTHING


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A valid API key that a request came with: its id, its name, what it may do, when its use was last noted."""

    id: UUID
    name: str
    rights: Rights
    used_at: datetime | None = None


SYSTEM = Actor(kind="system", name="System")
