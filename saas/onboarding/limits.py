"""Limits of the public site: on founding organisations, on asking for them, on asking for free addresses."""

from limits import parse

from saas.core.network import client_network
from saas.tenancy.queries import email_hash
from saas.web.gates import Gate

FOUNDED_FROM_A_NETWORK = parse("10 per hour")
FOUNDED_IN_ALL = parse("200 per hour")
SENT_FROM_A_NETWORK = parse("60 per hour")
CHECKS_FROM_A_NETWORK = parse("60 per minute")
FINDS_FROM_A_NETWORK = parse("20 per hour")
FINDS_FOR_A_MAILBOX = parse("5 per hour")


def founding() -> Gate:
    """The gate in front of founding an organisation."""
    return Gate.of((FOUNDED_FROM_A_NETWORK, f"found {client_network()}"), (FOUNDED_IN_ALL, "found everybody"))


def sending() -> Gate:
    """The gate in front of the form of sign-up, founded or not."""
    return Gate.of((SENT_FROM_A_NETWORK, f"sign up {client_network()}"))


def checking(what: str) -> Gate:
    """The gate in front of asking whether an address is free, or for a proposal."""
    return Gate.of((CHECKS_FROM_A_NETWORK, f"check {what} {client_network()}"))


def finding(email: str) -> Gate:
    """The gate in front of mail to an address (in its canonical form); the key does not reveal the mailbox."""
    return Gate.of(
        (FINDS_FROM_A_NETWORK, f"find {client_network()}"), (FINDS_FOR_A_MAILBOX, f"find {email_hash(email).hex()}")
    )
