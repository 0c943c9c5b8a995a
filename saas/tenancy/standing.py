"""A tenant's standing: what it is right now, read at every request and once in every other scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from saas.core.database import db
from saas.core.scope import current_tenant_id
from saas.tenancy.models import IN_SERVICE, Status, Tenant
from saas.tenancy.policy import SecurityPolicy

_KNOWN = "standing"
SUBSCRIBED = "subscription"
"""The key in an organisation's config that holds the id of its subscription, as long as one lives."""
_tenant = Tenant.__table__.c
STANDING_COLUMNS: tuple[ColumnElement[Any], ...] = (
    *(_tenant.status, _tenant.status_reason, _tenant.status_at, _tenant.trial_ends_at),
    *(_tenant.verified_at.is_not(None), _tenant.revision, _tenant.plan, _tenant.plan_version),
    *(_tenant.overrides, _tenant.config, _tenant.policy),
)
"""The columns of a standing, for queries that read more in the same row; ``Standing.read`` takes their values."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Status with its reason and time, trial end (UTC), whether an address was verified, schema's revision, security policy.

    ``plan``, ``plan_version`` and ``overrides`` are what entitlements are made of; ``config`` is what features keep there.
    """

    status: str
    reason: str
    since: datetime
    trial_ends_at: datetime | None
    verified: bool
    revision: str
    plan: str = ""
    plan_version: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    policy: SecurityPolicy = field(default_factory=SecurityPolicy)

    @classmethod
    def read(cls, values: Sequence[Any]) -> "Standing":
        """The standing from the values of STANDING_COLUMNS."""
        *facts, policy = values
        return cls(*[*facts, SecurityPolicy.read(policy)])

    @property
    def in_service(self) -> bool:
        """Whether ordinary pages are open."""
        return self.status in IN_SERVICE

    @property
    def reachable(self) -> bool:
        """Whether any page is open: not for cancelled tenants and those being deleted."""
        return self.status not in (Status.CANCELLED, Status.DELETING)


def get_standing() -> Standing:
    """The standing of the tenant in scope, read once in a scope; raises NoScope in the platform's."""
    known = db.session().info
    if _KNOWN not in known:
        row = db.session.execute(select(*STANDING_COLUMNS).where(_tenant.id == current_tenant_id())).one()
        known[_KNOWN] = Standing.read(row)
    standing: Standing = known[_KNOWN]
    return standing


def keep_standing(standing: Standing) -> None:
    """Spare the scope the question, for whoever has just read the standing with something else."""
    db.session().info[_KNOWN] = standing


def forget_standing() -> None:
    """Read the standing anew at the next question; for operations that change it in the tenant's own scope."""
    db.session().info.pop(_KNOWN, None)


def lock_standing() -> Standing:
    """The standing as it is now, which nobody changes until this transaction ends: for whoever decides by it."""
    db.session.execute(select(_tenant.id).where(_tenant.id == current_tenant_id()).with_for_update())
    forget_standing()
    return get_standing()
