"""Handing the ownership over: offered by an owner, taken by whom it was offered to, within a week."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from saas.accounts.models import User
from saas.accounts.persons import target_of
from saas.accounts.queries import get_user
from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotAllowed
from saas.core.module import Role, label_of
from saas.members import emails
from saas.members.guard import is_owner, lock_people
from saas.members.held import holders_by_id
from saas.members.models import OwnershipTransfer
from saas.members.module import (
    OWNERSHIP_ACCEPTED,
    OWNERSHIP_CANCELLED,
    OWNERSHIP_DECLINED,
    OWNERSHIP_OFFERED,
    TRANSFER,
)
from saas.members.operations.offers import end_expired_offers
from saas.members.operations.seats import change_seat, lock_seats
from saas.members.queries.ownership import get_open_offer
from saas.members.rights import identification

LIFETIME = timedelta(days=7)
_NO_OFFER = "There is no offer any more: it was taken back, declined or is too old."


def offer_ownership(to: User, *, stays: bool = False, actor: Actor) -> OwnershipTransfer:
    """Offer the ownership to somebody, who is told by mail. With ``stays`` the actor remains an owner beside them.

    Raises NotAllowed unless the actor is an owner, Invalid (field ``to``) for whom it cannot be, Conflict while another
    offer is open.
    """
    actor.require(TRANSFER)
    if actor.id is None or not is_owner(actor):
        raise NotAllowed("Only an owner can hand the ownership over.")
    owner, to = lock_people(actor.id, to.id)
    _check_can_take(to, actor)
    end_expired_offers(actor=actor)
    offer = OwnershipTransfer(from_id=owner.id, to_id=to.id, stays=stays, expires_at=now() + LIFETIME)
    try:
        with db.session.begin_nested():
            db.session.add(offer)
    except IntegrityError:
        raise Conflict("The ownership is offered to somebody already. Take that offer back first.") from None
    emails.send_ownership_offered(to, offered_by=owner, stays=stays, expires_at=offer.expires_at)
    record(OWNERSHIP_OFFERED, actor=actor, target=target_of(to), stays=stays, expires_at=offer.expires_at)
    return offer


def _check_can_take(to: User, actor: Actor) -> None:
    if to.id == actor.id:
        raise Invalid("This is you.", field="to")
    if not to.is_active:
        raise Invalid("This account is not active.", field="to")
    if to.role == Role.OWNER:
        raise Invalid(f"{to.name} is an owner already.", field="to")


def accept_ownership(*, actor: Actor) -> OwnershipTransfer:
    """Take the ownership that was offered to the actor; whoever offered it becomes an admin unless they stay an owner.

    Raises Conflict when nothing is offered to them now, or when whoever offered it no longer can; SeatsFull (a Conflict) when
    they took no seat before and none is left.
    """
    offer = _offered_to(actor)
    lock_seats()  # before people, as whoever accepts an invitation does
    former, owner = lock_people(offer.from_id, offer.to_id)
    offer = _offered_to(actor, to_change=True)
    if former.role != Role.OWNER or not identification.rights_of(former.id).can(TRANSFER):
        raise Conflict(f"{former.name} is no longer an owner, and so cannot hand the ownership over.")
    if not owner.is_active:
        raise Conflict("Your account is not active.")
    before = holders_by_id([owner.id])[owner.id].role_source.label
    change_seat(owner.role, Role.OWNER)
    owner.role, owner.role_id = Role.OWNER, None
    if not offer.stays:
        former.role = Role.ADMIN
    _close(offer, "accepted")
    changes = {"role": (before, label_of(Role.OWNER)), "former_owner": (label_of(Role.OWNER), label_of(former.role))}
    record(OWNERSHIP_ACCEPTED, actor=actor, target=target_of(former), changes=changes)
    emails.send_ownership_accepted(former, taken_by=owner, stays=offer.stays)
    return offer


def decline_ownership(*, actor: Actor) -> OwnershipTransfer:
    """Say no to the ownership that was offered to the actor; whoever offered it is told. Raises Conflict."""
    offer = _offered_to(actor, to_change=True)
    _close(offer, "declined")
    former = get_user(offer.from_id)
    record(OWNERSHIP_DECLINED, actor=actor, target=target_of(former))
    emails.send_ownership_declined(former, declined_by=get_user(offer.to_id))
    return offer


def cancel_offer(*, actor: Actor) -> OwnershipTransfer:
    """Take back the offer that is open, whichever owner made it; raises Conflict, and NotAllowed unless the actor is an owner."""
    actor.require(TRANSFER)
    if not is_owner(actor):
        raise NotAllowed("Only an owner can take this offer back.")
    offer = get_open_offer(to_change=True)
    if offer is None:
        raise Conflict(_NO_OFFER)
    _close(offer, "cancelled")
    record(OWNERSHIP_CANCELLED, actor=actor, target=target_of(get_user(offer.to_id)))
    return offer


def _offered_to(actor: Actor, *, to_change: bool = False) -> OwnershipTransfer:
    offer = get_open_offer(to_change=to_change)
    if offer is None or offer.to_id != actor.id:
        raise Conflict(_NO_OFFER)
    return offer


def _close(offer: OwnershipTransfer, outcome: str) -> None:
    offer.ended_at, offer.outcome = now(), outcome
