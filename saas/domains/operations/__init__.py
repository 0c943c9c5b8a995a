"""Writes about domains, in the organisation's scope."""

from saas.domains.operations.examining import (
    EXAMINE_JOB,
    ask_for_all,
    ask_for_examination,
    disable_domain,
    take_report,
    verify_domain,
)
from saas.domains.operations.holding import (
    MOST_DOMAINS,
    NotFree,
    allow_host,
    claim_domain,
    disallow_host,
    forget_stale_claims,
    free_host,
    release_domain,
)
from saas.domains.operations.using import LINK_KEPT, end_share_link, make_primary, make_share_link, unset_primary

__all__ = [
    "EXAMINE_JOB",
    "LINK_KEPT",
    "MOST_DOMAINS",
    "NotFree",
    "allow_host",
    "ask_for_all",
    "ask_for_examination",
    "claim_domain",
    "disable_domain",
    "disallow_host",
    "end_share_link",
    "forget_stale_claims",
    "free_host",
    "make_primary",
    "make_share_link",
    "release_domain",
    "take_report",
    "unset_primary",
    "verify_domain",
]
