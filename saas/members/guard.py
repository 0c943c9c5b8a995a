"""What every change of people's rights checks: nobody gives or takes more than they hold, and one owner always remains."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from saas.accounts.models import CUSTOM, CustomRole, User
from saas.accounts.queries import role_source
from saas.core.access import Source
from saas.core.actor import Actor
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotAllowed
from saas.core.module import Role
from saas.members.models import Team
from saas.members.rights import identification

Places = Mapping[UUID, Sequence[UUID]]


def places_of(team_ids: Iterable[UUID]) -> dict[UUID, Sequence[UUID]]:
    """Where teams are: for each its own id and those of the teams above it. Unknown ones are left out."""
    wanted = set(team_ids)
    rows = db.session.execute(select(Team.id, Team.path).where(Team.id.in_(wanted))) if wanted else ()
    return {team_id: path for team_id, path in rows}  # noqa: C416 - rows, not pairs


def source_of_role(role: str, role_id: UUID | None = None) -> Source:
    """What a role gives; raises Invalid (field ``role``) for one that is not there."""
    if role == CUSTOM:
        custom = db.session.get(CustomRole, role_id) if role_id else None
        if custom is None:
            raise Invalid("Please choose one of these roles.", field="role")
        return role_source(CUSTOM, custom.name, custom.permissions)
    if role not in set(Role):
        raise Invalid("Please choose one of these roles.", field="role")
    return role_source(role, None, None)


def check_may_give(actor: Actor, sources: Sequence[Source], *, field: str = "role") -> None:
    """Raise Invalid unless the actor holds everything that the sources give. Only an owner can make an owner."""
    if not actor.held.covers(sources, places_of(s.team_id for s in sources if s.team_id)):
        raise Invalid("This gives more than you hold yourself. Ask somebody with more rights.", field=field)


def check_may_manage(actor: Actor, user: User) -> None:
    """Raise NotAllowed unless the actor holds everything that a person holds, so that nobody manages those above them."""
    sources = (
        identification.rights_of(user.id).sources if user.is_active else (source_of_role(user.role, user.role_id),)
    )
    if not actor.held.covers(sources, places_of(s.team_id for s in sources if s.team_id)):
        raise NotAllowed(f"{user.name} holds more than you do. Ask somebody with more rights.")


def keep_an_owner(*, besides: UUID) -> None:
    """Raise Conflict if nobody but this person is an active owner. The owners stay locked until the transaction ends, so that
    of two demotions at once the second sees what the first has done."""
    owners = select(User.id).where(User.role == Role.OWNER, User.is_active).order_by(User.id).with_for_update()
    if set(db.session.scalars(owners)) <= {besides}:
        raise Conflict("An organisation needs an owner. Make somebody else an owner first, or hand the ownership over.")
