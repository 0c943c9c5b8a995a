"""Writes about teams: the tree, and who is in them.

Whoever holds the permission in one team only changes that team and what is below it, never where that team itself hangs:
making, moving and deleting a team is a matter of the team above.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, case, delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError

from saas.accounts.models import User
from saas.core.access import Source
from saas.core.actor import Actor
from saas.core.audit import Target, changes_of, record
from saas.core.clock import now
from saas.core.database import constraint_of, db
from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from saas.core.ids import new_id
from saas.core.runtime import runtime
from saas.core.scope import current_scope
from saas.members import module
from saas.members.guard import covers
from saas.members.models import Team, TeamMember
from saas.members.module import TEAMS
from saas.members.queries.roles import name_key
from saas.members.queries.team_previews import (
    Children,
    Members,
    list_doomed,
    preview_deletion,
    preview_move,
    reaches,
    shifted_by,
)
from saas.members.queries.teams import TEAM_METER, count_teams, find_team, get_place, get_team
from saas.tenancy.limits import hold
from saas.tenancy.names import clean_name, has_control_characters

DEEPEST = 12
"""How many levels a tree of teams has at most."""
NAME_LENGTH, DESCRIPTION_LENGTH = 100, 1000
_TOO_DEEP = f"Teams can stand {DEEPEST} levels deep at most."
_TAKEN = "There is a team of this name here already. Please choose another name."
_TAKEN_THERE = "There is a team of this name there already. Rename one of the two first."
_CLASH = (
    "A team that would move up has the name of another one there. Rename one of the two first, or choose another way."
)
_UNSEEN = "What this changes is not what you have looked at. Nothing was done; please look again."
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('teams ' || :schema, 0))")


def create_team(
    *, name: str, description: str = "", parent_id: UUID | None = None, team_id: UUID | None = None, actor: Actor
) -> Team:
    """Make a team below another one (None: below none); raises Invalid, and NotFound for an unknown one above.

    It gets the id ``team_id``, unless a team has that already.
    """
    _lock_tree()
    parent = get_team(parent_id) if parent_id else None
    actor.require(TEAMS, _path(parent))
    if len(_path(parent)) >= DEEPEST:
        raise Invalid(_TOO_DEEP, field="parent")
    hold(TEAM_METER, count_teams)
    team = Team(id=new_id() if find_team(team_id) or not team_id else team_id, parent_id=parent_id)
    team.path = [*_path(parent), team.id]
    _describe(team, name, description)
    with _own_name(Invalid(_TAKEN, field="name")):
        db.session.add(team)
    changes = {"name": (None, team.name), "parent": (None, _named(parent))}
    record(module.TEAM_CREATED, actor=actor, target=_target(team), changes=changes)
    return team


def change_team(team: Team, *, name: str, description: str, version: str | None = None, actor: Actor) -> None:
    """Rename and describe a team; records nothing when nothing changes. Raises Invalid.

    ``version`` is that of the team which was looked at: Conflict when somebody changed it since.
    """
    actor.require(TEAMS, team.path)
    if version not in (None, team.version):
        raise Conflict("Somebody changed this team while you edited it. Save again to replace that with yours.")
    before = {"name": team.name, "description": team.description}
    with _own_name(Invalid(_TAKEN, field="name")):
        _describe(team, name, description)
    changes = changes_of(before, {"name": team.name, "description": team.description})
    if changes:
        event = module.TEAM_RENAMED if "name" in changes else module.TEAM_DESCRIBED
        record(event, actor=actor, target=_target(team), changes=changes)


def move_team(team_id: UUID, *, parent_id: UUID | None, seen: str | None = None, actor: Actor) -> Team:
    """Put a team with all below it under another one (None: under none).

    ``seen`` is the mark of the preview that was looked at: Conflict when the move would do something else by now (None asks
    for no preview). Raises Invalid for a place below itself, too deep, or where another team has its name, NotAllowed when
    somebody would gain or lose in the team what the actor does not hold there.
    """
    _lock_tree()
    team = get_team(team_id, to_change=True)
    parent = get_team(parent_id) if parent_id else None
    actor.require(TEAMS, team.path[:-1])
    actor.require(TEAMS, _path(parent))
    check_move(team, parent)
    if not covers(actor, [shifted_by(team, parent)]):
        raise NotAllowed("This move gives or takes more than you hold in the team. Ask somebody with more rights.")
    if seen is not None and seen != preview_move(team, parent).mark:
        raise Conflict(_UNSEEN)
    former = get_team(team.parent_id) if team.parent_id else None
    with _own_name(Invalid(_TAKEN_THERE, field="parent")):
        _hang(team, Team.id == team.id, parent, keep_from=len(team.path))
    changes = {"parent": (_named(former), _named(parent))}
    record(module.TEAM_MOVED, actor=actor, target=_target(team), changes=changes)
    db.session.refresh(team)
    return team


def check_move(team: Team, parent: Team | None) -> None:
    """Raise Invalid (field ``parent``) if a team cannot stand below another one."""
    if parent is not None and team.id in parent.path:
        raise Invalid("A team cannot stand below itself or below one of its own teams.", field="parent")
    if team.parent_id == (parent.id if parent else None):
        raise Invalid("The team is there already. Choose another place.", field="parent")
    lowest = db.session.scalar(select(func.max(func.cardinality(Team.path))).where(Team.path.contains([team.id]))) or 0
    if len(_path(parent)) + lowest - len(team.path) + 1 > DEEPEST:
        raise Invalid(_TOO_DEEP, field="parent")
    beside = Team.parent_id.is_not_distinct_from(parent.id if parent else None)
    if db.session.scalar(select(Team.id).where(beside, Team.name_key == team.name_key)):
        raise Invalid(_TAKEN_THERE, field="parent")


def delete_team(team_id: UUID, *, children: Children, members: Members, seen: str | None = None, actor: Actor) -> Team:
    """Delete a team. The teams below move ``up`` or are deleted too; the people move to the team above or just leave.

    Those who move lead nothing there. Raises Conflict when a team that moves up would meet another of its name, and unless
    ``seen`` is the mark of a preview of just this (None asks for none).
    """
    _lock_tree()
    team = get_team(team_id, to_change=True)
    actor.require(TEAMS, team.path[:-1])
    doomed = list_doomed(team, children=children)
    ids = [one.id for one in doomed]
    _check_holds(actor, [reach.source for reach in reaches(ids)])
    if seen is not None and seen != preview_deletion(team, children=children, members=members).mark:
        raise Conflict(_UNSEEN)
    people = _release(ids, team.parent_id if members == "parent" else None)
    if children == "up":
        parent = get_team(team.parent_id) if team.parent_id else None
        with _own_name(Conflict(_CLASH)):
            team.name_key = str(team.id)  # one that moves up may have the name of this one, which goes
            db.session.flush()
            _hang(team, Team.parent_id == team.id, parent, keep_from=len(team.path) + 1)
    db.session.execute(delete(Team).where(Team.id.in_(ids)).execution_options(synchronize_session=False))
    facts: dict[str, Any] = {"teams": [one.name for one in doomed], "people": people, "children": children}
    record(module.TEAM_DELETED, actor=actor, target=_target(team), members=members, **facts)
    return team


def _release(team_ids: list[UUID], to: UUID | None) -> int:
    """Let the people of some teams go, to another one if it is given; returns how many they are."""
    db.session.execute(select(Team.id).where(Team.id.in_(team_ids)).with_for_update())
    inside = select(TeamMember.user_id).where(TeamMember.team_id.in_(team_ids)).distinct()
    people = list(db.session.scalars(inside))
    if to is not None and people:
        places = [{"team_id": to, "user_id": user_id, "leads": False, "created_at": now()} for user_id in people]
        db.session.execute(insert(TeamMember).on_conflict_do_nothing(), places)
    return len(people)


def add_member(team: Team, user_id: UUID, *, actor: Actor) -> User:
    """Put an active person into a team; raises NotFound for an unknown one, Conflict when they are in it already."""
    actor.require(TEAMS, team.path)
    user = db.session.get(User, user_id, with_for_update={"read": True}, populate_existing=True)
    if user is None or user.removed_at is not None:
        raise NotFound("There is no such person.")
    if not user.is_active:
        raise Conflict(f"{user.name} is deactivated and cannot join a team.")
    place = insert(TeamMember).values(team_id=team.id, user_id=user_id, leads=False, created_at=now())
    added = db.session.execute(place.on_conflict_do_nothing().returning(TeamMember.user_id)).first()
    if added is None:
        raise Conflict(f"{user.name} is in this team already.")
    record(module.MEMBER_ADDED, actor=actor, target=_target(team), **_about(user))
    return user


def remove_member(team: Team, user_id: UUID, *, actor: Actor) -> User:
    """Take a person out of a team; a lead only by whoever holds what a lead holds there. Raises NotFound."""
    actor.require(TEAMS, team.path)
    place = get_place(team.id, user_id)
    if place.leads:
        _check_holds(actor, [_lead_of(team)])
    user = place.user
    db.session.delete(place)
    record(module.MEMBER_REMOVED, actor=actor, target=_target(team), **_about(user))
    return user


def set_lead(team: Team, user_id: UUID, *, leads: bool, actor: Actor) -> User:
    """Make somebody in the team lead it, or no longer; only whoever holds what a lead holds there may. Raises NotFound."""
    actor.require(TEAMS, team.path)
    _check_holds(actor, [_lead_of(team)])
    place = get_place(team.id, user_id)
    if place.leads != leads:
        place.leads = leads
        event = module.LEAD_GIVEN if leads else module.LEAD_TAKEN
        record(event, actor=actor, target=_target(team), **_about(place.user))
    return place.user


def _lock_tree() -> None:
    """Let nobody else change the shape of this organisation's tree until the transaction ends: of two moves that would
    make a ring the second sees the first."""
    db.session.execute(_LOCK, {"schema": current_scope().place.schema})


def _hang(team: Team, tops: ColumnElement[bool], parent: Team | None, *, keep_from: int) -> None:
    """Put some teams (``tops``), the team itself or those directly below it, under another one; all that is below them
    follows, in one statement. Their paths keep what stands from a position on, counted from 1."""
    moved = (
        update(Team)
        .where(Team.path.contains([team.id]), func.cardinality(Team.path) >= keep_from)
        .values(
            path=func.array_cat(literal(_path(parent), ARRAY(Uuid)), Team.path[keep_from:DEEPEST]),
            parent_id=case((tops, parent.id if parent else None), else_=Team.parent_id),
            updated_at=case((tops, now()), else_=Team.updated_at),
        )
    )
    db.session.execute(moved.execution_options(synchronize_session=False))


@contextmanager
def _own_name(refusal: DomainError) -> Iterator[None]:
    """Write inside the block; a name that another team beside has is refused."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as error:
        if constraint_of(error) != "uq_teams_parent_id_name_key":
            raise
        raise refusal from None


