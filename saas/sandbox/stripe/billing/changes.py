"""Changing what a subscription holds: credits for what was debited, debits for the rest of the period, or a new cycle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from saas.sandbox.stripe.billing.debits import open_debits
from saas.sandbox.stripe.billing.discounts import live_discounts, taken_off
from saas.sandbox.stripe.billing.items import (
    checked_quantity,
    cycle_of,
    interval_of,
    is_metered,
    new_item,
    period_of,
    plan_of,
    set_period,
    usable_price,
)
from saas.sandbox.stripe.billing.lines import advance_lines, pricing_of, usage_lines
from saas.sandbox.stripe.billing.pending import add_credit, add_debit, add_pending
from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.billing.rating import rounded, worth
from saas.sandbox.stripe.errors import invalid, unknown
from saas.sandbox.stripe.store import Object, Store

NOT_KNOWN = ("billing_thresholds", "current_trial", "discounts", "plan", "price_data", "tax_rates")
UNBILLED = ("trialing", "paused")
"""While it stands so, nothing is owed for a subscription's time."""
SAME = ("price", "quantity")


@dataclass(frozen=True, slots=True)
class Swap:
    """An item before and after a change: None before it was added, None after it was deleted."""

    old: Object | None
    new: Object | None
    clear_usage: bool = False

    @property
    def changed(self) -> bool:
        """Whether it is charged differently afterwards."""
        return self.old is None or self.new is None or any(self.old[name] != self.new[name] for name in SAME)

    @property
    def repriced(self) -> bool:
        """Whether what is used from now on has another price, or none."""
        return self.old is None or self.new is None or self.old["price"]["id"] != self.new["price"]["id"]

    @property
    def reinterval(self) -> bool:
        """Whether an item that stays recurs at another interval."""
        return bool(self.old and self.new and interval_of(self.old["price"]) != interval_of(self.new["price"]))


def swaps(store: Store, subscription: Object, entries: Sequence[dict[str, Any]]) -> list[Swap]:
    """What ``items`` of a call does to each item, and to those it does not name nothing; raises Fault for what cannot be."""
    now, found = store.now(subscription["customer"]), {}
    for place, entry in enumerate(entries):
        refuse_unknown(entry, f"items[{place}]")
        swap = _swap(store, subscription, entry, f"items[{place}]", now)
        found[(swap.old or swap.new or {})["id"]] = swap
    rest = [Swap(item, _copy(item)) for item in subscription["items"]["data"] if item["id"] not in found]
    order = [item["id"] for item in subscription["items"]["data"]]
    result = sorted([*found.values(), *rest], key=lambda it: order.index(it.old["id"]) if it.old else len(order))
    left = [swap.new for swap in result if swap.new]
    if not left:
        raise invalid("A subscription must have at least one active item.", "items")
    ids = [item["price"]["id"] for item in left]
    if len(ids) != len({*ids}):
        raise invalid("Two items of a subscription cannot use the same price.", "items")
    return result


def refuse_unknown(entry: dict[str, Any], at: str) -> None:
    """Raise Fault for what an item can have at Stripe and not here."""
    for name in NOT_KNOWN:
        if entry.get(name):
            raise unknown(f"{name} of subscription items", f"{at}[{name}]")


def make_changes(
    store: Store,
    subscription: Object,
    found: list[Swap],
    moment: int,
    *,
    prorate: bool,
    over: bool = False,
    anchor: int | None = None,
) -> list[Object]:
    """Put the swaps in place: what comes back from `moment` on is pending, what is owed for the rest of a period too.

    `over` ends the period of every item. With an `anchor` each begins a new one there; the lines of those are returned.
    """
    for swap in found:
        if swap.old is not None and (swap.changed or over):
            _take_back(store, subscription, swap, moment, prorate=prorate, over=over)
    left = [swap.new for swap in found if swap.new is not None]
    if not over and prorate and subscription["status"] not in UNBILLED:
        _charge_rest(store, subscription, found, left, moment)
    subscription["items"]["data"] = left
    return [] if anchor is None else [*begin_cycles(store, subscription, left, anchor)]


def _take_back(store: Store, subscription: Object, swap: Swap, moment: int, *, prorate: bool, over: bool) -> None:
    """What comes back of an item, or what was used of it until now."""
    assert swap.old is not None
    customer = subscription["customer"]
    if is_metered(swap.old):
        _bill_usage(store, customer, swap, over=over)
    elif prorate:
        for debit in open_debits(store, subscription["id"], swap.old["id"], moment):
            add_credit(store, customer, swap.old, debit, moment)


def _charge_rest(store: Store, subscription: Object, found: list[Swap], left: list[Object], moment: int) -> None:
    """What changed items owe for the rest of their periods."""
    values = net_worths(store, subscription, left)
    for swap in found:
        if swap.new is not None and swap.changed and not is_metered(swap.new):
            period = period_of(swap.new)
            add_debit(store, subscription["customer"], swap.new, values[swap.new["id"]], period, moment)


