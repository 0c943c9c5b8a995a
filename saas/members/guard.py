"""What every change of people's rights checks: nobody gives or takes more than they hold, and one owner always remains."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from saas.accounts.models import CUSTOM, CustomRole, User
from saas.accounts.queries import role_source
from saas.core.access import Source
from saas.core.actor import Actor
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotAllowed, NotFound
from saas.core.module import Role
from saas.members.held import holders_by_id
from saas.members.models import Team
from saas.members.module import MANAGE

Places = Mapping[UUID, Sequence[UUID]]

NO_SUCH_ROLE = "Please choose one of these roles."
ONLY_MANAGERS = "Only whoever manages people, and holds no less than this person did, can let them in again."
_OWNERS = (User.role == Role.OWNER) & User.is_active


def places_of(team_ids: Iterable[UUID]) -> dict[UUID, Sequence[UUID]]:
    """Where teams are: for each its own id and those of the teams above it. Unknown ones are left out."""
    wanted = set(team_ids)
    if not wanted:
        return {}
    return {team.id: team.path for team in db.session.execute(select(Team.id, Team.path).where(Team.id.in_(wanted)))}


def source_of_role(role: str, role_id: UUID | None = None) -> Source:
    """What a role gives; raises Invalid (field ``role``) for one that is not there."""
    if role == CUSTOM:
        custom = db.session.get(CustomRole, role_id) if role_id else None
        if custom is None:
            raise Invalid(NO_SUCH_ROLE, field="role")
        return role_source(CUSTOM, custom.name, custom.permissions)
    if role not in set(Role):
        raise Invalid(NO_SUCH_ROLE, field="role")
    return role_source(role, None, None)


def check_may_give(actor: Actor, sources: Sequence[Source], *, field: str = "role") -> None:
    """Raise Invalid unless the actor holds everything that the sources give. Only an owner can make an owner."""
    if role_source(Role.OWNER, None, None) in sources and not is_owner(actor):
        raise Invalid("Only an owner can make somebody an owner.", field=field)
    if not covers(actor, sources):
        raise Invalid("This gives more than you hold yourself. Ask somebody with more rights.", field=field)


def check_may_manage(actor: Actor, user: User) -> None:
    """Raise NotAllowed unless the actor holds everything that a person holds, so that nobody manages those above them.

    Of a deactivated person that is what they will hold again. Only an owner manages an owner.
    """
    if not may_manage(actor, user):
        raise NotAllowed(f"{user.name} holds more than you do. Ask somebody with more rights.")


def may_manage(actor: Actor, user: User) -> bool:
    """Whether the actor holds everything that a person holds."""
    if user.role == Role.OWNER and not is_owner(actor):
        return False
    found = holders_by_id([user.id])
    return user.id in found and covers(actor, found[user.id].sources())


def may_reactivate(actor: Actor, user: User) -> bool:
    """Whether the actor may let a deactivated person in again, in whatever way: that is managing them."""
    return actor.can(MANAGE) and may_manage(actor, user)


def is_deactivated(user: User | None) -> bool:
    """Whether there is an account that is switched off; a removed person has none."""
    return user is not None and not user.is_active and user.removed_at is None


def check_may_reactivate(actor: Actor, user: User | None) -> None:
    """Raise NotAllowed for a deactivated person whom the actor may not let in again; everybody else, and nobody, may pass."""
    if user is not None and is_deactivated(user) and not may_reactivate(actor, user):
        raise NotAllowed(f"{user.name} was deactivated. {ONLY_MANAGERS}")


def covers(actor: Actor, sources: Sequence[Source]) -> bool:
    """Whether the actor holds everything that the sources give, where they give it."""
    return actor.held.covers(sources, places_of(s.team_id for s in sources if s.team_id))


def is_owner(actor: Actor) -> bool:
    """Whether the actor is an owner now. The system and its jobs stand in for one; a custom role, however full, does not."""
    if actor.held.unbounded:
        return True
    return actor.id is not None and db.session.scalar(select(User.id).where(User.id == actor.id, _OWNERS)) is not None


def lock_people(*user_ids: UUID) -> list[User]:
    """Lock people, and with them every owner, until the transaction ends; returns the people as they stand now.

    Always in the order of ids, so that two who change each other's rights wait and do not block each other. Raises
    NotFound unless all are there.
    """
    query = select(User).where(User.id.in_(user_ids) | _OWNERS).order_by(User.id)
    locked = db.session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    found = {user.id: user for user in locked}
    if not found.keys() >= set(user_ids):
        raise NotFound("There is no such person.")
    return [found[user_id] for user_id in user_ids]


def keep_an_owner(*, besides: UUID) -> None:
    """Raise Conflict if nobody but this person is an active owner. The owners stay locked until the transaction ends, so that
    of two demotions at once the second sees what the first has done."""
    owners = select(User.id).where(_OWNERS).order_by(User.id).with_for_update(key_share=True)
    if set(db.session.scalars(owners)) <= {besides}:
        raise Conflict("An organisation needs an owner. Make somebody else an owner first, or hand the ownership over.")
