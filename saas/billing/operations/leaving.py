"""Leaving: who is closed or deleted is charged no more. Stripe is asked first, and nothing is deleted until it has agreed."""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from saas.billing import gateway
from saas.billing.models import LIVE, BillingAccount, Subscription
from saas.core.clock import now
from saas.core.errors import Conflict
from saas.tenancy.models import Status, Tenant
from saas.tenancy.removal import leaving
from saas.tenancy.scope import platform_scope

log = structlog.get_logger()

LATELY = timedelta(hours=3)
"""Longer than a page of payment stays open."""


def let_go(tenant_id: UUID) -> int:
    """End every subscription that a tenant has at Stripe, now, without charging anything more; returns how many. Outside every
    scope. Raises Unanswered, Refused, and Conflict where one lives on."""
    with platform_scope() as session:
        account = session.get(BillingAccount, tenant_id)
        customer = account.customer_id if account else None
    if customer is None:
        return 0
    for page in gateway.list_open_checkouts(customer):
        gateway.expire_checkout(page["id"])
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
    """The same for all that are closed and still pay, or might have a page of payment open; returns how many tenants had a
    subscription. One that fails does not keep the others."""
    with platform_scope() as session:
        paying = select(Subscription.tenant_id).where(Subscription.status.in_(LIVE))
        query = (
            select(Tenant.id)
            .join(BillingAccount, BillingAccount.tenant_id == Tenant.id)
            .where(Tenant.status.in_((Status.CANCELLED, Status.DELETING)))
            .where(Tenant.id.in_(paying) | (Tenant.status_at > now() - LATELY))
        )
        closed = session.scalars(query).all()
    done = 0
    for tenant_id in closed:
        try:
            done += bool(let_go(tenant_id))
        except Exception as error:
            log.error("account_not_let_go", tenant=str(tenant_id), error=str(error))
    return done


@leaving.connect
def _first(tenant_id: UUID) -> None:
    """Before anything is deleted; what we know may be behind, so Stripe is asked."""
    let_go(tenant_id)
