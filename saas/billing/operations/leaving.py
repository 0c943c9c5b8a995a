"""Leaving: who is closed or deleted is charged no more. Stripe is asked first, and nothing is deleted until it has agreed."""

from uuid import UUID

import structlog
from sqlalchemy import select

from saas.billing import gateway
from saas.billing.models import LIVE, BillingAccount, Subscription
from saas.core.errors import Conflict
from saas.tenancy.models import Status, Tenant
from saas.tenancy.removal import leaving
from saas.tenancy.scope import platform_scope

log = structlog.get_logger()


def let_go(tenant_id: UUID) -> int:
    """End every subscription that a tenant has at Stripe, now, without charging anything more; returns how many. Outside every
    scope. Raises Unanswered, Refused, and Conflict where one lives on."""
    with platform_scope() as session:
        account = session.get(BillingAccount, tenant_id)
        customer = account.customer_id if account else None
    if customer is None:
        return 0
    ended = 0
    for found in _living(customer):
        params = {
            "prorate": False,
            "invoice_now": False,
            "cancellation_details": {"comment": "The organisation was closed."},
        }
        gateway.cancel_subscription(found["id"], params, key=f"{found['id']}:leaving")
        ended += 1
    if _living(customer):
        raise Conflict("A subscription lives on at Stripe.")
    log.info("account_let_go", tenant=str(tenant_id), ended=ended)
    return ended


def _living(customer: str) -> list[gateway.Found]:
    return [
        one for one in gateway.list_subscriptions(customer) if one["status"] in LIVE or one["status"] == "incomplete"
    ]


def let_go_closed() -> int:
    """The same for all that are closed and still pay; returns how many tenants. One that fails does not keep the others."""
    with platform_scope() as session:
        query = (
            select(Tenant.id)
            .join(Subscription, Subscription.tenant_id == Tenant.id)
            .where(Tenant.status.in_((Status.CANCELLED, Status.DELETING)), Subscription.status.in_(LIVE))
        )
        closed = session.scalars(query.distinct()).all()
    done = 0
    for tenant_id in closed:
        try:
            done += bool(let_go(tenant_id))
        except Exception as error:
            log.error("account_not_let_go", tenant=str(tenant_id), error=str(error))
    return done


@leaving.connect
def _first(tenant_id: UUID) -> None:
    """Before anything is deleted."""
    if _pays(tenant_id):
        let_go(tenant_id)


def _pays(tenant_id: UUID) -> bool:
    with platform_scope() as session:
        own = select(Subscription.id).where(Subscription.tenant_id == tenant_id, Subscription.status.in_(LIVE))
        return session.scalar(own.limit(1)) is not None