def begin_cycles(store: Store, subscription: Object, items: Sequence[Object], anchor: int) -> Iterator[Object]:
    """Start a new cycle of these items at an anchor; yields the lines of what is paid in advance."""
    subscription["billing_cycle_anchor"] = anchor
    for item in items:
        set_period(item, cycle_of(item, anchor, anchor))
        if is_metered(item):
            item["billed_until"] = anchor
        else:
            item["billed_until"] = item["current_period_end"]
            yield from advance_lines(store, item)


def net_worths(store: Store, subscription: Object, items: Sequence[Object]) -> dict[str, Decimal]:
    """What each licensed item is worth for a whole period, its share of the discounts taken off."""
    licensed = [item for item in items if not is_metered(item)]
    full = [worth(item["price"], item["quantity"]) for item in licensed]
    rows = [
        {"amount": rounded(value), "discountable": True, "pricing": pricing_of(item["price"], value)}
        for item, value in zip(licensed, full, strict=True)
    ]
    discounts = live_discounts(store, subscription["discounts"], store.now(subscription["customer"]))
    off = [sum(it["amount"] for it in amounts) for amounts in taken_off(discounts, rows)]
    return {item["id"]: value - less for item, value, less in zip(licensed, full, off, strict=True)}


def bill_usage_until(store: Store, customer: str, item: Object, moment: int) -> None:
    """Make what was used of a metered item since it was last billed pending."""
    period = Period(item["billed_until"], moment)
    for line in usage_lines(store, item, customer, period) if period.seconds > 0 else ():
        same = {name: line[name] for name in ("description", "pricing", "quantity")}
        add_pending(
            store, customer=customer, amount=line["amount"], currency=line["currency"], period=period, item=item,
            discountable=True, **same,
        )  # fmt: skip
    item["billed_until"] = max(moment, item["billed_until"])


def _bill_usage(store: Store, customer: str, swap: Swap, *, over: bool) -> None:
    """Usage is billed at the price it was reported under, when that price ends."""
    assert swap.old is not None
    if not (swap.repriced or over):
        return
    if not swap.clear_usage:
        bill_usage_until(store, customer, swap.old, store.now(customer))
    if swap.new is not None:
        swap.new["billed_until"] = store.now(customer)


def _swap(store: Store, subscription: Object, entry: dict[str, Any], at: str, now: int) -> Swap:
    if "id" not in entry:
        return Swap(None, _added(store, subscription, entry, at, now))
    old = next((it for it in subscription["items"]["data"] if it["id"] == entry["id"]), None)
    if old is None:
        raise invalid(f"No such subscription item: '{entry['id']}'", f"{at}[id]", "resource_missing")
    if entry.get("deleted"):
        return Swap(old, None, bool(entry.get("clear_usage")))
    return Swap(old, _altered(store, subscription, old, entry, at), bool(entry.get("clear_usage")))


def _added(store: Store, subscription: Object, entry: dict[str, Any], at: str, now: int) -> Object:
    if "price" not in entry:
        raise invalid("You must pass a price for each new item.", f"{at}[price]", "parameter_missing")
    price = usable_price(store, entry["price"], subscription["currency"], f"{at}[price]")
    quantity = checked_quantity(price, entry.get("quantity"), f"{at}[quantity]")
    more = {"metadata": entry.get("metadata") or {}}
    item = new_item(subscription["id"], price, quantity, Period(now, now), now, **more)
    trial = subscription["status"] == "trialing"
    end = Period(now, subscription["trial_end"]) if trial else cycle_of(item, subscription["billing_cycle_anchor"], now)
    set_period(item, end)
    return item


def _altered(store: Store, subscription: Object, old: Object, entry: dict[str, Any], at: str) -> Object:
    new = _copy(old)
    if "price" in entry and entry["price"] != old["price"]["id"]:
        new["price"] = usable_price(store, entry["price"], subscription["currency"], f"{at}[price]")
        new["plan"] = plan_of(new["price"])
    kept = None if is_metered(new) or is_metered(old) else old["quantity"]
    new["quantity"] = checked_quantity(new["price"], entry.get("quantity", kept), f"{at}[quantity]")
    if "metadata" in entry:
        new["metadata"] = merged(old["metadata"], entry["metadata"])
    return new


def merged(old: dict[str, str], given: dict[str, str] | str) -> dict[str, str]:
    """Metadata after an update: empty values unset their keys, an empty text unsets all."""
    if isinstance(given, str):
        return {}
    return {key: value for key, value in {**old, **given}.items() if value != ""}


def _copy(item: Object) -> Object:
    return {**item, "metadata": dict(item["metadata"])}
