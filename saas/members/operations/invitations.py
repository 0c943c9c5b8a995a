"""Writes about invitations: asking people in, asking again, changing and taking back what is open.

Whoever sends an invitation, be it again, vouches for it: what they hold when it is accepted decides whether it is good.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from saas.accounts.models import User
from saas.accounts.queries import find_user
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import Target, changes_of, record
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Conflict, Invalid, NotAllowed
from saas.core.ids import new_token
from saas.members import emails, module
from saas.members.guard import check_may_give, check_may_reactivate, places_of, source_of_role
from saas.members.models import Invitation
from saas.members.module import INVITE
from saas.members.operations.seats import change_seat, lock_seats, take_seats
from saas.members.pasted import MOST, Pasted
from saas.members.queries.choices import team_names
from saas.members.queries.invitations import (
    SENDABLE,
    State,
    find_invitation,
    get_invitation,
    judge,
    role_name,
    state_of,
)
from saas.members.queries.seats import Seats
from saas.tenancy.names import has_control_characters, is_linklike

DAYS, MOST_DAYS = 7, 30
"""How long an invitation is good: usually, and at most."""
MESSAGE_LENGTH = 1000
NO_LINKS = "A message cannot hold web addresses: such mail ends as spam."


@dataclass(frozen=True, slots=True)
class Offer:
    """What people are asked in to: a role (``role_id`` for one that the organisation made) and teams."""

    role: str
    role_id: UUID | None = None
    team_ids: Sequence[UUID] = ()


def invite(
    addresses: Sequence[str],
    offer: Offer,
    *,
    message: str = "",
    days: int = DAYS,
    first_id: UUID | None = None,
    actor: Actor,
) -> list[Invitation]:
    """Ask people (addresses in canonical form) in: all of them or, when one cannot be invited, none.

    The first invitation gets the id ``first_id``, unless another one has that already.
    Raises Invalid for what a form can mend, NotAllowed, SeatsFull, and Conflict when an address is a member's, has an open
    invitation or stands there twice.
    """
    check_offer(offer, actor=actor)
    _check_letter(addresses, message, days)
    _check_verified(actor)
    lock_seats()
    rows = judge([Pasted(address, address) for address in addresses], Seats(0, 0, None), actor=actor)
    for row in rows:
        if row.verdict not in SENDABLE:
            raise Conflict(f"{row.email} cannot be invited. {row.note}")
    take_seats(len(rows), role=offer.role)
    _make_room(addresses, actor)
    invited = [_new(address, offer, message, days, actor) for address in addresses]
    if first_id and not find_invitation(first_id):
        invited[0][0].id = first_id
    db.session.add_all(invitation for invitation, _ in invited)
    db.session.flush()
    _send(invited, _signature(actor))
    for invitation, _ in invited:
        record(module.INVITATION_SENT, actor=actor, target=target_of_invitation(invitation), **_facts(invitation))
    return [invitation for invitation, _ in invited]


def check_offer(offer: Offer, *, actor: Actor) -> None:
    """Raise NotAllowed or Invalid unless the actor may give the role, and invite into each of the teams.

    Who may invite in some teams only has to name one of them at least.
    """
    if not places_of(offer.team_ids).keys() >= set(offer.team_ids):
        raise Invalid("Please choose among these teams.", field="teams")
    if not offer.team_ids and not actor.can(INVITE) and actor.can_somewhere(INVITE):
        raise Invalid("Choose at least one of your teams.", field="teams")
    check_reach(offer.team_ids, actor=actor)
    check_may_give(actor, [source_of_role(offer.role, offer.role_id)])


def check_reach(team_ids: Collection[UUID], *, actor: Actor) -> None:
    """Raise NotAllowed unless the actor may invite into each of some teams; without any, into the organisation.

    Teams that are gone do not count.
    """
    places = places_of(team_ids)
    for place in places.values() if places else [()]:
        actor.require(INVITE, place)


def _check_letter(addresses: Sequence[str], message: str, days: int) -> None:
    if not 1 <= len(addresses) <= MOST:
        raise Invalid(f"Invite one to {MOST} people at once.", field="addresses")
    if len(message) > MESSAGE_LENGTH:
        raise Invalid(f"Use at most {MESSAGE_LENGTH} characters.", field="message")
    if has_control_characters(message, lines=True):
        raise Invalid("This holds characters that cannot be used here.", field="message")
    if is_linklike(message):
        raise Invalid(NO_LINKS, field="message")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"Choose 1 to {MOST_DAYS} days.", field="days")


def _check_verified(actor: Actor) -> None:
    """Our mail with somebody's words goes to strangers: whoever sends it has shown an address of their own before."""
    if actor.kind not in ("member", "system", "job", "operator"):
        raise NotAllowed("Only people can invite people.")
    if actor.kind == "member":
        user = db.session.get(User, actor.id)
        if user is None or user.verified_at is None:
            raise NotAllowed("Please confirm your own e-mail address first; then you can invite others.")


def _make_room(addresses: Sequence[str], actor: Actor) -> None:
    """Close invitations of these addresses that have expired: an address has one at most that is not closed."""
    expired = update(Invitation).where(
        Invitation.email.in_(addresses),
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at <= now(),
    )
    closing = expired.values(revoked_at=now()).returning(Invitation.id, Invitation.email)
    for number, email in db.session.execute(closing.execution_options(synchronize_session=False)):
        record(module.INVITATION_EXPIRED, actor=actor, target=Target("invitation", number, email))


