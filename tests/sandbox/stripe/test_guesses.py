"""Whatever is called, the sandbox answers as Stripe would or refuses: it never fails itself."""

import pytest
from flask.testing import FlaskClient

from saas.sandbox.stripe.http import create_sandbox
from saas.sandbox.stripe.routes import TABLE
from saas.sandbox.stripe.store import Store
from tests.sandbox.stripe.guesses import Guesser

KEY = {"Authorization": "Bearer sk_test_x"}
ROUNDS = 25


@pytest.fixture
def ground() -> tuple[Store, FlaskClient]:
    """A sandbox with one of the things that many calls need."""
    store = Store()
    client = create_sandbox(store).test_client()
    for path, form in (
        ("customers", {"payment_method": "pm_card_visa"}),
        ("products", {"name": "Pro"}),
        ("billing/meters", {"display_name": "x", "event_name": "x", "default_aggregation[formula]": "sum"}),
        ("customers", {"payment_method": "pm_card_authenticationRequired"}),
        ("coupons", {"percent_off": "10"}),
    ):
        assert client.post(f"/v1/{path}", data=form, headers=KEY).status_code == 200
    product = store.find("product")[0]["id"]
    price = {"product": product, "currency": "eur", "unit_amount": "1000", "recurring[interval]": "month"}
    assert client.post("/v1/prices", data=price, headers=KEY).status_code == 200
    return store, client


@pytest.mark.parametrize("seed", range(4))
def test_no_call_makes_the_sandbox_fail(ground: tuple[Store, FlaskClient], seed: int) -> None:
    store, client = ground
    guesser = Guesser(store, seed)
    routes = sorted(TABLE, key=lambda it: (it.path, it.method))
    failed, answered = [], 0
    for route in filter(guesser.wants, routes * ROUNDS):
        path, form = guesser.path(route), guesser.form(route)
        sent = {"query_string": form} if route.method == "GET" else {"data": form}
        answer = client.open(path, method=route.method, headers=KEY, **sent)
        answered += answer.status_code == 200
        if answer.status_code >= 500:
            failed.append((route.method, path, form, answer.text[:300]))
    assert failed == []
    assert answered > len(routes)
