"""What tests of billing share: the stand-in for Stripe, prices of the tests' catalogue there, and its messages brought to us."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any

import pytest
import stripe
from flask import Flask
from pydantic import SecretStr

from saas.billing.models import StripePrice
from saas.billing.money import minor_units, price_of_millionth
from saas.billing.operations.subscribing import begin_with_card, read_choice, subscribe_with_card
from saas.catalogue.current import catalogue
from saas.core.actor import SYSTEM
from saas.core.runtime import install, runtime
from saas.sandbox.stripe import clock
from saas.sandbox.stripe.server import Running, serving
from saas.sandbox.stripe.store import Store
from saas.tenancy.plans import keep_terms
from saas.tenancy.scope import platform_work, tenant_scope
from tests.cast import Organisation
from tests.support import Browser, work_off

SECRET = "whsec_of_the_tests"
HOOK = "/api/saas/v1/webhooks/stripe"
_SOLD: dict[str, tuple[list[dict[str, str]], dict[str, Any]]] = {}
"""Prices and the books that hold them, by the catalogue that is sold."""


def text_of(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@dataclass
class Stripe:
    """The stand-in, and the way from it to the application under test."""

    app: Flask
    running: Running
    brought: set[str] = field(default_factory=set)

    @property
    def store(self) -> Store:
        return self.running.store

    @property
    def api(self) -> Any:
        """The SDK as a person beside us would use it."""
        client = stripe.StripeClient("sk_test_sandbox", base_addresses=self.running.base_addresses)
        return client.v1

    def events(self) -> list[dict[str, Any]]:
        """All messages so far, oldest first."""
        with self.store.lock:
            return [json.loads(json.dumps(one, default=str)) for one in reversed(self.store.find("event"))]

    def send(self, events: Sequence[dict[str, Any]]) -> list[int]:
        """Bring messages to the door, signed; the statuses that it answers."""
        door = Browser(self.app, "example.test")
        return [self.knock(door, json.dumps(event).encode()) for event in events]

    def knock(
        self,
        door: Browser,
        body: bytes,
        *,
        secret: str = SECRET,
        shift: int = 0,
        header: str | None = None,
        signed: bytes | None = None,
        path: str = HOOK,
    ) -> int:
        """One message as bytes; the status. ``shift``: signed so many seconds from now, ``header``: in place of a signature,
        ``signed``: other bytes than are sent."""
        if header is None:
            text = (body if signed is None else signed).decode("utf-8", "replace")
            header = stripe.WebhookSignature.generate_signature_header(text, secret, int(time.time()) + shift)
        given = {
            "Host": door.host,
            "Stripe-Signature": header.encode().decode("latin-1"),
            "Content-Type": "application/json",
        }
        return door.client.post(path, data=body, headers=given, base_url=f"http://{door.host}").status_code

    def set(self, **values: Any) -> None:
        """Change settings of the deployment."""
        secrets = {name: SecretStr(value) for name, value in values.items() if name.endswith(("_secret", "_key"))}
        here = runtime()
        install(replace(here, settings=here.settings.model_copy(update={**values, **secrets})))

    def bring(self, *, shuffled: random.Random | None = None) -> None:
        """Bring what has not been brought, and work until nothing is left to do."""
        new = [event for event in self.events() if event["id"] not in self.brought]
        if shuffled:
            shuffled.shuffle(new)
        assert set(self.send(new)) <= {200}
        self.brought |= {event["id"] for event in new}
        work_off()

    def advance(self, days: float) -> None:
        """Let time pass at Stripe."""
        with self.store.lock:
            clock.advance(self.store, int(days * 86_400))

    def customer_of(self, organisation: Organisation) -> dict[str, Any]:
        with self.store.lock:
            return next(one for one in self.store.find("customer") if one["metadata"]["tenant"] == str(organisation.id))


@pytest.fixture
def stripe_there(app: Flask) -> Iterator[Stripe]:
    """The stand-in with the prices of what is sold, and an application that knows its key."""
    before = runtime()
    with serving(Store()) as running:
        changed = before.settings.model_copy(
            update={
                "stripe_secret_key": SecretStr("sk_test_sandbox"),
                "stripe_webhook_secret": SecretStr(SECRET),
                "stripe_api_base": running.url,
            }
        )
        install(replace(before, settings=changed))
        there = Stripe(app, running)
        sell(there)
        yield there
        install(before)


def sell(there: Stripe) -> None:
    """Have the prices of the catalogue at Stripe and note their ids. They are made there once and copied for each test."""
    key = repr(catalogue())
    if key not in _SOLD:
        _SOLD[key] = (_prices_at(there), deepcopy(there.store.state))
    rows, state = _SOLD[key]
    with there.store.lock:
        there.store.state = deepcopy(state)
    with platform_work() as session:
        session.execute(StripePrice.__table__.delete())
        session.add_all([StripePrice(**row) for row in rows])
        for name in catalogue().plans:
            keep_terms(catalogue().terms(name))


def _prices_at(there: Stripe) -> list[dict[str, str]]:
    """Make them; what we know of them."""
    sold, rows = catalogue(), []
    for name, plan in sold.plans.items():
        terms = sold.terms(name)
        for cycle, amount in (("month", plan.month), ("year", plan.year)):
            if amount and not plan.custom:
                price = there.api.prices.create(
                    {
                        "currency": sold.currency.lower(),
                        "unit_amount": minor_units(amount, sold.currency),
                        "recurring": {"interval": cycle},
                        "product_data": {"name": plan.label},
                    }
                )
                about = {"kind": "plan", "name": name, "version": terms.version, "cycle": cycle}
                rows.append({**about, "id": price.id, "currency": sold.currency})
    for name, meter in sold.meters.items():
        if meter.is_priced:
            counted = there.api.billing.meters.create(
                {"display_name": meter.label, "event_name": name, "default_aggregation": {"formula": "sum"}}
            )
            price = there.api.prices.create(
                {
                    "currency": sold.currency.lower(),
                    "unit_amount_decimal": price_of_millionth(sold.currency),
                    "recurring": {"interval": "month", "usage_type": "metered", "meter": counted.id},
                    "product_data": {"name": meter.label},
                }
            )
            rows.append({"id": price.id, "kind": "use", "name": name, "currency": sold.currency})
    return rows


Subscribe = Callable[..., Organisation]


@pytest.fixture
def subscribed(stripe_there: Stripe, acme: Organisation) -> Subscribe:
    """Acme with a subscription, paid by a card of Stripe's tests: ``subscribed("pro")``."""
    return lambda plan="pro", **how: subscribe(stripe_there, acme, plan, **how)


def subscribe(
    there: Stripe,
    organisation: Organisation,
    plan: str,
    *,
    cycle: str = "month",
    card: str = "pm_card_visa",
    trial: int = 0,
) -> Organisation:
    """Subscribe as a program does, and bring Stripe's messages."""
    with tenant_scope(organisation) as session:
        asked = begin_with_card(read_choice(plan, cycle), card, trial_days=trial, actor=SYSTEM)
        subscribe_with_card(asked.id)
        session.commit()
    there.bring()
    return organisation
