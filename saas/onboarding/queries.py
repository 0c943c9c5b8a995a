"""Reads about getting started, in the tenant's scope; they need no request."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select

from saas.accounts.models import User
from saas.core.access import Rights
from saas.core.database import db
from saas.core.module import Role, Step
from saas.core.runtime import runtime
from saas.tenancy.entitlements import entitlements


def _guided() -> Select[User]:
    """Active people with a proven address who did not ask to be left alone."""
    return select(User).where(User.is_active, User.verified_at.is_not(None), User.tips_declined_at.is_(None))


def list_guided_owners() -> Sequence[User]:
    """The owners who may be sent mail on getting started, oldest first."""
    return db.session.scalars(_guided().where(User.role == Role.OWNER).order_by(User.created_at)).all()


def find_guided(user_id: UUID) -> User | None:
    """A person who may be sent mail on getting started."""
    return db.session.scalars(_guided().where(User.id == user_id)).one_or_none()


def list_open_steps(rights: Rights) -> list[Step]:
    """The steps of getting started that are left and that somebody with these rights may take, of parts that are in use.

    Personal ones are left out: whoever is asked about here has proven the address.
    """
    return [
        step
        for step in runtime().registry.steps
        if not step.personal
        and _in_use(step)
        and (step.permission is None or rights.can(step.permission))
        and not step.done()
    ]


def _in_use(step: Step) -> bool:
    return not step.module or entitlements().uses_module(step.module)
