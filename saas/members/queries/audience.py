"""Who is told by mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from saas.accounts.models import CustomRole, User
from saas.core.database import db
from saas.core.module import Permission
from saas.core.runtime import runtime
from saas.members.models import Grant


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets mail."""

    name: str
    email: str


def list_holders(permission: Permission) -> Sequence[Reader]:
    """Active people who hold a permission everywhere, by their role or by a grant; in the order in which they came."""
    roles = [role for role, held in runtime().registry.grants.items() if permission.name in held]
    made = select(CustomRole.id).where(CustomRole.permissions.contains([permission.name]))
    granted = select(Grant.user_id).where(Grant.permission == permission.name, Grant.team_id.is_(None))
    holds = User.role.in_(roles) | User.role_id.in_(made) | User.id.in_(granted)
    query = select(User.name, User.email).where(User.is_active, holds).order_by(User.created_at, User.id)
    return [Reader(name, email) for name, email in db.session.execute(query)]
