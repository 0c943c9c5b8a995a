"""Use to money, the second half: Stripe is told what was written down, each row once, whatever is killed in between. Outside
every scope.

The rows of a meter are sent in their order, and none before the one before it is known to have arrived: so only the first that
waits may have been sent without our knowing. Sent again under its identifier it counts once, for a day; when that may be over,
Stripe's own sums say whether it arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from saas.billing import gateway
from saas.billing.models import BillingRequest, UsageReport
from saas.billing.operations.requests import ask, write_request
from saas.billing.operations.wares import METERS, event_name_of
from saas.billing.prices import use_prices
from saas.billing.queries.subscriptions import get_account, get_subscription
from saas.billing.queries.use import list_sent, list_waiting
from saas.catalogue.current import catalogue
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_rights, platform_scope, tenant_scope, tenant_work

log = structlog.get_logger()

SURE = timedelta(hours=23)
"""For so long Stripe surely knows an identifier again."""
ADD_PRICE = "use_price"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be sent for a tenant, by meter, and what it is charged to; ``prices`` are those of use, by meter."""

    tenant: Tenant
    customer: str
    subscription: str
    prices: Mapping[str, str]
    reports: Mapping[str, Sequence[UsageReport]]


def send_use(tenant_id: UUID) -> int:
    """Tell Stripe what waits; how many rows were sent. Raises Unanswered: what was sent before stays sent."""
    with platform_scope() as session:
        tenant = session.get(Tenant, tenant_id)
    waiting = _read(tenant) if tenant else None
    if waiting is None:
        return 0
    charged = _charged_since(gateway.get_subscription(waiting.subscription))
    return sum(_send_meter(waiting, charged, meter, reports) for meter, reports in waiting.reports.items())


def _read(tenant: Tenant) -> Waiting | None:
    with tenant_scope(tenant):
        subscription, account, reports = get_subscription(), get_account(), list_waiting()
        if subscription is None or subscription.status == "trialing" or account is None or not reports:
            return None
        with platform_rights():
            prices = use_prices(subscription.currency)
        by_meter = sorted(reports, key=lambda report: (report.meter, report.id))
        return Waiting(
            tenant=tenant,
            customer=account.customer_id,
            subscription=subscription.id,
            prices=prices,
            reports={meter: list(rows) for meter, rows in groupby(by_meter, key=lambda report: report.meter)},
        )


def _charged_since(subscription: gateway.Found) -> dict[str, int]:
    """From when on a subscription charges by each of its prices (UTC seconds): what is stamped earlier nobody charges. By Stripe's
    clock, which may be ahead of ours; items may have periods of their own, as months beside a plan's year."""
    return {
        item["price"]["id"]: max(item["current_period_start"], item["created"])
        for item in subscription["items"]["data"]
    }


def _send_meter(waiting: Waiting, charged: Mapping[str, int], meter: str, reports: Sequence[UsageReport]) -> int:
    price, sent = waiting.prices.get(meter), 0
    if price is None:
        log.error("use_has_no_price", tenant=waiting.tenant.key, meter=meter, mend="saas billing sync")
        return 0
    try:
        begins = charged[price] if price in charged else _add_price(waiting, price)
        for report in _to_send(waiting, meter, reports):
            _send(waiting, report, begins)
            sent += 1
    except gateway.Refused as error:
        log.error("use_refused", tenant=waiting.tenant.key, meter=meter, code=error.code, error=error.said)
    return sent


def _send(waiting: Waiting, report: UsageReport, begins: int) -> None:
    """Tell Stripe one sum. It counts from when it is told, inside the period that runs: a period before may be invoiced."""
    event: dict[str, Any] = {
        "event_name": event_name_of(catalogue(), report.meter),
        "identifier": str(report.id),
        "timestamp": max(int(now().timestamp()), begins),
        "payload": {"stripe_customer_id": waiting.customer, "value": str(report.amount)},
    }
    try:
        gateway.send_meter_event(event)
    except gateway.Refused as error:
        if error.code != "duplicate_meter_event" and "already exists with identifier" not in error.said:
            raise
    _mark(waiting.tenant, report, at=datetime.fromtimestamp(event["timestamp"], UTC))


def _mark(tenant: Tenant, report: UsageReport, *, at: datetime | None = None) -> None:
    """Note that a sum has arrived, and as of when it counts where that is known."""
    with tenant_work(tenant) as session:
        told = session.get_one(UsageReport, report.id)
        told.sent_at, told.at = now(), at or told.at


def _to_send(waiting: Waiting, meter: str, reports: Sequence[UsageReport]) -> Sequence[UsageReport]:
    """The rows that have not arrived, as far as that is certain; those that wait for long begin to wait anew."""
    if now() - reports[0].at > SURE:
        with tenant_scope(waiting.tenant):
            told = list_sent(meter)
        unknown = sums_at_stripe(waiting.customer, meter_ids().get(meter), [*told, *reports]) - sum(
            report.amount for report in told
        )
        if unknown == reports[0].amount:
            _mark(waiting.tenant, reports[0])
            reports = reports[1:]
        elif unknown:
            log.error("use_differs", tenant=waiting.tenant.key, meter=meter, unknown=unknown)
            return ()
    if late := [report.id for report in reports if now() - report.at > SURE]:
        with tenant_work(waiting.tenant) as session:
            for id in late:
                session.get_one(UsageReport, id).at = now()
    return reports


def meter_ids() -> dict[str, str]:
    """Stripe's ids of our meters, by our names."""
    ids = {one["event_name"]: one["id"] for one in gateway.list_all(METERS, status="active")}
    names = {meter: event_name_of(catalogue(), meter) for meter in catalogue().meters}
    return {meter: ids[name] for meter, name in names.items() if name in ids}


def sums_at_stripe(customer: str, meter_id: str | None, reports: Sequence[UsageReport]) -> int:
    """What Stripe has counted of a meter since the first of these rows (any order), in millionths; nothing where it has none."""
    if not reports or meter_id is None:
        return 0
    first = min(min(report.at, report.created_at) for report in reports)
    last = max(now(), *(report.at for report in reports))
    span = {"start_time": _minute(first - timedelta(hours=1)), "end_time": _minute(last + timedelta(minutes=2))}
    return sum(
        round(one["aggregated_value"]) for one in gateway.list_meter_sums(meter_id, {"customer": customer, **span})
    )


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60 * 60


def _add_price(waiting: Waiting, price: str) -> int:
    """Have the subscription charge the use of a meter; from when on it does. What was asked for before and not answered is asked
    again, under its key."""
    wanted = {"subscription": waiting.subscription, "price": price}
    with tenant_scope(waiting.tenant) as session:
        query = select(BillingRequest).where(
            BillingRequest.kind == ADD_PRICE, BillingRequest.state == "open", BillingRequest.facts.contains(wanted)
        )
        request = session.scalars(query.limit(1)).first() or write_request(ADD_PRICE, wanted, actor=SYSTEM)
        params = {"items": [{"price": price}], "proration_behavior": "none"}
        found = ask(request.id, lambda key: gateway.update_subscription(waiting.subscription, params, key=key))
        return _charged_since(found)[price]
