"""Lines of use on our invoices: what was used, what of it was included, and exactly the events that make the sum."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from saas.billing.models import BillingAccount, Invoice
from saas.billing.operations.invoicing import explain_use
from saas.billing.operations.looking import look_at
from saas.billing.operations.reporting import report_use
from saas.billing.operations.sending import send_use
from saas.core.clock import ago, now
from saas.core.database import db
from saas.tenancy.scope import platform_scope, tenant_scope, tenant_work
from tests.billing.selling.conftest import Shop, selling
from tests.billing.selling.test_use import paying, report, use
from tests.cast import Organisation
from tests.support import Browser, statements_sent, work_off

__all__ = ["paying"]

Saas = Callable[..., Result]
Browse = Callable[..., Browser]


def charge(shop: Shop, organisation: Organisation, *, days: float = 32) -> None:
    """Report, let the month pass at Stripe, look at the invoices and explain them."""
    report(organisation)
    shop.advance(days)
    look(organisation)
    work_off()


def look(organisation: Organisation, *, newest: bool = False) -> None:
    """What the worker does when Stripe has told of an invoice."""
    with platform_scope() as session:
        account = session.scalars(select(BillingAccount).where(BillingAccount.tenant_id == organisation.id)).one()
    look_at(account.customer_id, newest=newest)


@contextmanager
def later(organisation: Organisation, moment: datetime) -> Iterator[None]:
    """A later hour by our clock, at the end of which Stripe is told of the use so far."""
    with ago(now() - moment):
        yield
        with tenant_work(organisation):
            report_use()
        send_use(organisation.id)


def explain_all(organisation: Organisation, moment: datetime) -> None:
    """Look at the invoices at a later moment, and explain them, the newest first."""
    with ago(now() - moment):
        look(organisation, newest=True)
        for invoice in sorted({id for id, _ in used_lines(organisation)}, reverse=True):
            with tenant_work(organisation):
                explain_use(invoice)


def used_lines(organisation: Organisation) -> list[tuple[str, dict[str, Any]]]:
    """The ids of invoices with their lines of use, oldest first."""
    with tenant_scope(organisation):
        rows = db.session.scalars(select(Invoice).order_by(Invoice.created_at)).all()
        return [(row.id, line) for row in rows for line in row.facts["lines"] if line["kind"] == "use"]


def behind(browser: Browser, invoice: str) -> list[tuple[Decimal, Decimal]]:
    """Quantity and cost of all events behind an invoice's line of use."""
    (link,) = re.findall(r'href="(/usage/events[^"]*)"', browser.get(f"/billing/invoices/{invoice}").text)
    page = browser.get(unescape(link))
    assert "was understood" not in page.text
    (download,) = re.findall(r'href="(/usage/events/export\.jsonl[^"]*)"', page.text)
    rows = [json.loads(row) for row in browser.get(unescape(download)).text.splitlines()]
    return [(Decimal(row["quantity"]), Decimal(row["cost"])) for row in rows]


def test_a_line_says_what_was_used_what_was_included_and_at_what_price(
    shop: Shop, paying: Organisation, browse: Browse
) -> None:
    use(paying, "images", 10)
    use(paying, "images", 7)
    charge(shop, paying)
    ((invoice, line),) = used_lines(paying)
    assert line["use"] == {"used": "17", "included": "10", "beyond": "7", "price": "0.05"}
    page = browse(paying, "Alice").get(f"/billing/invoices/{invoice}").text
    assert "17 images used, 10 included, 7 at €0.05 per image" in page
    assert "keystone" not in page.lower().partition("what it is for")[2]


def test_each_line_leads_to_the_events_that_make_its_sum_however_late_they_came(
    shop: Shop, paying: Organisation, browse: Browse
) -> None:
    """What becomes known after an invoice is charged by the next one, though it happened before."""
    use(paying, "images", 12)
    report(paying)
    use(paying, "images", 3)
    charge(shop, paying)
    use(paying, "images", 4, at=max(now() - timedelta(seconds=2), _began(paying)))
    use(paying, "images", 5)
    charge(shop, paying)
    alice, lines = browse(paying, "Alice"), used_lines(paying)
    assert [line["use"]["used"] for _, line in lines] == ["15", "9"]
    for invoice, line in lines:
        events = behind(alice, invoice)
        assert sum(quantity for quantity, _ in events) == Decimal(line["use"]["used"])
        assert sum(cost for _, cost in events) * 100 == line["amount"]
    assert lines[1][1]["start"] == lines[0][1]["end"]


