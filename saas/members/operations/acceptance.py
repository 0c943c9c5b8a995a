"""Accepting invitations: each once, while its inviter can still give what it gives and a seat is free."""

from dataclasses import dataclass
from uuid import UUID

from saas.accounts.models import User
from saas.accounts.operations import open_session
from saas.accounts.persons import as_person
from saas.accounts.queries import get_user
from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.errors import Conflict
from saas.members import emails, module
from saas.members.models import Invitation
from saas.members.module import INVITE
from saas.members.operations.admission import admit, join_teams, newcomer
from saas.members.operations.invitations import target_of_invitation
from saas.members.operations.seats import lock_seats, use_held_seat
from saas.members.operations.vouching import why_not
from saas.members.queries.audience import list_holders
from saas.members.queries.choices import team_names
from saas.members.queries.invitations import State, get_by_token, get_invitation, role_name, state_of


class CannotAccept(Conflict):
    """The invitation is good for nothing as it stands; ``state`` tells why."""

    def __init__(self, state: State) -> None:
        super().__init__(f"This invitation is {state}.")
        self.state = state


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who came in, and the token of the session opened for them."""

    user: User
    token: str


def accept_invitation(token: str, *, name: str, password: str, actor: Actor) -> Arrived:
    """Come in as somebody new, or as somebody who comes back; the address is the invited one.

    Raises DeadLink, Invalid for name or password, CannotAccept, SeatsFull, and Conflict when the person is here already.
    """
    who = newcomer(email=get_by_token(token).email, name=name, password=password)
    invitation = _claim(token)
    use_held_seat(invitation.role)
    role, role_id, team_ids = invitation.role, invitation.role_id, invitation.team_ids
    user = admit(who, role=role, role_id=role_id, team_ids=team_ids, by=invitation.id, actor=actor)
    _close(invitation, user, actor)
    return Arrived(user, open_session(user, actor=actor, method="invitation"))


def accept_as(token: str, *, user_id: UUID, actor: Actor) -> User:
    """Accept as somebody who has an account with the invited address: they get its teams and keep their role.

    Raises DeadLink, CannotAccept, and Conflict when the address is another one.
    """
    invitation = _claim(token)
    user = get_user(user_id)
    if user.email != invitation.email or not user.is_active:
        raise Conflict("This invitation is for somebody else.")
    join_teams(user, invitation.team_ids)
    _close(invitation, user, actor)
    return user


def _claim(token: str) -> Invitation:
    """The invitation, locked and good. Of those who try at once the second finds it accepted."""
    lock_seats()
    invitation = get_by_token(token, to_change=True)
    if (state := state_of(invitation)) is not State.OPEN:
        raise CannotAccept(state)
    if why_not(invitation):
        raise CannotAccept(State.REFUSED)
    return invitation


def _close(invitation: Invitation, user: User, actor: Actor) -> None:
    invitation.accepted_at, invitation.accepted_by_id = now(), user.id
    record(
        module.INVITATION_ACCEPTED,
        actor=as_person(user, actor),
        target=target_of_invitation(invitation),
        role=role_name(invitation),
        teams=sorted(team_names(invitation.team_ids).values()),
        invited_by=invitation.invited_by.name if invitation.invited_by else "",
    )


def refuse_invitation(invitation_id: UUID, *, actor: Actor) -> None:
    """Close an open invitation whose inviter can no longer give what it gives, and tell those who may invite; once."""
    lock_seats()
    invitation = get_invitation(invitation_id, to_change=True)
    reason = why_not(invitation) if state_of(invitation) is State.OPEN else ""
    if not reason:
        return
    invitation.revoked_at, invitation.refusal = now(), reason
    inviter = invitation.invited_by.name if invitation.invited_by else ""
    record(
        module.INVITATION_REFUSED,
        actor=actor,
        target=target_of_invitation(invitation),
        reason=reason,
        invited_by=inviter,
    )
    for reader in list_holders(INVITE):
        emails.send_invitation_refused(reader, email=invitation.email, inviter=inviter, reason=reason)
