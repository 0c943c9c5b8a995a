"""Letting somebody in who has shown that the address is theirs: by an invitation, by a domain, or by an admin's word.

The seat must have been taken before, in the same transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from saas.accounts.models import Purpose, User
from saas.accounts.operations import create_user
from saas.accounts.operations.sessions import end_sessions
from saas.accounts.passwords import check_password, hash_password
from saas.accounts.persons import by_link, target_of
from saas.accounts.queries import find_user, get_letterhead
from saas.accounts.tokens import issue_token
from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict
from saas.core.ids import new_token
from saas.core.module import Role
from saas.core.scope import current_tenant_id
from saas.members.guard import check_may_give, lock_people, source_of_role
from saas.members.models import Grant, Invitation, JoinRequest, Team, TeamMember
from saas.members.module import INVITATION_SETTLED, MANAGE, PERSON_REACTIVATED, PERSON_ROLE_CHANGED, REQUEST_SETTLED
from saas.members.operations.people import bring_back
from saas.members.operations.seats import take_seats
from saas.members.queries.choices import team_names
from saas.tenancy.models import AccountIndex
from saas.tenancy.names import clean_public_name
from saas.tenancy.queries import email_hash


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who comes in: address in canonical form, a checked name, the hash of a password."""

    email: str
    name: str
    password_hash: str


def newcomer(*, email: str, name: str, password: str) -> Newcomer:
    """Check what somebody typed, and hash the password, which takes its time; raises Invalid."""
    name, head = clean_public_name(name, field="name"), get_letterhead()
    check_password(password, about=(name, email, email.partition("@")[0], head.name, head.slug))
    return Newcomer(email, name, hash_password(password))


def admit(
    who: Newcomer,
    *,
    role: str,
    role_id: UUID | None = None,
    team_ids: Collection[UUID] = (),
    by: UUID | None = None,
    actor: Actor,
) -> User:
    """Make the account, or bring back one that was removed or deactivated, with this role and in these teams.

    The address counts as proven. What else was open for the address is closed, but for
    the invitation or request ``by`` which they come: whoever calls closes that one. Raises Conflict when the person is here.
    """
    user = find_user(who.email)
    if user is None:
        user = _make(who, role, role_id)
    elif user.removed_at is not None:
        bring_back(user, role=role, role_id=role_id, name=who.name, password_hash=who.password_hash, actor=actor)
    elif user.is_active:
        raise Conflict("There is an account with this address already.")
    else:
        _switch_on(user, who, role, role_id, actor)
    join_teams(user, team_ids)
    _close_open(user, actor, besides=by)
    return user


def create_person(*, email: str, name: str, role: Role, actor: Actor) -> tuple[User, str]:
    """Make an account whose address counts as proven; returns it with the token of the link by which its password is chosen.

    Raises Invalid for what cannot be taken, NotAllowed, SeatsFull.
    """
    actor.require(MANAGE)
    check_may_give(actor, [source_of_role(role)])
    take_seats(1, role=role)
    user = create_user(email=email, name=name, password=new_token(), role=role, actor=actor)
    user.verified_at = now()
    _close_open(user, actor)
    return user, issue_token(user, Purpose.RESET_PASSWORD)


def _make(who: Newcomer, role: str, role_id: UUID | None) -> User:
    user = User(email=who.email, name=who.name, password_hash=who.password_hash, role=role, role_id=role_id)
    user.verified_at = now()
    db.session.add(user)
    db.session.flush()
    db.session.add(AccountIndex(email_hash=email_hash(who.email), tenant_id=current_tenant_id()))
    return user


def _switch_on(user: User, who: Newcomer, role: str, role_id: UUID | None, actor: Actor) -> None:
    """A deactivated person comes back with the teams they were in, but with no rights except those of the role."""
    end_sessions(user, keep=None)
    (user,) = lock_people(user.id)
    before = source_of_role(user.role, user.role_id).label
    given = delete(Grant).where(Grant.user_id == user.id).returning(Grant.permission)
    grants = db.session.scalars(given.execution_options(synchronize_session=False)).all()
    led = update(TeamMember).where(TeamMember.user_id == user.id, TeamMember.leads).values(leads=False)
    teams = db.session.scalars(led.returning(TeamMember.team_id).execution_options(synchronize_session=False)).all()
    user.name, user.password_hash, user.role, user.role_id = who.name, who.password_hash, role, role_id
    user.is_active, user.verified_at = True, now()
    db.session.flush()
    _record_return(user, (before, source_of_role(role, role_id).label), grants, teams, by_link(user, actor))


def _record_return(
    user: User, role: tuple[str, str], grants: Sequence[str], teams: Sequence[UUID], actor: Actor
) -> None:
    """What it did to the person stands in their own history, as if somebody had reactivated and changed them."""
    lost: dict[str, Any] = {"grants_ended": sorted(grants), "leads_ended": sorted(team_names(teams).values())}
    record(PERSON_REACTIVATED, actor=actor, target=target_of(user), changes={"is_active": (False, True)}, **lost)
    if role[0] != role[1]:
        record(PERSON_ROLE_CHANGED, actor=actor, target=target_of(user), changes={"role": role})


def join_teams(user: User, team_ids: Collection[UUID]) -> None:
    """Put somebody into teams; those that are gone, and those they are in, are passed over."""
    there = db.session.scalars(select(Team.id).where(Team.id.in_(team_ids)).with_for_update(read=True, key_share=True))
    places = [{"team_id": team_id, "user_id": user.id, "leads": False, "created_at": now()} for team_id in there]
    if places:
        db.session.execute(insert(TeamMember).on_conflict_do_nothing(), places)


def _close_open(user: User, actor: Actor, *, besides: UUID | None = None) -> None:
    """Close the invitation and the request to join that may be open for an address that has an account now."""
    invited = update(Invitation).where(
        *(Invitation.email == user.email, Invitation.id.is_distinct_from(besides)),
        *(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)),
    )
    invited = invited.values(accepted_at=now(), accepted_by_id=user.id)
    asked = update(JoinRequest).where(
        *(JoinRequest.email == user.email, JoinRequest.id.is_distinct_from(besides), JoinRequest.decision == "")
    )
    asked = asked.values(decision="approved", decided_at=now(), password_hash="")
    for event, kind, closing in (
        (INVITATION_SETTLED, "invitation", invited.returning(Invitation.id)),
        (REQUEST_SETTLED, "join_request", asked.returning(JoinRequest.id)),
    ):
        for closed in db.session.scalars(closing.execution_options(synchronize_session="fetch")).all():
            record(event, actor=by_link(user, actor), target=Target(kind, closed, user.email))
