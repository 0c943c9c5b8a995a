"""From when on single events are kept in the database."""

from datetime import datetime

from saas.tenancy.standing import get_standing
from saas.usage.periods import oldest_kept

ARCHIVED = "usage_archived_until"
"""The key in an organisation's config that says up to when its events were archived."""


def kept_since() -> datetime:
    """The beginning of the first month whose events are there, for the tenant in scope: as the setting says, or later where a
    shorter setting has had its effect before. What happened earlier is added up for good."""
    archived = get_standing().config.get(ARCHIVED)
    return max(oldest_kept(), datetime.fromisoformat(archived)) if archived else oldest_kept()
