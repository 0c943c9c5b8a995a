"""Billing: how long an invoice as a paper takes."""

from time import perf_counter
from typing import Any

from flask import Flask

from saas.billing.details import Details
from saas.billing.models import Invoice
from saas.core.clock import now
from saas.core.settings import Settings
from saas.tenancy.scope import tenant_work
from tests.bench.report import Report
from tests.cast import Organisation, found
from tests.support import Browser

ROUNDS, LINES = 60, 12
BUYER = Details("Papers GmbH", "Torstraße 1", city="Berlin", postcode="10119", country="DE", vat_id="DE136695976")


def billing(report: Report, app: Flask, settings: Settings) -> None:
    """An invoice with a dozen lines as PDF/A-3, through the page that people use."""
    organisation = found("Papers", owner="Alice", people={})
    _charge(organisation)
    browser = Browser(app, f"{organisation.slug}.{settings.base_domain}")
    browser.carry_session(organisation.session_of("Alice"))
    times = sorted(_timed(browser) for _ in range(ROUNDS + 1))
    report.add("invoice PDF, p95", times[int(ROUNDS * 0.95)], "ms", at_most=100, note=f"{LINES} lines")


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
