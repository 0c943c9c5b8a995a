"""Use to money, the first half: what use has cost is written down for Stripe, each sum once. In the tenant's scope."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from saas.billing.models import Subscription, UsageReport
from saas.billing.money import millionths
from saas.billing.queries.subscriptions import get_subscription
from saas.billing.queries.use import (
    CHARGED,
    Charging,
    charged_at_end,
    charged_sums,
    get_charging,
    is_weighed,
    list_waiting,
    reported_since,
)
from saas.core.clock import now
from saas.core.database import db
from saas.core.jobs import enqueue
from saas.core.scope import current_tenant_id
from saas.tenancy.config import keep
from saas.tenancy.limits import lock_meter
from saas.tenancy.standing import forget_standing, get_standing

SEND_JOB = "billing.send_usage"


def report_use() -> int:
    """Write down what the use under the subscription has cost beyond what was written down before, meter by meter, and have it
    sent; for how many meters there was something. Use while a plan is tried costs nothing.

    What was given back is set off against what comes: a meter whose cost fell waits until it has risen again.
    """
    lock_meter(CHARGED)
    forget_standing()
    subscription = get_subscription()
    written = 0
    if subscription is not None and subscription.status != "trialing":
        at = max(now(), subscription.period_start or now())
        charging = get_charging(subscription)
        ended, closed = charged_at_end(charging)
        sums, before = charged_sums(charging)
        new = {**_risen(charging, sums), **{meter: millionths(cost) for meter, cost in ended.items()}}
        rows = [UsageReport(meter=meter, amount=amount, at=at) for meter, amount in new.items() if amount > 0]
        db.session.add_all(rows)
        db.session.flush()
        _keep(replace(charging, before=before, closed=closed))
        written = len(rows)
    if list_waiting():
        ask_to_send()
    return written


def begin_charging(subscription: Subscription) -> None:
    """Remember from when on use under a subscription is charged, as soon as it is no longer tried: its trial may be over by
    Stripe's clock before it is by ours. Nothing where that is known."""
    forget_standing()
    if subscription.status != "trialing":
        _keep(get_charging(subscription))


def _risen(charging: Charging, sums: Mapping[str, Decimal]) -> dict[str, int]:
    """By how much the sums are higher than what was written down."""
    reported = reported_since(charging.since)
    return {meter: millionths(cost) - reported.get(meter, 0) for meter, cost in sums.items() if not is_weighed(meter)}


def _keep(charging: Charging) -> None:
    if get_standing().config.get(CHARGED) != charging.stored():
        keep({CHARGED: charging.stored()})


def ask_to_send() -> None:
    """Have what waits sent with the commit; no two jobs send for one organisation at a time."""
    enqueue(SEND_JOB, lock=SEND_JOB, once=SEND_JOB, tenant=str(current_tenant_id()))
