"""The stand-in for Stripe, empty, and an application that is paid there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
import stripe
from flask import Flask
from pydantic import SecretStr

from saas.billing.operations.looking import look_at
from saas.billing.operations.subscribing import begin_with_card, read_choice, subscribe_with_card
from saas.catalogue.current import catalogue, install_catalogue
from saas.catalogue.terms import Catalogue
from saas.core.actor import SYSTEM
from saas.core.runtime import install, runtime
from saas.sandbox.stripe import clock, failures
from saas.sandbox.stripe.server import Running, serving
from saas.sandbox.stripe.store import Store
from saas.tenancy.scope import tenant_scope
from tests.cast import Organisation


@dataclass
class Shop:
    """The stand-in, as somebody sees it who looks at Stripe's own pages."""

    running: Running

    @property
    def api(self) -> Any:
        """The SDK as a person beside us would use it."""
        return stripe.StripeClient("sk_test_sandbox", base_addresses=self.running.base_addresses).v1

    def all(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Objects of a kind, newest first."""
        with self.running.store.lock:
            return list(self.running.store.find(kind, **fields))

    def price(self, key: str) -> dict[str, Any]:
        """The price that is sold under a key."""
        (found,) = self.all("price", lookup_key=key)
        return found

    def fail(self, status: int, *, times: int = 1, path: str = "", after_effect: bool = False) -> None:
        """Have the next calls fail, with or without their effect."""
        failures.fail_next(self.running.store, status, times, path=path, after_effect=after_effect)

    def advance(self, days: float) -> None:
        """Let time pass at Stripe."""
        with self.running.store.lock:
            clock.advance(self.running.store, int(days * 86_400))

    def counted(self, meter: str) -> int:
        """What Stripe has counted of a meter, of whoever it was, in millionths."""
        return sum(int(one["_value"]) for one in self.all("billing.meter_event", event_name=f"keystone_{meter}"))

    def subscribe(
        self, organisation: Organisation, plan: str = "pro", cycle: str = "month", trial_days: int = 0
    ) -> str:
        """Have an organisation pay for a plan with a card, and look at it; the id of its customer."""
        card = self.api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
        with tenant_scope(organisation) as session:
            request = begin_with_card(read_choice(plan, cycle), card, trial_days=trial_days, actor=SYSTEM)
            session.commit()
            found = subscribe_with_card(request.id)
        look_at(found["customer"])
        return str(found["customer"])


@pytest.fixture
def shop(app: Flask) -> Iterator[Shop]:
    """An empty account at Stripe."""
    with serving(Store()) as running:
        key = SecretStr("sk_test_sandbox")
        with set_up(stripe_secret_key=key, stripe_api_base=running.url):
            yield Shop(running)


@contextmanager
def set_up(**values: Any) -> Iterator[None]:
    """Other settings for a block."""
    before = runtime()
    install(replace(before, settings=before.settings.model_copy(update=values)))
    try:
        yield
    finally:
        install(before)


@contextmanager
def selling(changes: Mapping[str, Any]) -> Iterator[Catalogue]:
    """Sell something else for a block: ``{"plans": {"pro": {"month": "31"}}}``."""
    before = catalogue()
    install_catalogue(Catalogue.model_validate(_merged(before.model_dump(exclude_unset=True), changes)))
    try:
        yield catalogue()
    finally:
        install_catalogue(before)


def _merged(old: Any, new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old or {})
    for name, value in new.items():
        merged[name] = _merged(merged.get(name), value) if isinstance(value, Mapping) else value
    return merged
