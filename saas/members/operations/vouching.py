"""Who vouches for an invitation, whether they still can, and who does when they go."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from saas.accounts.models import User
from saas.accounts.queries import find_user, get_user
from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.errors import DomainError
from saas.members.guard import is_deactivated, may_reactivate, places_of
from saas.members.holdings import Holding
from saas.members.models import Invitation
from saas.members.module import INVITATION_REVOKED
from saas.members.operations.invitations import Offer, check_offer, target_of_invitation
from saas.members.queries.seats import is_open
from saas.members.rights import identification


def why_not(invitation: Invitation) -> str:
    """Why an open invitation can be accepted no more, in a sentence for whoever may invite; empty when it can.

    What its inviter holds now decides. Invitations of the system are always good.
    """
    if invitation.invited_by_id is None:
        return ""
    inviter = get_user(invitation.invited_by_id)
    if not inviter.is_active:
        return f"{inviter.name}, who sent it, is not active any more."
    acting = Actor("member", inviter.name, inviter.id, identification.rights_of(inviter.id))
    if not _can_offer(invitation, acting):
        return f"{inviter.name}, who sent it, may no longer invite people with this role and into these teams."
    user = find_user(invitation.email)
    if user is not None and not _may_return(user, acting):
        return f"{inviter.name}, who sent it, may not let {user.name} in again, who was deactivated."
    return ""


def _may_return(user: User, actor: Actor) -> bool:
    return not is_deactivated(user) or may_reactivate(actor, user)


def _can_offer(invitation: Invitation, actor: Actor) -> bool:
    try:
        check_offer(Offer(invitation.role, invitation.role_id, [*places_of(invitation.team_ids)]), actor=actor)
    except DomainError:
        return False
    return True


def _open_of(user_id: UUID) -> ColumnElement[bool]:
    return (Invitation.invited_by_id == user_id) & is_open()


def _count_invitations(user_id: UUID) -> int:
    return db.session.scalar(select(func.count()).select_from(Invitation).where(_open_of(user_id))) or 0


def _pass_invitations(former: UUID, heir: UUID, *, actor: Actor) -> int:
    """The heir vouches from now on, for what was good until now and is the actor's to give; the rest is taken back.

    Else an invitation would gain by its inviter's going: what the heir holds decides when it is accepted.
    """
    query = select(Invitation).where(_open_of(former)).order_by(Invitation.id).with_for_update()
    passed = 0
    for invitation in db.session.scalars(query.execution_options(populate_existing=True)).all():
        reason = why_not(invitation)
        if not reason and not _can_offer(invitation, actor):
            reason = f"{actor.name} cannot pass on what it gives."
        if reason:
            invitation.revoked_at = now()
            record(INVITATION_REVOKED, actor=actor, target=target_of_invitation(invitation), reason=reason)
        else:
            invitation.invited_by_id = heir
            passed += 1
    return passed


holdings = (
    Holding("members.invitations", "Open invitations", _count_invitations, _pass_invitations, one="Open invitation"),
)
