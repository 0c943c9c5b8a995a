"""Writes about people of the organisation: their role, whether their account works, and their going and coming back."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from saas.accounts.models import KnownDevice, OneTimeToken, User
from saas.accounts.operations.sessions import end_sessions
from saas.accounts.passwords import check_password, hash_password
from saas.accounts.persons import target_of
from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.module import Role
from saas.core.scope import current_tenant_id
from saas.members.guard import check_may_give, check_may_manage, keep_an_owner, lock_people, source_of_role
from saas.members.held import holders_by_id
from saas.members.holdings import pass_on
from saas.members.models import Grant, TeamMember
from saas.members.module import (
    MANAGE,
    PERSON_DEACTIVATED,
    PERSON_LEFT,
    PERSON_REACTIVATED,
    PERSON_REMOVED,
    PERSON_ROLE_CHANGED,
)
from saas.members.operations.offers import withdraw_offers
from saas.members.operations.seats import change_seat, lock_seats, take_seats
from saas.members.queries.effects import check_seen, effect_of
from saas.members.queries.roles import split_key
from saas.tenancy.models import AccountIndex
from saas.tenancy.names import clean_public_name
from saas.tenancy.queries import email_hash, email_hashes


def change_role(user: User, *, to: str, seen: str | None = None, actor: Actor) -> None:
    """Give somebody the role with the key ``to``; nothing is recorded when it is theirs already.

    Who took no seat and gets a role that does takes one. Raises NotAllowed for a person above the actor, Invalid (field
    ``role``) for a role above the actor or none at all, Conflict for the last owner, SeatsFull, Unseen unless ``seen`` is the
    mark of a preview of just this (None asks for none).
    """
    actor.require(MANAGE)
    lock_seats()  # before people, as whoever accepts an invitation does
    (user,) = lock_people(user.id)
    _check_present(user)
    check_may_manage(actor, user)
    (role, role_id), source = split_key(to), source_of_role(*split_key(to))
    if (role, role_id) == (user.role, user.role_id):
        return
    holder = holders_by_id([user.id])[user.id]
    check_may_give(actor, holder.sources(role, source))
    if user.role == Role.OWNER and user.is_active:
        keep_an_owner(besides=user.id)
    if user.is_active:
        change_seat(user.role, role)
    check_seen(effect_of([holder], role, source, asked=to), seen)
    if user.role == Role.OWNER:
        withdraw_offers(user.id, actor=actor)
    user.role, user.role_id = role, role_id
    changes = {"role": (holder.role_source.label, source.label)}
    record(PERSON_ROLE_CHANGED, actor=actor, target=target_of(user), changes=changes)


def deactivate(user: User, *, actor: Actor) -> None:
    """Switch an account off until it is switched on again: its sessions end at once and its seat is free.

    Nothing happens to one that is off already. Raises Conflict for the last owner and for oneself, NotAllowed for a
    person above the actor.
    """
    actor.require(MANAGE)
    if user.id == actor.id:
        raise Conflict("You cannot deactivate yourself. Somebody else can do it, or you leave the organisation.")
    ended = end_sessions(user, keep=None)  # before the row is locked, as whoever notes that one is in use
    (user,) = lock_people(user.id)
    _check_present(user)
    check_may_manage(actor, user)
    if not user.is_active:
        return
    if user.role == Role.OWNER:
        keep_an_owner(besides=user.id)
    user.is_active = False
    withdraw_offers(user.id, actor=actor)
    record(
        PERSON_DEACTIVATED, actor=actor, target=target_of(user), changes={"is_active": (True, False)}, sessions=ended
    )


def reactivate(user: User, *, actor: Actor) -> None:
    """Switch an account on again, with the role, grants and teams it had; that takes a seat.

    Nothing happens to one that is on. Raises SeatsFull (a Conflict), NotAllowed for a person who would hold more than the actor.
    """
    actor.require(MANAGE)
    lock_seats()  # before people, as whoever accepts an invitation does
    end_sessions(user, keep=None)  # one that began while the account was switched off
    (user,) = lock_people(user.id)
    _check_present(user)
    check_may_manage(actor, user)
    if user.is_active:
        return
    take_seats(1, role=user.role)
    user.is_active = True
    record(PERSON_REACTIVATED, actor=actor, target=target_of(user), changes={"is_active": (False, True)})


def remove(user: User, *, heir: User | None = None, actor: Actor) -> None:
    """Take somebody out of the organisation. What they made keeps their name; what has to be looked after goes to ``heir``.

    Raises Conflict for the last owner and for oneself, NotAllowed for a person above the actor, Invalid (field ``heir``).
    """
    actor.require(MANAGE)
    if user.id == actor.id:
        raise Conflict("You cannot remove yourself. Leave the organisation instead.")
    lock_seats()  # before people, as whoever accepts an invitation does
    end_sessions(user, keep=None)
    (user,) = lock_people(user.id)
    _check_present(user)
    check_may_manage(actor, user)
    label = source_of_role(user.role, user.role_id).label
    passed = _take_out(user, heir, actor)
    record(
        PERSON_REMOVED,
        actor=actor,
        target=target_of(user),
        changes={"role": (label, None)},
        heir=heir.name if heir else "",
        passed_on=passed,
    )


def leave(user: User, *, heir: User | None = None, actor: Actor) -> None:
    """Let somebody go out of the organisation of their own accord. Raises Conflict for the last owner, Invalid (field ``heir``)."""
    if user.id != actor.id:
        raise Conflict("Everybody can only leave for themselves.")
    lock_seats()  # before people, as whoever accepts an invitation does
    end_sessions(user, keep=None)
    (user,) = lock_people(user.id)
    _check_present(user)
    label = source_of_role(user.role, user.role_id).label
    passed = _take_out(user, heir, actor)
    facts: dict[str, Any] = {"heir": heir.name if heir else "", "passed_on": passed}
    record(PERSON_LEFT, actor=actor, target=target_of(user), changes={"role": (label, None)}, **facts)


def bring_back(
    user: User,
    *,
    role: str,
    role_id: UUID | None = None,
    name: str = "",
    password: str = "",
    password_hash: str = "",
    actor: Actor,
) -> None:
    """Let a removed person in again as the same row, with a new password and no rights but those of the role.

    Either ``password`` is given, which is checked here, or the hash of one that was checked. Whoever calls has proven that
    the person reads mail to their address, has seen to the seat and to who may give the role, and records it. Raises
    Conflict for somebody who is not removed, Invalid for an unusable name or password.
    """
    end_sessions(user, keep=None)
    (user,) = lock_people(user.id)
    if user.removed_at is None:
        raise Conflict(f"{user.name} is in the organisation already.")
    source_of_role(role, role_id)
    called = clean_public_name(name, field="name") if name else user.name
    if not password_hash:
        check_password(password, about=(called, user.email, user.email.partition("@")[0]))
    for model in (Grant, TeamMember):
        db.session.execute(delete(model).where(model.user_id == user.id).execution_options(synchronize_session=False))
    user.name, user.password_hash = called, password_hash or hash_password(password)
    user.role, user.role_id = role, role_id
    user.is_active, user.removed_at, user.verified_at = True, None, now()
    db.session.flush()
    known = insert(AccountIndex).values(email_hash=email_hash(user.email), tenant_id=current_tenant_id())
    db.session.execute(known.on_conflict_do_nothing())


def _check_present(user: User) -> None:
    if user.removed_at is not None:
        raise Conflict(f"{user.name} was removed from the organisation. Invite them to bring them back.")


def _take_out(user: User, heir: User | None, actor: Actor) -> dict[str, int]:
    """The row stays, with nothing that opens anything. Returns what went to the heir."""
    if user.role == Role.OWNER and user.is_active:
        keep_an_owner(besides=user.id)
    if heir is not None and (heir.id == user.id or not heir.is_active):
        raise Invalid("Please choose somebody else whose account is active.", field="heir")
    passed = pass_on(user.id, heir.id, actor=actor) if heir is not None else {}
    withdraw_offers(user.id, actor=actor)
    for model in (Grant, TeamMember, OneTimeToken, KnownDevice):
        db.session.execute(delete(model).where(model.user_id == user.id).execution_options(synchronize_session=False))
    own = AccountIndex.tenant_id == current_tenant_id()
    db.session.execute(delete(AccountIndex).where(own, AccountIndex.email_hash.in_(email_hashes(user.email))))
    user.role, user.role_id, user.password_hash = Role.VIEWER, None, ""
    user.is_active, user.removed_at = False, now()
    return passed
