"""Invoice items: what waits for a customer's next invoice."""

from decimal import Decimal
from typing import Any

from saas.sandbox.stripe.billing.debits import Debit
from saas.sandbox.stripe.billing.lines import pricing_of
from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.billing.proration import credit, debit
from saas.sandbox.stripe.billing.words import remaining_text, unused_text
from saas.sandbox.stripe.store import Object, Store


def add_pending(
    store: Store, *, customer: str, amount: int, currency: str, period: Period, item: Object | None = None, **more: Any
) -> Object:
    """An invoice item of a customer (of a subscription item, if one is given), with its event."""
    subscription = item and item["subscription"]
    parent = item and {
        "type": "subscription_details",
        "subscription_details": {"subscription": subscription, "subscription_item": item["id"]},
    }
    quantity = more.pop("quantity", 1)
    made = store.add(
        "invoiceitem",
        {
            "customer": customer,
            "amount": amount,
            "currency": currency,
            "date": store.now(customer),
            "discountable": False,
            "net_amount": amount,
            "parent": parent,
            "period": {"start": period.start, "end": period.end},
            "quantity": quantity,
            "quantity_decimal": str(quantity),
            "test_clock": store.get("customer", customer)["test_clock"],
            "_subscription": subscription,
        }
        | more,
    )
    store.emit("invoiceitem.created", made)
    return made


def add_credit(store: Store, customer: str, item: Object, owed: Debit, moment: int) -> None:
    """What comes back of a debit when its period ends at a moment; nothing if that is nothing."""
    amount = credit(owed.amount, owed.period, moment)
    if not amount:
        return
    price = store.get("price", owed.price)
    _prorate(
        store, customer, item, price, amount, Period(moment, owed.period.end), owed.quantity,
        text=unused_text(store, price, owed.quantity, moment), credited=owed.credited_items,
    )  # fmt: skip


def add_debit(store: Store, customer: str, item: Object, worth: Decimal, period: Period, moment: int) -> None:
    """What is owed for the rest of an item's period, whose whole is worth so much; nothing if that is nothing."""
    amount = debit(worth, period, moment)
    if not amount:
        return
    text = remaining_text(store, item["price"], item["quantity"], moment)
    left = Period(max(moment, period.start), period.end)
    _prorate(store, customer, item, item["price"], amount, left, item["quantity"], text=text, credited=None)


def _prorate(
    store: Store,
    customer: str,
    item: Object,
    price: Object,
    amount: int,
    period: Period,
    quantity: int | None,
    *,
    text: str,
    credited: dict[str, Any] | None,
) -> None:
    units = 1 if quantity is None else quantity
    add_pending(
        store,
        customer=customer,
        amount=amount,
        currency=price["currency"],
        period=period,
        item=item,
        description=text,
        pricing=pricing_of(price, Decimal(amount) / (units or 1)),
        proration=True,
        proration_details={"credited_items": credited, "discount_amounts": []},
        quantity=units,
    )
