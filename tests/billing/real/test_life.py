"""Subscribe, use, upgrade, downgrade, cancel: the stand-in and Stripe's test mode answer alike."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from saas.sandbox.stripe.server import serving
from saas.sandbox.stripe.store import Store
from tests.billing.real.life import LIFE, Payer, sell
from tests.billing.selling.conftest import set_up
from tests.cast import Organisation

KEY = os.environ.get("STRIPE_SECRET_KEY", "")
STAND_IN, STRIPE = "the stand-in", "Stripe's test mode"
NO_KEY = pytest.mark.skipif(not KEY.startswith("sk_test_"), reason="needs STRIPE_SECRET_KEY=sk_test_… of Stripe")
PLACES = [
    pytest.param(STAND_IN, id="stand-in"),
    pytest.param(STRIPE, id="stripe", marks=[pytest.mark.outside_account, NO_KEY]),
]


@pytest.fixture(params=PLACES)
def paid_there(request: pytest.FixtureRequest, app: Flask) -> Iterator[None]:
    """An application that is paid at the one or the other."""
    if request.param == STRIPE:
        with set_up(stripe_secret_key=SecretStr(KEY), stripe_api_base=""):
            yield
        return
    with serving(Store()) as running:
        with set_up(stripe_secret_key=SecretStr("sk_test_sandbox"), stripe_api_base=running.url):
            yield


@pytest.mark.usefixtures("paid_there")
def test_a_life_is_the_same_wherever_it_is_paid(acme: Organisation) -> None:
    sell()
    payer = Payer(acme)
    for part in LIFE:
        part(payer)
