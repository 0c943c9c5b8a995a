"""Random lives of a subscription: whatever is done in whatever order, the sandbox answers honestly and the sums hold."""

from random import Random
from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.billing.conftest import DAY, Shop

CARDS = ("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired")


class Life:
    """A customer with a subscription, and everything that can be done with them."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop, self.random, self.api = shop, Random(seed), shop.api
        self.prices = [shop.price(amount, interval) for amount in (500, 1999, 9900) for interval in ("month", "year")]
        self.prices.append(shop.metered("calls", unit_amount_decimal="0.7"))
        self.customer = shop.customer()
        self.id = shop.subscribe(self.customer, self.prices[0], trial_period_days=self.random.choice([1, 14])).id
        self.acts = [
            self.wait,
            self.change,
            self.add,
            self.use,
            self.card,
            self.toggle,
            self.pay,
            self.pause,
            self.resume,
            self.anchor,
        ]

    def step(self) -> None:
        """Do one thing; Stripe may refuse it, but nothing may break."""
        try:
            self.random.choice(self.acts)()
        except stripe.APIError as broken:
            raise AssertionError(str(broken)) from broken
        except stripe.StripeError as refused:
            if refused.http_status not in (400, 402, 404):
                raise

    def wait(self) -> None:
        self.shop.pass_time(self.random.randint(1, 40 * DAY))

    def entry(self) -> dict[str, Any]:
        items = self.api.subscriptions.retrieve(self.id)["items"].data
        return {"id": self.random.choice(items).id}

    def change(self) -> None:
        entry: Any = self.entry() | {"price": self.random.choice(self.prices)}
        entry |= self.random.choice([{}, {"quantity": self.random.randint(0, 9)}])
        behaviour: Any = self.random.choice(["always_invoice", "create_prorations", "none"])
        paying: Any = self.random.choice(
            ["allow_incomplete", "pending_if_incomplete", "error_if_incomplete", "default_incomplete"]
        )
        asked: Any = {"items": [entry], "proration_behavior": behaviour, "proration_date": self.shop.now()}
        self.api.invoices.create_preview({"subscription": self.id, "subscription_details": asked})
        self.api.subscriptions.update(self.id, asked | {"payment_behavior": paying})

    def add(self) -> None:
        entry: Any = self.random.choice([{"price": self.random.choice(self.prices)}, self.entry() | {"deleted": True}])
        self.api.subscriptions.update(self.id, {"items": [entry]})

    def use(self) -> None:
        payload = {"stripe_customer_id": self.customer, "value": str(self.random.randint(0, 999))}
        self.api.billing.meter_events.create({"event_name": "calls", "payload": payload})

    def card(self) -> None:
        self.shop.change_card(self.customer, self.random.choice(CARDS))

    def toggle(self) -> None:
        now = self.api.subscriptions.retrieve(self.id).cancel_at_period_end
        self.api.subscriptions.update(self.id, {"cancel_at_period_end": not now and self.random.random() < 0.3})

    def pay(self) -> None:
        invoices = self.api.invoices.list({"customer": self.customer, "status": "open"}).data
        if invoices:
            method = self.shop.change_card(self.customer, "pm_card_visa")
            self.api.invoices.pay(self.random.choice(invoices).id, {"payment_method": method})

    def pause(self) -> None:
        self.api.subscriptions.pause(
            self.id, {"invoicing_behavior": self.random.choice(["invoice", "pending_invoice_item"])}
        )

    def resume(self) -> None:
        anchor: Any = {"type": self.random.choice(["now", "unchanged"])}
        self.api.subscriptions.resume(self.id, {"billing_cycle_anchor": anchor, "proration_behavior": "always_invoice"})

    def anchor(self) -> None:
        self.api.subscriptions.update(self.id, {"billing_cycle_anchor": {"type": "now"}})


@pytest.mark.parametrize("seed", range(6))
def test_no_life_breaks_the_books(shop: Shop, seed: int) -> None:
    life = Life(shop, seed)
    for _ in range(25):
        life.step()
    _check_books(shop, life)


def _check_books(shop: Shop, life: Life) -> None:
    """What was charged is what paid invoices say, and the balance is the sum of its transactions."""
    charged = sum(it["amount"] for it in shop.store.find("charge", customer=life.customer, paid=True))
    invoices = shop.store.find("invoice", customer=life.customer)
    assert charged == sum(it["amount_paid"] for it in invoices if it["status"] == "paid")
    moved = sum(it["amount"] for it in shop.store.find("customer_balance_transaction", customer=life.customer))
    assert shop.store.get("customer", life.customer)["balance"] == moved
    for invoice in invoices:
        assert invoice["subtotal"] == sum(line["amount"] for line in invoice["lines"]["data"])
    _check_credits(shop, life)


def _check_credits(shop: Shop, life: Life) -> None:
    """No debit is credited twice, and none with more than it was."""
    kept = [it for it in shop.store.find("invoiceitem", customer=life.customer) if not _void(shop, it["invoice"])]
    seen: set[str] = set()
    for entry in kept:
        links = (entry["proration_details"] or {}).get("credited_items")
        if not links:
            continue
        debits = (
            [links["invoice_item"]]
            if links["invoice_item"]
            else links["invoice_line_item_details"]["invoice_line_items"]
        )
        assert not seen & {*debits}
        seen |= {*debits}


def _void(shop: Shop, invoice: str | None) -> bool:
    return invoice is not None and shop.store.get("invoice", invoice)["status"] == "void"
