"""The hosted pages of the payments sandbox in a browser: paying, the portal, an invoice; for everybody, on every screen."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from playwright.sync_api import Page, expect

from saas.sandbox.stripe.server import Running, serving
from saas.sandbox.stripe.store import Store
from tests.browser.axe import AXE_SCRIPT, COLOURS, EVERYTHING, violations
from tests.browser.conftest import Open

DECLINED, ASKS, GOOD = "Is declined", "Asks its holder each time", "Pays"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    """A sandbox of its own."""
    with serving(Store()) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Running) -> stripe.V1Services:
    """The SDK, talking to it."""
    client = stripe.StripeClient("sk_test_sandbox", base_addresses=sandbox.base_addresses)
    return client.v1


@pytest.fixture(scope="module")
def prices(api: stripe.V1Services) -> list[str]:
    """Two plans, and a code that takes half off."""
    half = api.coupons.create({"percent_off": 50, "duration": "once"}).id
    api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": half}, "code": "HALF"})
    sold: list[Any] = [
        {"currency": "eur", "unit_amount": amount, "recurring": {"interval": "month"}, "product_data": {"name": name}}
        for name, amount in (("Starter", 900), ("Professional", 2900))
    ]
    return [api.prices.create(price).id for price in sold]


def begin(api: stripe.V1Services, sandbox: Running, price: str, **more: Any) -> str:
    """The address of a checkout that leads back to the control page."""
    wanted: Any = {
        "mode": "subscription",
        "success_url": f"{sandbox.url}/?paid={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{sandbox.url}/",
        "line_items": [{"price": price, "quantity": 1}],
        "allow_promotion_codes": True,
        "tax_id_collection": {"enabled": True},
        **more,
    }
    return str(api.checkout.sessions.create(wanted).url)


def fill_in(page: Page, effect: str) -> None:
    """Take one of the test cards."""
    listed = page.locator(".pay-cards li", has_text=effect).first
    if not listed.is_visible():
        page.get_by_text("Use a test card").click()
    listed.get_by_role("button").click()


def portal(api: stripe.V1Services, sandbox: Running, prices: list[str]) -> tuple[str, str]:
    """The address of a customer's portal and of the invoice that is still to be paid."""
    offered: Any = {}
    for id in prices:
        offered.setdefault(str(api.prices.retrieve(id).product), []).append(id)
    features: Any = {
        "customer_update": {"enabled": True, "allowed_updates": ["name", "email", "address", "tax_id"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "enabled": True,
            "cancellation_reason": {"enabled": True, "options": ["unused", "other"]},
        },
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": [{"product": product, "prices": ids} for product, ids in offered.items()],
            "proration_behavior": "always_invoice",
        },
    }
    api.billing_portal.configurations.create({"features": features})
    customer = api.customers.create({"name": "Example Ltd", "email": "billing@example.com"}).id
    card = api.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    api.customers.update(customer, {"invoice_settings": {"default_payment_method": card}})
    api.subscriptions.create({"customer": customer, "items": [{"price": prices[0]}]})
    api.payment_methods.attach("pm_card_mastercard", {"customer": customer})
    other = api.customers.create({"name": "Late Ltd", "email": "late@example.com"}).id
    late = api.subscriptions.create(
        {"customer": other, "items": [{"price": prices[1]}], "payment_behavior": "default_incomplete"}
    )
    invoice = api.invoices.retrieve(str(late.latest_invoice))
    session = api.billing_portal.sessions.create({"customer": customer, "return_url": f"{sandbox.url}/"})
    return session.url, str(invoice.hosted_invoice_url)


def test_a_declined_an_asking_and_a_good_card(
    page: Page, api: stripe.V1Services, sandbox: Running, prices: list[str]
) -> None:
    page.goto(begin(api, sandbox, prices[1]))
    expect(page.get_by_text("Payments are simulated. No money moves.")).to_be_visible()
    page.get_by_label("E-mail").fill("ines@example.com")
    page.get_by_label("Promotion code").fill("HALF")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_label("E-mail")).to_have_value("ines@example.com")
    fill_in(page, DECLINED)
    page.get_by_role("button", name="Pay €14.50").click()
    expect(page.get_by_role("alert")).to_contain_text("Your card was declined.")
    fill_in(page, ASKS)
    page.get_by_role("button", name="Pay €14.50").click()
    page.get_by_role("button", name="Fail authentication").click()
    expect(page.get_by_role("alert")).to_contain_text("unable to authenticate")
    fill_in(page, ASKS)
    page.get_by_role("button", name="Pay €14.50").click()
    page.get_by_role("button", name="Complete authentication").click()
    page.wait_for_url("**/?paid=cs_*")

    page.goto(begin(api, sandbox, prices[0], subscription_data={"trial_period_days": 14}))
    page.get_by_label("E-mail").fill("ines@example.com")
    fill_in(page, GOOD)
    page.get_by_label("Name on the card").press("Enter")
    page.wait_for_url("**/?paid=cs_*")
    assert {one.status for one in api.subscriptions.list().data} >= {"active", "trialing"}


def test_the_same_without_scripts(
    open_browser: Open, api: stripe.V1Services, sandbox: Running, prices: list[str]
) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto(begin(api, sandbox, prices[0], customer_email="jo@example.com"))
    page.get_by_text("Use a test card").click()
    expect(page.get_by_role("button", name="Fill in")).to_have_count(0)
    typed = {"Card number": "4242424242424242", "Expires": "12/34", "Security code": "123", "Name on the card": "Jo"}
    for label, text in typed.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Country").select_option("FR")
    page.get_by_role("button", name="Pay €9.00").click()
    page.wait_for_url("**/?paid=cs_*")


def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_browser: Open, api: stripe.V1Services, sandbox: Running, prices: list[str]
) -> None:
    start, invoice = portal(api, sandbox, prices)
    plan = f"{start}/subscriptions/{api.subscriptions.list({'price': prices[0], 'status': 'active'}).data[0].id}"
    checkout = begin(api, sandbox, prices[1])
    addresses = [checkout, start, f"{start}/cards/new", f"{start}/details", f"{plan}/cancel", f"{plan}/update"]
    addresses += [f"{plan}/confirm?price={prices[1]}", invoice, f"{sandbox.url}/c/pay/unknown"]
    addresses += [f"{sandbox.url}/", f"{sandbox.url}/?open=invoice"]
    page, found = open_browser(color_scheme="light"), list[str]()
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for url in addresses:
            page.goto(url)
            if url == checkout:
                page.get_by_text("Use a test card").click()
                page.locator("#pay > button").click()
            found += _faults(page, f"{url} at {width}")
    assert found == []


def _faults(page: Page, where: str) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    found = [f"{where}: {told}" for told in violations(page, EVERYTHING)]
    page.emulate_media(color_scheme="dark")
    found += [f"{where} in the dark: {told}" for told in violations(page, COLOURS)]
    page.emulate_media(color_scheme="light")
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return found + ([f"{where} scrolls sideways"] if width[0] > width[1] else [])
