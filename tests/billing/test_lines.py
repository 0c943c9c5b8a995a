"""Lines of invoices in words, and their sums."""

from datetime import UTC, datetime

import pytest

from saas.billing.lines import joined, name_of_line, use_in_words
from saas.tenancy.scope import tenant_work
from tests.billing.test_papers import invoice_pdf, made, paper_of, text_of


def seconds(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def line(**changes):
    return made().facts["lines"][0] | changes


def use_line(amount, quantity, **changes):
    tax = {"amount": amount // 10, "base": amount, "why": ""}
    split = {
        "text": f"{quantity} × Images (Tier 2)",
        "amount": amount,
        "quantity": quantity,
        "taxes": [tax],
        "unit": "5",
    }
    return line(**{"kind": "use", "sells": "images", "start": 1_790_000_000, "end": 1_792_000_000, **split, **changes})


class TestNames:
    @pytest.mark.parametrize(
        ("amount", "start", "end", "told"),
        [
            (-1500, "2026-11-14T09:30", "2026-12-01", "Unused time on Pro, 14 to 30 November"),
            (1500, "2026-11-14", "2026-12-01", "Pro, 14 to 30 November"),
            (1500, "2026-11-14", "2026-12-14T09:30", "Pro, 14 November to 14 December"),
            (1500, "2026-11-14", "2026-11-15", "Pro, 14 November"),
        ],
    )
    def test_parts_of_a_period_are_told_in_our_words(self, app, amount, start, end, told):
        part = line(proration=True, amount=amount, start=seconds(start), end=seconds(end), text="Stripe’s words")
        assert name_of_line(part, "en") == told

    def test_other_languages_write_their_days(self, app):
        part = line(proration=True, amount=-5, start=seconds("2026-11-14"), end=seconds("2026-12-01"))
        assert name_of_line(part, "de") == "Unused time on Pro, 14.11. to 30.11."

    def test_what_we_do_not_know_keeps_the_words_of_stripe(self, app):
        part = line(proration=True, kind="", sells="", text="Remaining time on 2 × Chairs")
        assert name_of_line(part, "en") == "Remaining time on 2 × Chairs"
        assert name_of_line(line(amount=0, text="Trial period for Pro"), "en") == "Trial period for Pro"


class TestTiers:
    def test_lines_of_one_price_and_period_are_one(self):
        apart = use_line(300, 60, end=1_793_000_000)
        whole, other = joined([use_line(0, 1000), use_line(1170, 234), apart])
        assert (whole["amount"], whole["quantity"], len(whole["taxes"])) == (1170, 1234, 2)
        assert other == apart
        assert len(joined([line(), line()])) == 2

    def test_the_sum_stays_to_the_cent_on_page_and_paper(self, acme, browse):
        facts = {"lines": [line(), use_line(0, 1000), use_line(1171, 234)], "transitions": {}, "next_try": None}
        facts["payments"] = [{"id": "p", "status": "paid", "amount": 4071, "at": 1}]
        with tenant_work(acme) as session:
            session.add(made(total=4071, paid=4071, facts=facts))
        paper = paper_of(made(total=4071, paid=4071, facts=facts))
        assert [one.amount for one in paper.lines] == [2900, 1171]
        page = browse(acme, "Alice").get("/billing/invoices/in_1").text
        assert page.count(">Images</a>") == 1
        assert "€11.71" in page
        assert "Tier" not in page


class TestUse:
    def test_stands_on_paper_too(self, app):
        use = {"used": "1234.5", "included": "1000", "beyond": "234.5", "price": "0.05"}
        lines = [use_line(1173, 11_725_000, use=use)]
        paper = paper_of(made(total=1173, paid=1173, facts={"lines": lines, "payments": []}))
        assert "1,234.5 images used, 1,000 included, 234.5 at €0.05 per image" in text_of(invoice_pdf(paper))

    def test_packages_are_counted(self, app):
        use = {"used": "2500", "packages": "3", "price": "0.2", "per": 1000}
        assert use_in_words(use_line(60, 600_000, use=use), "EUR", "en") == (
            "2,500 images used, 3 × 1,000 images at €0.20"
        )

    @pytest.mark.parametrize(
        ("price", "told"),
        [("0.05", "€0.05 per image"), ("0.002", "€2.00 per 1,000 images"), ("0.0000025", "€2.50 per million images")],
    )
    def test_prices_are_told_as_on_the_page_of_plans(self, app, price, told):
        use = {"used": "9", "beyond": "9", "price": price}
        assert use_in_words(use_line(60, 600_000, use=use), "EUR", "en") == f"9 images used, 9 at {told}"
