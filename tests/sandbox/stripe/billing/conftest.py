"""A seller with prices, a customer with a card, and a clock to move."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from saas.sandbox.stripe.store import Store

START = int(datetime(2027, 1, 15, 12, tzinfo=UTC).timestamp())
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Shop:
    """What the tests of billing sell, and to whom; amounts in minor units."""

    api: stripe.V1Services
    store: Store
    product: str
    clock: str

    def price(self, amount: int, interval: str = "month", **more: Any) -> str:
        """A price per unit."""
        recurring: Any = {"interval": interval}
        made = self.api.prices.create(
            {"product": self.product, "currency": "usd", "unit_amount": amount, "recurring": recurring, **more}
        )
        return made.id

    def metered(self, event: str, **amounts: Any) -> str:
        """A monthly price of what is used, counted by a meter of its own."""
        meter = self.api.billing.meters.create(
            {"display_name": event, "event_name": event, "default_aggregation": {"formula": "sum"}}
        )
        recurring: Any = {"interval": "month", "usage_type": "metered", "meter": meter.id}
        return self.api.prices.create(
            {"product": self.product, "currency": "usd", "recurring": recurring, **amounts}
        ).id

    def customer(self, card: str | None = "pm_card_visa") -> str:
        """A customer on the test clock, with a default card."""
        made = self.api.customers.create(
            {"name": "Example Ltd", "email": "billing@example.com", "test_clock": self.clock}
        )
        if card is not None:
            self.change_card(made.id, card)
        return made.id

    def change_card(self, customer: str, card: str) -> str:
        """Make another card the default."""
        method = self.api.payment_methods.attach(card, {"customer": customer}).id
        self.api.customers.update(customer, {"invoice_settings": {"default_payment_method": method}})
        return method

    def subscribe(self, customer: str, *prices: str, **more: Any) -> stripe.Subscription:
        """A subscription with one item for each price."""
        items: Any = [{"price": price} for price in prices]
        return self.api.subscriptions.create({"customer": customer, "items": items, **more})

    def fresh(self) -> "Shop":
        """The same shop with a clock of its own, so that nothing earlier limits how far it moves."""
        return replace(self, clock=self.api.test_helpers.test_clocks.create({"frozen_time": START}).id)

    def now(self) -> int:
        """What the clock shows."""
        return self.api.test_helpers.test_clocks.retrieve(self.clock).frozen_time

    def pass_time(self, seconds: int) -> None:
        """Move the clock forward."""
        self.api.test_helpers.test_clocks.advance(self.clock, {"frozen_time": self.now() + seconds})

    def until(self, moment: int) -> None:
        """Move the clock to a moment."""
        self.api.test_helpers.test_clocks.advance(self.clock, {"frozen_time": moment})

    def get(self, subscription: stripe.Subscription) -> stripe.Subscription:
        """How the subscription is now."""
        return self.api.subscriptions.retrieve(subscription.id)

    def invoices(self, subscription: stripe.Subscription) -> list[stripe.Invoice]:
        """Its invoices, oldest first."""
        return self.api.invoices.list({"subscription": subscription.id, "limit": 100}).data[::-1]

    def events(self) -> list[str]:
        """The types of all events so far about subscriptions and invoices, oldest first."""
        found = [event["type"] for event in self.store.find("event")[::-1]]
        return [type for type in found if type.startswith(("customer.subscription", "invoice."))]


@pytest.fixture
def shop(api: stripe.V1Services, store: Store) -> Shop:
    """An empty shop, whose clock stands at noon of 15 January 2027."""
    product = api.products.create({"name": "Pro"}).id
    return Shop(api, store, product, api.test_helpers.test_clocks.create({"frozen_time": START}).id)


Amounts = Callable[[stripe.Invoice], list[int]]


@pytest.fixture
def amounts() -> Amounts:
    """The amounts of an invoice's lines."""
    return lambda invoice: [line.amount for line in invoice.lines.data]
