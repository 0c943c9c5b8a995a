"""What somebody can offer to people they let in: roles that hold no more than their own, teams within their reach."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, func, literal, select
from sqlalchemy.orm import aliased

from saas.core.access import Rights
from saas.core.actor import Actor
from saas.core.database import db
from saas.core.module import Role
from saas.members.guard import is_owner
from saas.members.models import Team
from saas.members.module import INVITE
from saas.members.queries.roles import RoleEntry, list_roles


def list_givable_roles(actor: Actor) -> list[RoleEntry]:
    """The roles that somebody may give: the built-in ones from least to most, then those that the organisation made."""
    owner = is_owner(actor)
    roles = [role for role in list_roles() if actor.held.covers([role.source]) and (owner or role.key != Role.OWNER)]
    return sorted(roles, key=lambda role: -list(Role).index(Role(role.key)) if not role.is_custom else 1)


def within_reach(held: Rights) -> ColumnElement[bool]:
    """Of a team: that people may be invited into it."""
    if held.can(INVITE):
        return literal(True)
    overlaps: ColumnElement[bool] = Team.path.overlap(literal(list(held.teams_of(INVITE)), ARRAY(Uuid)))
    return overlaps


def list_teams(held: Rights) -> list[tuple[UUID, str]]:
    """The teams into which somebody with these rights may invite, with the names of those above, in the tree's order."""
    reach = select(Team.id).where(within_reach(held))
    return sorted(team_names(db.session.scalars(reach)).items(), key=lambda team: team[1].casefold())


def team_names(team_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What teams are called, with the names of those above them, such as “Sales / North”; unknown ones are left out."""
    wanted = set(team_ids)
    if not wanted:
        return {}
    above = aliased(Team)
    above_it = above.id == func.any(Team.path)
    query = select(Team.id, Team.path, above.id, above.name).join(above, above_it).where(Team.id.in_(wanted))
    paths: dict[UUID, Sequence[UUID]] = {}
    names: dict[UUID, str] = {}
    for team_id, path, number, name in db.session.execute(query):
        paths[team_id], names[number] = path, name
    return {team_id: " / ".join(names[one] for one in path if one in names) for team_id, path in paths.items()}
