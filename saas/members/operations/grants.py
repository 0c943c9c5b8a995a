"""Writes about extra permissions: what one person may do besides their role, everywhere or in one team."""

from uuid import UUID

from sqlalchemy import delete, select

from saas.accounts.models import User
from saas.accounts.persons import target_of
from saas.core.access import EVERYWHERE, Source
from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotFound
from saas.core.module import Permission
from saas.core.runtime import runtime
from saas.members.guard import check_may_give, check_may_manage, lock_people
from saas.members.held import holders_by_id
from saas.members.models import Grant, Team
from saas.members.module import GRANT_GIVEN, GRANT_TAKEN, MANAGE


def give(user: User, *, permission: str, team_id: UUID | None = None, actor: Actor) -> Grant:
    """Give somebody a permission that they do not hold there: everywhere, or in a team and those below it.

    Raises Invalid (fields ``permission`` and ``team``), NotAllowed for a person above the actor, Conflict for oneself and
    for somebody removed.
    """
    actor.require(MANAGE)
    if user.id == actor.id:
        raise Conflict("You cannot give yourself permissions. Somebody else has to.")
    (user,) = lock_people(user.id)
    if user.removed_at is not None:
        raise Conflict(f"{user.name} was removed from the organisation.")
    check_may_manage(actor, user)
    wanted, team = _permission(permission), _team(team_id)
    if team is not None and not wanted.in_teams:
        raise Invalid("This permission is for the whole organisation, not for one team.", field="team")
    check_may_give(actor, [Source("grant", "", frozenset([wanted.name]), team_id)], field="permission")
    if holders_by_id([user.id])[user.id].rights().can(wanted, team.path if team else EVERYWHERE):
        raise Invalid(f"{user.name} holds this already.", field="permission")
    grant = Grant(user_id=user.id, permission=wanted.name, team_id=team_id, granted_by_id=_person(actor))
    db.session.add(grant)
    db.session.flush()
    changes = {"permission": (None, wanted.name), "team": (None, team.name if team else None)}
    record(GRANT_GIVEN, actor=actor, target=target_of(user), changes=changes)
    return grant


def take(grant: Grant, *, actor: Actor) -> None:
    """Take an extra permission back; raises NotAllowed for a person above the actor, NotFound if somebody else did so."""
    actor.require(MANAGE)
    (user,) = lock_people(grant.user_id)
    check_may_manage(actor, user)
    changes = {"permission": (grant.permission, None), "team": (grant.team.name if grant.team else None, None)}
    taken = delete(Grant).where(Grant.id == grant.id).returning(Grant.id)
    if db.session.scalar(taken.execution_options(synchronize_session=False)) is None:
        raise NotFound("This permission was taken back already.")
    record(GRANT_TAKEN, actor=actor, target=target_of(user), changes=changes)


def _person(actor: Actor) -> UUID | None:
    return actor.id if actor.kind == "member" else None


def _permission(name: str) -> Permission:
    known = runtime().registry.permissions.get(name)
    if known is None:
        raise Invalid("Please choose one of these permissions.", field="permission")
    return known


def _team(team_id: UUID | None) -> Team | None:
    if team_id is None:
        return None
    team = db.session.scalars(select(Team).where(Team.id == team_id)).one_or_none()
    if team is None:
        raise Invalid("Please choose one of these teams.", field="team")
    return team
