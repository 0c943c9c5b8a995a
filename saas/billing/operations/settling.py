"""Settling: what an organisation may do follows from its subscription and its debts. In the platform's scope."""

from dataclasses import dataclass

from saas.billing.models import Subscription
from saas.billing.operations.invoicing import STRIPE
from saas.billing.operations.mirroring import note_stopped
from saas.catalogue.current import catalogue
from saas.core.database import db
from saas.plans.trials import OVER, UNCHOSEN
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status
from saas.tenancy.plans import give_terms
from saas.tenancy.standing import SUBSCRIBED

PAUSED, OVERDUE, UNPAID, ENDED, PAID = (
    "The subscription is paused.",
    "An invoice was not paid.",
    "A payment failed.",
    "The subscription ended. Choose a plan to go on.",
    "The subscription is paid for.",
)


OVER_MONEY = (PAUSED, OVERDUE, UNCHOSEN)
"""Reasons for which we suspend an organisation, and that paying takes away; not so those of operators."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling changed: whether a subscription began or ended for the organisation."""

    began: bool = False
    ended: bool = False


def settle(tenant: Tenant, live: Subscription | None) -> Settled:
    """Bring a tenant's plan and status into line with the subscription that lives; the tenant's row is locked."""
    had = bool(tenant.config.get(SUBSCRIBED))
    if live is None:
        return _end(tenant) if had else Settled()
    _keep(tenant, **{SUBSCRIBED: live.id, OVER: False})
    if live.status != "paused":
        give_terms(tenant, live.plan, live.version, actor=STRIPE)
    tenant.trial_ends_at = live.trial_ends_at if live.status == "trialing" else tenant.trial_ends_at
    _STATUS[live.status](tenant)
    return Settled(began=not had)


def _end(tenant: Tenant) -> Settled:
    """The subscription is over: the free plan goes on where there is one, else people have some days to choose."""
    free = catalogue().free_plan
    _keep(tenant, **{SUBSCRIBED: "", OVER: not free})
    if free:
        give_terms(tenant, free, "", actor=STRIPE)
        _open(tenant, "The subscription ended; the free plan goes on.")
    elif tenant.status in (Status.ACTIVE, Status.TRIALING):
        change_status(tenant, Status.PAST_DUE, reason=ENDED, actor=STRIPE)
    return Settled(ended=True)


def _open(tenant: Tenant, reason: str = PAID, status: Status = Status.ACTIVE) -> None:
    """Bring the tenant into service, unless somebody else suspended it or it is on its way out."""
    if tenant.status == Status.SUSPENDED and not is_stopped(tenant):
        return
    if tenant.status in (Status.CANCELLED, Status.DELETING):
        return
    change_status(tenant, status, reason=reason, actor=STRIPE)


def _try(tenant: Tenant) -> None:
    _open(tenant, "The plan is tried before it is paid for.", Status.TRIALING)


def _late(tenant: Tenant) -> None:
    if tenant.status in (Status.ACTIVE, Status.TRIALING):
        change_status(tenant, Status.PAST_DUE, reason=UNPAID, actor=STRIPE)


def stop(tenant: Tenant, reason: str) -> bool:
    """Suspend a tenant over money; False where it is not in service any more."""
    if tenant.status not in (Status.ACTIVE, Status.TRIALING, Status.PAST_DUE):
        return False
    change_status(tenant, Status.SUSPENDED, reason=reason, actor=STRIPE)
    note_stopped(tenant.id)
    return True


def is_stopped(tenant: Tenant) -> bool:
    """Whether we suspended a tenant over money."""
    return tenant.status == Status.SUSPENDED and tenant.status_reason in OVER_MONEY


def _pause(tenant: Tenant) -> None:
    stop(tenant, PAUSED)


_STATUS = {"trialing": _try, "active": _open, "past_due": _late, "unpaid": _late, "paused": _pause}


def _keep(tenant: Tenant, **values: object) -> None:
    if {name: tenant.config.get(name) for name in values} != values:
        tenant.config = {**tenant.config, **values}
        db.session.flush()
