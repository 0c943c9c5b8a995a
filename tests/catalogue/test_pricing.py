"""What use costs: examples computed by hand, and costs of events that sum up to the charge of their period."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.catalogue.pricing import UnknownDimension, charge, cost
from saas.catalogue.reading import path_of, read
from saas.catalogue.terms import Rating

TIERS = Rating.model_validate(
    {"tiers": [{"up_to": 100, "price": "0.10"}, {"up_to": 1000, "price": "0.05"}, {"price": "0.01"}]}
)
RATINGS = {
    "price": Rating(price="0.05"),
    "package": Rating(price="2", per=1000),
    "tiers": TIERS,
    "flat": Rating(flat="9.99"),
    "free": Rating(),
}


@pytest.mark.parametrize(
    ("rating", "used", "included", "expected"),
    [
        ("price", "0", 0, "0"),
        ("price", "3", 0, "0.15"),
        ("price", "0.5", 0, "0.025"),
        ("price", "100", 100, "0"),
        ("price", "101", 100, "0.05"),
        ("package", "1", 0, "2"),
        ("package", "1000", 0, "2"),
        ("package", "1000.001", 0, "4"),
        ("package", "1500", 500, "2"),
        ("tiers", "100", 0, "10"),
        ("tiers", "101", 0, "10.05"),
        ("tiers", "2000", 0, "65"),
        ("tiers", "2000", 1000, "55"),
        ("flat", "0", 0, "0"),
        ("flat", "7", 0, "9.99"),
        ("free", "1000000", 0, "0"),
    ],
)
def test_a_period_costs_what_one_computes_by_hand(rating, used, included, expected):
    assert charge(RATINGS[rating], Decimal(used), included=included) == Decimal(expected)


def test_studio_charges_what_goes_beyond_the_pro_plan():
    """3 000 images, 5 100 minutes of speech and 2 510.5 of rendering: 500 × 0.05 + 6 000 × 0.001 + 10.5 × 0.10."""
    studio = read(path_of("studio"))
    used = {"images": Decimal(3000), "tts_seconds": Decimal(306_000), "render_minutes": Decimal("2510.5")}
    included = studio.plans["pro"].included
    total = sum(charge(studio.rating("pro", name), units, included=included[name]) for name, units in used.items())
    assert total == Decimal("32.05")


def test_auterity_prices_runs_by_complexity_and_tokens_by_model():
    auterity = read(path_of("auterity"))
    runs, tokens = auterity.rating("starter", "workflow_runs"), auterity.rating("starter", "ai_tokens")
    assert charge(runs, Decimal(7), dimension="complex") == Decimal("0.56")
    assert charge(tokens, Decimal(1_234_567), dimension="deep") == Decimal("14.814804")
    with pytest.raises(UnknownDimension):
        charge(runs, Decimal(1), dimension="odd")


@given(
    name=st.sampled_from(sorted(RATINGS)),
    quantities=st.lists(st.decimals(min_value=0, max_value=3000, places=3), max_size=12),
    included=st.integers(0, 2000),
)
def test_the_costs_of_events_sum_up_to_the_charge(name, quantities, included):
    rating, before, total = RATINGS[name], Decimal(0), Decimal(0)
    for quantity in quantities:
        step = cost(rating, quantity, before=before, included=included)
        assert step >= 0
        before, total = before + quantity, total + step
    assert total == charge(rating, before, included=included)
