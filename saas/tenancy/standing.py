"""A tenant's standing: what it may do right now, read at every request."""

from dataclasses import dataclass, field
from datetime import datetime

from saas.tenancy.models import IN_SERVICE, Status
from saas.tenancy.policy import SecurityPolicy


@dataclass(frozen=True, slots=True)
class Standing:
    """Status with its reason and time, trial end (UTC), whether an address was verified, schema's revision, security policy."""

    status: str
    reason: str
    since: datetime
    trial_ends_at: datetime | None
    verified: bool
    revision: str
    policy: SecurityPolicy = field(default_factory=SecurityPolicy)

    @property
    def in_service(self) -> bool:
        """Whether ordinary pages are open."""
        return self.status in IN_SERVICE

    @property
    def reachable(self) -> bool:
        """Whether any page is open: not for cancelled tenants and those being deleted."""
        return self.status not in (Status.CANCELLED, Status.DELETING)