def _describe(team: Team, name: str, description: str) -> None:
    """Raises Invalid, before anything is changed."""
    name = clean_name(name, field="name", longest=NAME_LENGTH)
    if "/" in name and name != team.name:
        raise Invalid("A name cannot hold “/”: it parts the teams of a path, as in “Sales / North”.", field="name")
    if len(description) > DESCRIPTION_LENGTH:
        raise Invalid(f"Use at most {DESCRIPTION_LENGTH} characters.", field="description")
    if has_control_characters(description, lines=True):
        raise Invalid("This holds characters that cannot be shown.", field="description")
    team.name, team.name_key, team.description = name, name_key(name), description.strip()


def _check_holds(actor: Actor, sources: Sequence[Source]) -> None:
    """Raise NotAllowed unless the actor holds what is given or taken away."""
    if not covers(actor, sources):
        raise NotAllowed("Leading this team gives more than you hold there. Ask somebody with more rights.")


def _lead_of(team: Team) -> Source:
    return Source("lead", "", runtime().registry.in_teams, team.id)


def _path(team: Team | None) -> list[UUID]:
    """Where things below a team are; the organisation as a whole for none."""
    return team.path if team else []


def _named(team: Team | None) -> str | None:
    return team.name if team else None


def _about(user: User) -> dict[str, Any]:
    """Who was meant; by the address redaction finds them."""
    return {"person": user.name, "person_id": user.id, "email": user.email}


def _target(team: Team) -> Target:
    return Target("team", team.id, team.name)
