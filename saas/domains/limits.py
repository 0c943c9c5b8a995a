"""Limits of the pages of domains."""

from collections.abc import Callable

from limits import parse

from saas.domains.operations import NotFree
from saas.tenancy.models import Domain
from saas.web.gates import Gate
from saas.web.visit import tenant_key

CLAIMS_PER_TENANT = parse("30 per hour")
REFUSALS_PER_TENANT = parse("30 per hour")
"""Refusals that tell of what other organisations have."""


def claiming(claim: Callable[[], Domain]) -> Domain:
    """Claim a domain if a try is left. What is refused uses up none, but to be told of others' domains has a limit of its own.

    Raises TooMany.
    """
    claims = Gate.of((CLAIMS_PER_TENANT, f"{tenant_key()} claim"))
    refusals = Gate.of((REFUSALS_PER_TENANT, f"{tenant_key()} claim refused"))
    return refusals.failing(lambda: claims.succeeding(claim), NotFree)
