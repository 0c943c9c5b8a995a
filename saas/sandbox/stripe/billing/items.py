"""Subscription items: their price, their period, and the plan that older programs still read."""

from typing import Any

from saas.sandbox.stripe.billing.objects import make
from saas.sandbox.stripe.billing.periods import Period, period_at
from saas.sandbox.stripe.errors import invalid
from saas.sandbox.stripe.store import Object, Store

LARGEST_QUANTITY = 999_999_999


def is_metered(item: Object) -> bool:
    """Whether the item is charged for what was used, afterwards."""
    return bool(item["price"]["recurring"]["usage_type"] == "metered")


def interval_of(price: Object) -> tuple[str, int]:
    """How often a price recurs."""
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def cycle_of(item: Object, anchor: int, moment: int) -> Period:
    """The billing period of an item in which a moment lies."""
    interval, count = interval_of(item["price"])
    return period_at(anchor, interval, count, moment)


def period_of(item: Object) -> Period:
    """The period that the item is in."""
    return Period(item["current_period_start"], item["current_period_end"])


def set_period(item: Object, period: Period) -> None:
    """Move the item into a period."""
    item["current_period_start"], item["current_period_end"] = period.start, period.end


def usable_price(store: Store, id: str, currency: str | None, param: str) -> Object:
    """The price with this id; raises Fault if it does not exist, is archived, does not recur or is in another currency."""
    price = store.get("price", id, param)
    if not price["active"]:
        raise invalid("The price specified is inactive. This field only accepts active prices.", param)
    if price["recurring"] is None:
        raise invalid(
            f"The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`: {id}",
            param,
        )
    if currency is not None and price["currency"] != currency:
        raise invalid(
            f"The price specified only supports `{price['currency']}`. This doesn't match the expected currency: `{currency}`.",
            param,
        )
    return price


def checked_quantity(price: Object, quantity: int | None, param: str) -> int | None:
    """The quantity to keep (1 unless given; none for metered prices); raises Fault for an impossible one."""
    if price["recurring"]["usage_type"] == "metered":
        if quantity is not None:
            raise invalid(
                f"Quantity should not be specified where usage_type is `metered`. Remove quantity from {param}", param
            )
        return None
    quantity = 1 if quantity is None else quantity
    if quantity < 0:
        raise invalid("This value must be greater than or equal to 0.", param, "parameter_invalid_integer")
    if quantity > LARGEST_QUANTITY:
        raise invalid(
            f"This value must be less than or equal to {LARGEST_QUANTITY}.", param, "parameter_invalid_integer"
        )
    return quantity


def new_item(
    subscription: str, price: Object, quantity: int | None, period: Period, created: int, **more: Any
) -> Object:
    """An item of a subscription, billed for nothing yet."""
    return make(
        "subscription_item",
        subscription=subscription,
        price=price,
        plan=plan_of(price),
        quantity=quantity,
        current_period_start=period.start,
        current_period_end=period.end,
        billed_until=created,
        created=created,
        **more,
    )


def plan_of(price: Object) -> Object:
    """A price as the plan it would have been."""
    recurring, names = (
        price["recurring"],
        ("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata"),
    )
    return make(
        "plan",
        **{name: price[name] for name in (*names, "nickname", "product", "tiers_mode")},
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        interval=recurring["interval"],
        interval_count=recurring["interval_count"],
        meter=recurring["meter"],
        usage_type=recurring["usage_type"],
    )