def _began(organisation: Organisation) -> datetime:
    with tenant_scope(organisation):
        return min(db.session.scalars(select(Invoice.created_at)).all()).astimezone(UTC) + timedelta(microseconds=1)


def test_use_before_the_subscription_is_not_behind_a_line(
    shop: Shop, saas: Saas, acme: Organisation, browse: Browse
) -> None:
    assert saas("billing", "sync").exit_code == 0
    use(acme, "images", 500, at=now() - timedelta(seconds=2))
    shop.subscribe(acme)
    use(acme, "images", 3)
    charge(shop, acme)
    ((invoice, line),) = used_lines(acme)
    assert line["use"] == {"used": "3", "included": "0", "beyond": "3", "price": "0.05"}
    assert behind(browse(acme, "Alice"), invoice) == [(Decimal(3), Decimal("0.15"))]


def test_what_was_known_of_a_line_stays_when_its_invoice_is_looked_at_again(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 17)
    charge(shop, paying)
    before = used_lines(paying)
    use(paying, "images", 17)
    charge(shop, paying, days=0.1)
    assert used_lines(paying) == before


def test_prices_by_kind_are_told_kind_by_kind(shop: Shop, paying: Organisation, browse: Browse) -> None:
    use(paying, "ai_tokens", 2_000_000, dimension="swift")
    use(paying, "ai_tokens", 500, dimension="deep")
    charge(shop, paying)
    ((invoice, line),) = used_lines(paying)
    assert (line["use"]["used"], line["use"]["included"], line["amount"]) == ("2000500", "0", 201)
    page = browse(paying, "Alice").get(f"/billing/invoices/{invoice}").text
    assert (
        "2,000,500 tokens used, 500 deep at €20.00 per million tokens, 2,000,000 swift at €1.00 per million tokens"
        in page
    )


def test_tiers_are_not_put_into_one_price(shop: Shop, saas: Saas, acme: Organisation) -> None:
    tiers = [{"up_to": 10, "price": "0.03"}, {"price": "0.01"}]
    with selling({"meters": {"workflow_runs": {"tiers": tiers}}}):
        assert saas("billing", "sync").exit_code == 0
        shop.subscribe(acme)
        use(acme, "workflow_runs", 20)
        charge(shop, acme)
    ((_, line),) = used_lines(acme)
    assert (line["use"], line["amount"]) == ({"used": "20"}, 40)


def test_what_no_events_explain_is_said_without_them(shop: Shop, paying: Organisation, browse: Browse) -> None:
    use(paying, "images", 17)
    report(paying)
    shop.api.billing.meter_events.create(
        {
            "event_name": "keystone_images",
            "payload": {"stripe_customer_id": shop.all("customer")[0]["id"], "value": "5000000"},
        }
    )
    charge(shop, paying)
    ((invoice, line),) = used_lines(paying)
    assert (line["use"], line["amount"]) == ({}, 535)
    assert "images used" not in browse(paying, "Alice").get(f"/billing/invoices/{invoice}").text


def test_renewals_that_are_seen_in_one_look_charge_events_of_their_own(
    shop: Shop, paying: Organisation, browse: Browse
) -> None:
    use(paying, "images", 12)
    report(paying)
    use(paying, "images", 3)
    report(paying)
    shop.advance(32)
    with later(paying, now() + timedelta(days=32)):
        use(paying, "images", 12)
        use(paying, "images", 8)
    shop.advance(32)
    explain_all(paying, now() + timedelta(days=64))
    lines = used_lines(paying)
    assert [line["use"] for _, line in lines] == [
        {"used": "15", "included": "10", "beyond": "5", "price": "0.05"},
        {"used": "20", "included": "10", "beyond": "10", "price": "0.05"},
    ]
    alice = browse(paying, "Alice")
    quantities = [sorted(quantity for quantity, _ in behind(alice, invoice)) for invoice, _ in lines]
    assert quantities == [[3, 12], [8, 12]]


