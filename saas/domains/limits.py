"""Limits of the pages of domains."""

from limits import parse

from saas.web.gates import Gate
from saas.web.visit import tenant_key

CLAIMS_PER_TENANT = parse("30 per hour")


def claiming() -> Gate:
    """The gate in front of claiming a domain; what is refused costs nothing."""
    return Gate.of((CLAIMS_PER_TENANT, f"{tenant_key()} claim"))
