"""Billing: how long an invoice as a paper takes, and how soon a message of Stripe is acknowledged."""

import json
import time
from http.client import HTTPConnection
from time import perf_counter
from typing import Any

import stripe
from flask import Flask

from saas.billing.details import Details
from saas.billing.models import Invoice
from saas.core.clock import now
from saas.core.settings import Settings
from saas.tenancy.scope import tenant_work
from tests.bench.deployment import environment_of
from tests.bench.pages import served, visitor_of
from tests.bench.report import Report
from tests.cast import Organisation, found
from tests.support import Browser

ROUNDS, LINES = 60, 12
MESSAGES, SECRET = 600, "whsec_of_the_bench"
HOOK = "/api/saas/v1/webhooks/stripe"
BUYER = Details("Papers GmbH", "Torstraße 1", city="Berlin", postcode="10119", country="DE", vat_id="DE136695976")


def billing(report: Report, app: Flask, settings: Settings) -> None:
    """An invoice with a dozen lines as PDF/A-3, through the page that people use."""
    organisation = found("Papers", owner="Alice", people={})
    _charge(organisation)
    browser = Browser(app, f"{organisation.slug}.{settings.base_domain}")
    browser.carry_session(organisation.session_of("Alice"))
    times = sorted(_timed(browser) for _ in range(ROUNDS + 1))
    report.add("invoice PDF, p95", times[int(ROUNDS * 0.95)], "ms", at_most=100, note=f"{LINES} lines")


def webhooks(report: Report, app: Flask, settings: Settings) -> None:
    """Signed messages about an invoice on one connection, each tenth twice, on the production server: written and answered."""
    visitor = visitor_of(app, found("Messages", owner="Alice", people={}), settings)
    environment = environment_of(settings) | {"STRIPE_SECRET_KEY": "sk_test_bench", "STRIPE_WEBHOOK_SECRET": SECRET}
    with served("wsgi:app", environment, visitor) as (port, _):
        door = HTTPConnection("127.0.0.1", port, timeout=10)
        for number in range(50):
            _knock(door, settings.base_domain, f"warm_{number}")
        times = sorted(_knock(door, settings.base_domain, f"{number - number % 10 // 9}") for number in range(MESSAGES))
        door.close()
    p50, p95 = times[MESSAGES // 2], times[int(MESSAGES * 0.95)]
    report.add("message of Stripe acknowledged, p95", p95, "ms", at_most=20, note=f"p50 {p50:.1f} ms")


def _knock(door: HTTPConnection, host: str, name: str) -> float:
    """Bring one message; the milliseconds until it is acknowledged."""
    line = {"id": "il_bench", "object": "line_item", "amount": 100, "description": "1000 × AI requests", "taxes": []}
    invoice = {"id": f"in_{name}", "object": "invoice", "customer": "cus_bench", "lines": {"data": [line] * 30}}
    event = {
        "id": f"evt_{name}",
        "object": "event",
        "type": "invoice.paid",
        "livemode": False,
        "created": int(time.time()),
    }
    body = json.dumps({**event, "api_version": stripe.api_version, "data": {"object": invoice}})
    signature = stripe.WebhookSignature.generate_signature_header(body, SECRET)
    began = perf_counter()
    door.request("POST", HOOK, body, {"Host": host, "Stripe-Signature": signature, "Content-Type": "application/json"})
    answer = door.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return (perf_counter() - began) * 1000


def _timed(browser: Browser) -> float:
    began = perf_counter()
    assert browser.get("/billing/invoices/in_bench.pdf").status_code == 200
    return (perf_counter() - began) * 1000


def _charge(organisation: Organisation) -> None:
    facts: dict[str, Any] = {"discounts": [], "taxes": [], "payments": [], "credit_notes": [], "balance": 0}
    line = {
        "text": "AI requests",
        "amount": 100,
        "discount": 0,
        "quantity": 4,
        "unit": "25",
        "proration": False,
        "taxes": [],
    }
    period = {
        "start": 1_793_491_200,
        "end": 1_796_083_200,
        "price": "price_bench",
        "kind": "use",
        "sells": "ai_requests",
    }
    facts |= {"lines": [{**line, **period} for _ in range(LINES)], "buyer": BUYER.stored(), "page": ""}
    total = 100 * LINES
    invoice = Invoice(
        id="in_bench", number="BENCH-1", status="open", currency="EUR", total=total, paid=0, due=total, look=1
    )
    invoice.facts, invoice.created_at = facts, now()
    with tenant_work(organisation) as session:
        session.add(invoice)