def test_a_line_is_explained_though_the_invoice_before_was_not_seen_yet(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 12)
    report(paying)
    shop.advance(32)
    with later(paying, now() + timedelta(days=32)):
        use(paying, "images", 20)
    shop.advance(32)
    look(paying)
    work_off()
    assert [line["use"]["used"] for _, line in used_lines(paying)] == ["20"]
    look(paying, newest=True)
    work_off()
    assert [line["use"]["used"] for _, line in used_lines(paying)] == ["12", "20"]


def test_what_costs_nothing_belongs_to_the_period_in_which_it_became_known(shop: Shop, paying: Organisation) -> None:
    began = now()
    use(paying, "images", 12)
    report(paying)
    next_month = (began.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=1)
    with later(paying, next_month):
        use(paying, "images", 8)  # ten are included anew
    shop.advance(32)
    with later(paying, began + timedelta(days=32)):
        use(paying, "images", 25)
    shop.advance(32)
    explain_all(paying, began + timedelta(days=64))
    assert [line["use"]["used"] for _, line in used_lines(paying)] == ["20", "25"]


IMAGES = {"price": "0.05"}
PACKAGES = {"price": "0.50", "per": 10}


@pytest.mark.parametrize(
    ("sold", "told", "then"),
    [
        (IMAGES, {"included": "10", "beyond": "20", "price": "0.05"}, {"price": "0.10"}),
        (PACKAGES, {"packages": "2", "price": "0.5", "per": 10}, {"price": "0.50", "per": 5}),
    ],
)
@pytest.mark.parametrize("changed", [False, True])
def test_a_plan_that_was_changed_before_the_explanation_lends_it_no_price(
    shop: Shop,
    saas: Saas,
    acme: Organisation,
    sold: dict[str, Any],
    told: dict[str, Any],
    then: dict[str, Any],
    changed: bool,
) -> None:
    with selling({"meters": {"images": sold}}):
        assert saas("billing", "sync").exit_code == 0
        shop.subscribe(acme)
        use(acme, "images", 30)
        report(acme)
        shop.advance(32)
        look(acme)
    if changed:
        with selling({"meters": {"images": then}}):
            assert saas("plans", "give", acme.slug, "trial").exit_code == 0
    work_off()
    ((_, line),) = used_lines(acme)
    assert line["use"] == {"used": "30", **({} if changed else told)}


def test_a_look_leaves_the_events_alone_and_asks_once_for_what_is_behind(shop: Shop, paying: Organisation) -> None:
    use(paying, "images", 17)
    use(paying, "storage", 25)
    report(paying)
    shop.advance(32)
    with statements_sent() as sent:
        look(paying)
    assert not [statement for statement in sent if "usage_events" in statement]
    ((_, line),) = used_lines(paying)
    assert "use" not in line
    work_off()
    assert all("use" in line for _, line in used_lines(paying))
    with statements_sent() as sent:
        look(paying)
    assert not [statement for statement in sent if "jobs.enqueue" in statement]


def test_a_link_to_a_line_that_was_cut_is_not_understood(paying: Organisation, browse: Browse) -> None:
    use(paying, "images", 3)
    for cut in (
        "x",
        "2027-01-31T09:30:00Z~1",
        f"2027-01-31T09:30:00Z~{paying.id}",
        f"~{paying.id}~{paying.id}",
        f"0001-01-01T00:00:00+00:00~{paying.id}~{paying.id}",
        f"9999-12-31T23:59:59-14:00~{paying.id}~{paying.id}",
        f"2027-01-31T09:30:00Z~{paying.id}~ffffffff-ffff-7fff-bfff-ffffffffffff",
    ):
        page = browse(paying, "Alice").get(f"/usage/events?meter=images&charged={cut}").text
        assert "is no line of an invoice" in page
        assert "3 images" in page
