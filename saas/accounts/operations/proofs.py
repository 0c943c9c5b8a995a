"""What a link from the mailbox proves: that a person reads mail to an address."""

from saas.accounts.models import Purpose, User
from saas.accounts.module import FIRST_PROOF
from saas.accounts.tokens import DeadLink, spend_token
from saas.core.clock import now
from saas.core.milestones import reach
from saas.core.scope import current_tenant_id
from saas.tenancy.operations import verify_tenant


def spend_on_own_address(token: str, purpose: Purpose) -> User:
    """Use a token up that was sent to the address which the person has now; raises DeadLink."""
    proof = spend_token(token, purpose)
    if proof.email != proof.user.email:
        raise DeadLink
    return proof.user


def take_as_proven(user: User) -> None:
    """Take a person's address as proven; the first one proves the organisation."""
    user.verified_at = user.verified_at or now()
    if verify_tenant(current_tenant_id()):
        reach(FIRST_PROOF, by=user.id)
