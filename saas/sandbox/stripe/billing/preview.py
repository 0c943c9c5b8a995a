"""Previews: the change is made, or the clock moved, in a copy of the books that is thrown away."""

from copy import deepcopy
from typing import Any

from saas.sandbox.stripe.billing.creating import create_subscription
from saas.sandbox.stripe.billing.discounts import new_discounts
from saas.sandbox.stripe.billing.ending import cancel, end_as_told, resumption
from saas.sandbox.stripe.billing.objects import imagined
from saas.sandbox.stripe.billing.renewing import end_trial, renew
from saas.sandbox.stripe.billing.standing import LIVE
from saas.sandbox.stripe.billing.terms import cancel_terms
from saas.sandbox.stripe.billing.updating import change
from saas.sandbox.stripe.clock import clock_of
from saas.sandbox.stripe.errors import Fault, invalid, unknown
from saas.sandbox.stripe.ids import new_id
from saas.sandbox.stripe.store import Object, Store

NOT_KNOWN = ("billing_mode", "billing_schedules", "default_tax_rates", "pause", "start_date")


def preview(store: Store, values: dict[str, Any]) -> Object:
    """The invoice that a call describes, as it would be drafted; raises Fault when there would be none."""
    details = dict(values.get("subscription_details") or {})
    for name in NOT_KNOWN:
        if name in details:
            raise unknown(f"{name} in previews", f"subscription_details[{name}]")
    with imagined(store, _customer(store, values)):
        make = _of_subscription if "subscription" in values else _of_new
        invoice = make(store, values, details)
        shown = None if invoice is None else _shown(invoice)
    if shown is None:
        raise Fault(404, "invalid_request_error", "invoice_upcoming_none", "No upcoming invoices for customer")
    return shown


def next_invoice(store: Store, subscription: Object) -> Object | None:
    """What the next invoice of a subscription would be if nothing changed; None if there will be none."""
    with imagined(store, subscription["customer"]):
        invoice = _renewal(store, store.get("subscription", subscription["id"]))
        return None if invoice is None else _shown(invoice)


def _customer(store: Store, values: dict[str, Any]) -> str | None:
    if "subscription" in values:
        return str(store.get("subscription", values["subscription"], "subscription")["customer"])
    return values.get("customer")


def _of_subscription(store: Store, values: dict[str, Any], details: dict[str, Any]) -> Object | None:
    subscription = store.get("subscription", values["subscription"], "subscription")
    customer = subscription["customer"]
    if values.get("customer", customer) != customer:
        raise invalid("The subscription does not belong to this customer.", "subscription")
    if "discounts" in values:
        subscription["discounts"] = new_discounts(store, values["discounts"], customer)
    if details.get("cancel_now"):
        asked = {"invoice_now": True, "prorate": details.get("proration_behavior", "create_prorations") != "none"}
        return cancel(store, subscription, asked)
    if details.get("resume_at") == "now":
        return resumption(store, subscription, details)
    subscription.update(cancel_terms(subscription, details, store.now(customer)))
    moment = details.get("proration_date", store.now(customer))
    if invoice := change(store, subscription, details):
        invoice["parent"]["subscription_details"]["subscription_proration_date"] = moment
        return invoice
    return _renewal(store, subscription)


def _of_new(store: Store, values: dict[str, Any], details: dict[str, Any]) -> Object | None:
    if not details.get("items"):
        raise invalid("You must pass subscription_details[items] or subscription.", "subscription_details[items]")
    if "customer" not in values:
        raise unknown("previews without a customer", "customer")
    same = {name: details[name] for name in ("items", "trial_end", "metadata") if name in details}
    asked = same | {
        "customer": values["customer"],
        "discounts": values.get("discounts"),
        "payment_behavior": "default_incomplete",
    }
    subscription = create_subscription(store, asked)
    return store.get("invoice", subscription["latest_invoice"]) if subscription["latest_invoice"] else None


def _renewal(store: Store, subscription: Object) -> Object | None:
    """Move the clock of the copy to the end of the period, and renew."""
    if subscription["status"] not in LIVE:
        return None
    customer, last = subscription["customer"], subscription["latest_invoice"]
    moment = min(item["current_period_end"] for item in subscription["items"]["data"])
    store.moments[clock_of(store, customer)] = max(moment, store.now(customer))
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= moment:
        return end_as_told(store, subscription)
    end_trial(store, subscription, moment)
    renew(store, subscription, moment)
    return store.get("invoice", subscription["latest_invoice"]) if subscription["latest_invoice"] != last else None


def _shown(invoice: Object) -> Object:
    """A preview has an id of its own and will not advance."""
    made = deepcopy(invoice)
    made.update(id=f"upcoming_{new_id('in')}", status="draft", number=None, automatically_finalizes_at=None)
    return made
