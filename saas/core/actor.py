"""Actor: who acts, from where, with which permissions."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from saas.core.errors import NotAllowed
from saas.core.module import Permission

Kind = Literal["member", "api_key", "operator", "job", "system", "visitor"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever causes a change. ``id`` is the account's id for members, else None; ``permissions`` are names."""

    kind: Kind
    name: str
    id: UUID | None = None
    permissions: frozenset[str] = field(default_factory=frozenset)
    address: str | None = None
    agent: str | None = None
    request_id: str | None = None

    def can(self, permission: Permission | str) -> bool:
        """Whether this actor holds the permission; the system and its jobs hold every one."""
        name = permission if isinstance(permission, str) else permission.name
        return self.kind in ("system", "job") or name in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the actor holds the permission."""
        if not self.can(permission):
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

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The account's id as text."""
        return str(self.id)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A valid session: whose, since when, last seen when, and when the password was last typed. Moments in UTC."""

    session_id: UUID
    account: Account
    created_at: datetime
    last_seen_at: datetime
    confirmed_at: datetime


SYSTEM = Actor(kind="system", name="System")