def _new(address: str, offer: Offer, message: str, days: int, actor: Actor) -> tuple[Invitation, str]:
    token, moment = new_token(), now()
    invitation = Invitation(
        email=address,
        role=offer.role,
        role_id=offer.role_id,
        team_ids=list(offer.team_ids),
        message=message,
        token_hash=token_hash(token),
        invited_by_id=_voucher(actor),
        created_at=moment,
        sent_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    return invitation, token


def _voucher(actor: Actor) -> UUID | None:
    """Whose rights count when the invitation is accepted; nobody's for what the system sends."""
    return actor.id if actor.kind == "member" else None


def _signature(actor: Actor) -> str:
    """Whose name stands in the mail; nobody's for what the system sends."""
    return actor.name if actor.kind == "member" else ""


def _send(invited: Sequence[tuple[Invitation, str]], inviter: str) -> None:
    first = invited[0][0]
    names = team_names(first.team_ids)
    emails.send_invitations(invited, inviter=inviter, role=role_name(first), teams=sorted(names.values()))


def resend_invitation(invitation_id: UUID, *, actor: Actor) -> Invitation:
    """Send an invitation that is open or expired once more: with a new link, good for as many days as before.

    The former link is dead, and the actor vouches from now on. Raises NotFound, NotAllowed, SeatsFull, and Conflict for one
    that is closed.
    """
    lock_seats()
    invitation = _to_change(invitation_id, State.OPEN, State.EXPIRED, actor=actor)
    _check_verified(actor)
    user = find_user(invitation.email)
    if user is not None and user.is_active:
        raise Conflict(f"{user.name} is here already. Take the invitation back.")
    check_may_reactivate(actor, user)
    if state_of(invitation) is State.EXPIRED:
        take_seats(1, role=invitation.role)
    token, lifetime = new_token(), invitation.expires_at - invitation.sent_at
    invitation.token_hash, invitation.sent_at = token_hash(token), now()
    invitation.expires_at, invitation.invited_by_id = invitation.sent_at + lifetime, _voucher(actor)
    db.session.flush()
    _send([(invitation, token)], _signature(actor))
    record(
        module.INVITATION_RESENT, actor=actor, target=target_of_invitation(invitation), expires_at=invitation.expires_at
    )
    return invitation


def send_again(invitation: Invitation) -> None:
    """Send an open invitation to whoever asks to join instead of looking for it: with a new link, all else as it was."""
    token = new_token()
    invitation.token_hash = token_hash(token)
    db.session.flush()
    _send([(invitation, token)], invitation.invited_by.name if invitation.invited_by else "")
    record(module.INVITATION_RESENT, actor=SYSTEM, target=target_of_invitation(invitation), asked=True)


def change_invitation(invitation_id: UUID, offer: Offer, *, actor: Actor) -> Invitation:
    """Give an open invitation another role and other teams; the link stays, and the actor vouches from now on.

    Raises NotFound, NotAllowed, Invalid, Conflict for one that is not open, and SeatsFull when it held no seat, needs one now
    and none is left.
    """
    lock_seats()
    invitation = _to_change(invitation_id, State.OPEN, actor=actor)
    check_offer(offer, actor=actor)
    check_may_reactivate(actor, find_user(invitation.email))
    change_seat(invitation.role, offer.role)
    before = _facts(invitation)
    invitation.role, invitation.role_id, invitation.team_ids = offer.role, offer.role_id, list(offer.team_ids)
    db.session.flush()
    db.session.refresh(invitation)
    changes = changes_of(before, _facts(invitation))
    if changes:
        invitation.invited_by_id = _voucher(actor)
        record(module.INVITATION_CHANGED, actor=actor, target=target_of_invitation(invitation), changes=changes)
    return invitation


def revoke_invitation(invitation_id: UUID, *, actor: Actor) -> Invitation:
    """Take an open invitation back: its link is dead and its seat free. Raises NotFound, NotAllowed, Conflict."""
    lock_seats()
    invitation = _to_change(invitation_id, State.OPEN, actor=actor)
    invitation.revoked_at = now()
    record(module.INVITATION_REVOKED, actor=actor, target=target_of_invitation(invitation))
    return invitation


def look_at_invitation(invitation_id: UUID, *, actor: Actor) -> Invitation:
    """An invitation that the actor may look after; raises NotFound, NotAllowed."""
    invitation = get_invitation(invitation_id)
    check_reach(invitation.team_ids, actor=actor)
    return invitation


def _to_change(invitation_id: UUID, *states: State, actor: Actor) -> Invitation:
    """The invitation, locked; the actor must be able to give all that it gives, so that nobody meddles with those above."""
    invitation = get_invitation(invitation_id, to_change=True)
    check_reach(invitation.team_ids, actor=actor)
    try:
        check_may_give(actor, [source_of_role(invitation.role, invitation.role_id)])
    except Invalid as refusal:
        raise NotAllowed(refusal.message) from None
    state = state_of(invitation)
    if state not in states:
        raise Conflict(f"This invitation is {state}. Load the list again to see how it stands.")
    return invitation


def target_of_invitation(invitation: Invitation) -> Target:
    """An invitation as the log names it."""
    return Target("invitation", invitation.id, invitation.email)


def _facts(invitation: Invitation) -> dict[str, Any]:
    return {"role": role_name(invitation), "teams": sorted(team_names(invitation.team_ids).values())}
