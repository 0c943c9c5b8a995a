"""Creating a subscription: its trial or its first invoice, and how that is paid."""

from typing import Any

from saas.sandbox.stripe.billing.changes import begin_cycles, refuse_unknown
from saas.sandbox.stripe.billing.collecting import advance_invoice, wake_invoice
from saas.sandbox.stripe.billing.discounts import new_discounts, use_up
from saas.sandbox.stripe.billing.drafting import draft_invoice
from saas.sandbox.stripe.billing.finalising import finalise
from saas.sandbox.stripe.billing.items import checked_quantity, is_metered, new_item, usable_price
from saas.sandbox.stripe.billing.lines import trial_line
from saas.sandbox.stripe.billing.objects import listing_of
from saas.sandbox.stripe.billing.outcomes import first_setup, need_card, refused_payment
from saas.sandbox.stripe.billing.periods import DAY, Period
from saas.sandbox.stripe.billing.terms import cancel_terms, plain_terms
from saas.sandbox.stripe.billing.waking import LONGEST_TRIAL, announce_trial_end, wake
from saas.sandbox.stripe.errors import invalid, unknown
from saas.sandbox.stripe.ids import PREFIXES, new_id
from saas.sandbox.stripe.store import Object, Store

MOST_ITEMS = 20


def create_subscription(store: Store, values: dict[str, Any], *, on_session: bool = False) -> Object:
    """A new subscription with its first invoice, collected as ``payment_behavior`` says; raises Fault."""
    customer = store.get("customer", values["customer"], "customer")["id"]
    subscription = _bare(store, customer, values)
    _add_items(store, subscription, values.get("items") or [])
    _begin(store, subscription, values)
    subscription["discounts"] = new_discounts(store, values.get("discounts"), customer, subscription=subscription["id"])
    subscription.update(cancel_terms(subscription, values, store.now(customer)))
    lines = _first_lines(store, subscription, values)
    invoice = _first_invoice(store, subscription, lines) if lines else None
    _collect(store, subscription, invoice, values.get("payment_behavior", "allow_incomplete"), on_session=on_session)
    first_setup(store, subscription, invoice)
    wake(store, subscription)
    return subscription


def _bare(store: Store, customer: str, values: dict[str, Any]) -> Object:
    id, now = new_id(PREFIXES["subscription"]), store.now(customer)
    if (values.get("billing_mode") or {"type": "flexible"})["type"] != "flexible":
        raise unknown("the classic billing mode", "billing_mode[type]")
    fixed: Object = {
        "id": id,
        "automatic_tax": {"enabled": False},
        "billing_cycle_anchor": now,
        "billing_mode": {"type": "flexible", "flexible": {"proration_discounts": "included"}, "updated_at": now},
        "collection_method": "charge_automatically",
        "currency": values.get("currency"),
        "customer": customer,
        "invoice_settings": {"issuer": {"type": "self"}},
        "items": listing_of([], f"/v1/subscription_items?subscription={id}"),
        "payment_settings": {"save_default_payment_method": "off"},
        "start_date": now,
        "status": "incomplete",
        "test_clock": store.get("customer", customer)["test_clock"],
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "_wakes": [],
    }
    return store.add("subscription", fixed | plain_terms(store, {}, values, customer))


def _add_items(store: Store, subscription: Object, entries: list[dict[str, Any]]) -> None:
    if not entries:
        raise invalid("Missing required param: items.", "items", "parameter_missing")
    if len(entries) > MOST_ITEMS:
        raise invalid(f"A subscription can have up to {MOST_ITEMS} items.", "items")
    now = store.now(subscription["customer"])
    for place, entry in enumerate(entries):
        at = f"items[{place}]"
        refuse_unknown(entry, at)
        if "price" not in entry:
            raise invalid(f"Missing required param: {at}[price].", f"{at}[price]", "parameter_missing")
        price = usable_price(store, entry["price"], subscription["currency"], f"{at}[price]")
        subscription["currency"] = price["currency"]
        quantity = checked_quantity(price, entry.get("quantity"), f"{at}[quantity]")
        item = new_item(
            subscription["id"], price, quantity, Period(now, now), now, metadata=entry.get("metadata") or {}
        )
        subscription["items"]["data"].append(item)
    prices = [item["price"]["id"] for item in subscription["items"]["data"]]
    if len(prices) != len({*prices}):
        raise invalid("Two items of a subscription cannot use the same price.", "items")


def _begin(store: Store, subscription: Object, values: dict[str, Any]) -> None:
    """The trial, if there is one."""
    now = store.now(subscription["customer"])
    end = _trial_end(values, now)
    if end is None:
        return
    subscription.update(status="trialing", trial_start=now, trial_end=end, billing_cycle_anchor=end)
    for item in subscription["items"]["data"]:
        item.update(current_period_start=now, current_period_end=end, billed_until=end)


def _trial_end(values: dict[str, Any], now: int) -> int | None:
    end, days = values.get("trial_end"), values.get("trial_period_days")
    if end is not None and days is not None:
        raise invalid("You can only pass one of trial_end and trial_period_days.", "trial_end")
    if days is not None:
        if days < 0:
            raise invalid(
                "This value must be greater than or equal to 0.", "trial_period_days", "parameter_invalid_integer"
            )
        end = now + days * DAY if days else None
    if end in (None, "now"):
        return None
    if end <= now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end")
    if end - now > LONGEST_TRIAL:
        raise invalid("Invalid timestamp: the trial may be at most two years long.", "trial_end")
    return int(end)


def _first_lines(store: Store, subscription: Object, values: dict[str, Any]) -> list[Object]:
    items = subscription["items"]["data"]
    if subscription["status"] == "trialing":
        return [trial_line(store, item) for item in items if not is_metered(item)]
    anchor = values.get("billing_cycle_anchor")
    if anchor is None:
        return [*begin_cycles(store, subscription, items, store.now(subscription["customer"]))]
    raise unknown("a billing cycle anchor in the future; use a trial", "billing_cycle_anchor")


def _first_invoice(store: Store, subscription: Object, lines: list[Object]) -> Object:
    invoice = draft_invoice(
        store,
        subscription["customer"],
        currency=subscription["currency"],
        reason="subscription_create",
        lines=lines,
        subscription=subscription,
    )
    subscription["latest_invoice"] = invoice["id"]
    use_up(store, subscription, invoice)
    return invoice


def _collect(store: Store, subscription: Object, invoice: Object | None, behaviour: str, *, on_session: bool) -> None:
    if behaviour == "pending_if_incomplete":
        raise invalid("pending_if_incomplete can only be used when updating a subscription.", "payment_behavior")
    status = subscription["status"]
    if invoice is None or invoice["amount_due"] == 0 or subscription["collection_method"] == "send_invoice":
        subscription["status"] = status if status == "trialing" else "active"
    store.emit("customer.subscription.created", subscription)
    if subscription["status"] == "trialing":
        announce_trial_end(store, subscription)
    if invoice is None:
        return
    store.emit("invoice.created", invoice)
    if subscription["collection_method"] == "send_invoice" and invoice["amount_due"]:
        wake_invoice(store, invoice)
    elif behaviour == "default_incomplete" and invoice["amount_due"]:
        finalise(store, invoice)
    else:
        need_card(store, invoice)
        if error := advance_invoice(store, invoice, off_session=not on_session):
            refused_payment(behaviour, error)
