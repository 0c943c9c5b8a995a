"""Limits of the forms by which people come in: on the mail they send, and on what strangers can try."""

from uuid import UUID

from limits import parse

from saas.core.network import client_network
from saas.tenancy.queries import email_hash
from saas.web.gates import Gate
from saas.web.visit import tenant_key

LISTS_PER_TENANT = parse("40 per hour")
RESENT_PER_INVITATION = parse("3 per hour")
RESENT_PER_TENANT = parse("200 per hour")
TRIES_PER_INVITATION = parse("20 per hour")
TRIES_FROM_A_NETWORK = parse("300 per hour")
ASKED_FOR_A_MAILBOX = parse("3 per hour")
"""Networks are those of whole offices, where many come in on the same day."""


def inviting() -> Gate:
    """The gate in front of sending a list of invitations, of up to fifty people each."""
    return Gate.of((LISTS_PER_TENANT, f"{tenant_key()} invite"))


def resending(invitation_id: UUID) -> Gate:
    """The gate in front of sending an invitation once more."""
    tenant = tenant_key()
    return Gate.of((RESENT_PER_INVITATION, f"{tenant} resend {invitation_id}"), (RESENT_PER_TENANT, f"{tenant} resend"))


def accepting(invitation_id: UUID) -> Gate:
    """The gate in front of accepting an invitation: each try hashes a password."""
    return Gate.of(
        (TRIES_PER_INVITATION, f"{tenant_key()} accept {invitation_id}"),
        (TRIES_FROM_A_NETWORK, f"accept {client_network()}"),
    )


def trying() -> Gate:
    """The gate in front of the form that asks to join, right or wrong: each try hashes a password."""
    return Gate.of((TRIES_FROM_A_NETWORK, f"join {client_network()}"))


def asking(email: str) -> Gate:
    """The gate in front of mail to an address (canonical form) that wants to join; the key does not reveal it."""
    return Gate.of((ASKED_FOR_A_MAILBOX, f"{tenant_key()} join {email_hash(email).hex()}"))
