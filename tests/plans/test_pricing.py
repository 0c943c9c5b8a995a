"""The price list on the public site, under every catalogue that comes along."""

import re
from decimal import Decimal
from html import unescape

import pytest

from saas.catalogue.current import catalogue, install_catalogue
from saas.catalogue.reading import path_of, read
from saas.catalogue.terms import Rating, Tier
from saas.catalogue.words import price_of
from tests.plans.conftest import sold_as
from tests.support import statements_sent


def text_of(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


class TestPage:
    def test_anybody_sees_the_plans_that_anybody_can_have(self, apex):
        page = apex.get("/pricing")
        assert page.status_code == 200
        said = text_of(page.text)
        for label in ("Trial", "Free", "Pro", "Enterprise"):
            assert label in said
        assert "Internal" not in said
        assert "€29 a month" in said
        assert "10 images a month included, then €0.05 per image" in said
        assert "Prices in EUR" in said

    def test_a_year_is_told_with_what_it_saves(self, apex):
        page = apex.get("/pricing?period=year")
        said = text_of(page.text)
        assert "€290 a year" in said
        assert "You save €58 a year (17%)" in said
        assert "€49 a month" in said
        assert "Paid by the month" in said
        assert "You save" not in text_of(apex.get("/pricing?period=nonsense").text)

    def test_without_yearly_prices_there_is_nothing_to_switch(self, apex):
        assert 'aria-label="Pay"' in apex.get("/pricing").text
        with sold_as("pro", year=None):
            assert 'aria-label="Pay"' not in apex.get("/pricing?period=year").text

    def test_each_plan_has_its_way(self, apex):
        page = apex.get("/pricing").text
        assert "/sign-up?plan=pro" in page
        assert "Try it 14 days" in page
        assert "Begin with Free" in page
        assert "/pricing/ask?plan=enterprise" in page
        assert "/sign-up?plan=enterprise" not in page

    def test_who_needs_more_writes_to_us_and_is_told_that_we_have_it(self, apex, mailbox):
        typed = {"plan": "enterprise", "name": "Zoe Park", "email": "zoe@example.org", "company": "Zenith"}
        short = apex.post(
            "/pricing/ask", {**typed, "email": "zoe at home", "message": ""}, page="/pricing/ask?plan=enterprise"
        )
        assert (short.status_code, "Zenith" in short.text, "in a few words" in short.text) == (422, True, True)
        assert mailbox.messages() == []
        sent = apex.post("/pricing/ask", {**typed, "message": "Nine hundred people."})
        assert "We have your message" in apex.follow(sent).text
        mail = mailbox.text("support@example.com")
        assert [words in mail for words in ("Zenith", "zoe@example.org", "Nine hundred people.")] == [True] * 3

    @pytest.mark.parametrize("plan", ["", "internal", "nothing"])
    def test_nobody_asks_for_what_nobody_is_sold(self, apex, plan):
        assert apex.get(f"/pricing/ask?plan={plan}").location == "/pricing"
        assert apex.get("/pricing/ask?plan=enterprise").status_code == 200

    def test_the_public_pages_lead_to_it(self, apex):
        assert apex.get("/").text.count('href="/pricing"') >= 3

    def test_it_costs_few_statements(self, apex):
        apex.get("/pricing")
        with statements_sent() as sent:
            apex.get("/pricing")
        assert len(sent) <= 1

    @pytest.mark.parametrize("name", ["auterity", "loki", "atlantiplex", "studio", "tradingbot"])
    @pytest.mark.parametrize("period", ["month", "year"])
    def test_every_catalogue_that_comes_along_can_be_shown(self, apex, name, period):
        before = catalogue()
        install_catalogue(read(path_of(name)))
        try:
            page = apex.get(f"/pricing?period={period}")
            assert page.status_code == 200
            for plan in catalogue().plans.values():
                assert (unescape(plan.label) in text_of(page.text)) or plan.hidden
        finally:
            install_catalogue(before)


class TestPrices:
    @pytest.mark.parametrize(
        ("rating", "words"),
        [
            (Rating(), ""),
            (Rating(price="0.05"), "€0.05 per image"),
            (Rating(price=2, per=1000), "€2.00 per 1,000 images"),
            (
                Rating(tiers=(Tier(up_to=100, price="0.02"), Tier(price="0.01"))),
                "€0.02 per image up to 100, €0.01 per image beyond",
            ),
            (Rating(prices={"high_end": "0.00002"}), "high end €20.00 per million images"),
            (Rating(prices={"b": "0.000004", "a": "0.0000006"}), "a €0.60, b €4.00 per million images"),
            (Rating(price="0.0005"), "€0.50 per 1,000 images"),
            (Rating(price="0.012"), "€0.012 per image"),
            (Rating(flat=9), "€9.00 for any use in a month"),
        ],
    )
    def test_they_are_told_in_words(self, app, rating, words):
        assert price_of("images", rating, currency="EUR") == words
        assert price_of("images", Rating(price=Decimal("0.5")), currency="EUR", locale="de") == "0,50\xa0€ per image"
