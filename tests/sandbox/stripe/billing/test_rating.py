"""Rating and proration to the minor unit, with the examples that Stripe's documents give."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.sandbox.stripe.billing.periods import Period
from saas.sandbox.stripe.billing.proration import credit, debit
from saas.sandbox.stripe.billing.rating import portions, rounded, worth
from saas.sandbox.stripe.billing.reductions import reductions, shared

MONTH = Period(0, 30 * 86_400)
HALF = 15 * 86_400


def per_unit(amount: str, **more: Any) -> dict[str, Any]:
    return {"billing_scheme": "per_unit", "unit_amount_decimal": amount, **more}


def tiered(mode: str, *tiers: tuple[int | None, str, str | None]) -> dict[str, Any]:
    rows = [{"up_to": top, "unit_amount_decimal": unit, "flat_amount_decimal": flat} for top, unit, flat in tiers]
    return {"billing_scheme": "tiered", "tiers_mode": mode, "tiers": rows}


STEPS = ((5, "700", None), (10, "650", None), (None, "600", None))


def test_half_way_from_ten_to_twenty_dollars_credits_five_and_debits_ten() -> None:
    assert (credit(1000, MONTH, HALF), debit(Decimal(2000), MONTH, HALF)) == (-500, 1000)


@pytest.mark.parametrize(("moment", "left"), [(0, -1000), (MONTH.end, 0), (MONTH.end + 1, 0), (-5, -1000)])
def test_a_credit_is_never_more_than_was_debited_nor_less_than_nothing(moment: int, left: int) -> None:
    assert credit(1000, MONTH, moment) == left


@pytest.mark.parametrize(
    ("quantity", "graduated", "volume"), [(5, 3500, 3500), (6, 4150, 3900), (11, 7350, 6600), (20, 12750, 12000)]
)
def test_tiers_add_up_step_by_step_or_price_the_whole(quantity: int, graduated: int, volume: int) -> None:
    assert worth(tiered("graduated", *STEPS), quantity) == graduated
    assert worth(tiered("volume", *STEPS), quantity) == volume


def test_flat_amounts_of_the_tiers_that_are_reached_are_added() -> None:
    price = tiered("graduated", (100, "0", "1000"), (None, "0.5", "200"))
    assert [worth(price, quantity) for quantity in (0, 100, 101)] == [1000, 1000, Decimal("1200.5")]


def test_included_units_are_a_portion_that_costs_nothing() -> None:
    included, beyond = portions(tiered("graduated", (1000, "0", None), (None, "0.04", None)), 1500)
    assert (included.quantity, included.worth) == (1000, 0)
    assert (beyond.quantity, beyond.worth) == (500, 20)


def test_packages_round_up_or_down_as_the_price_says() -> None:
    up, down = ({"transform_quantity": {"divide_by": 100, "round": way}} for way in ("up", "down"))
    assert (worth(per_unit("50", **up), 101), worth(per_unit("50", **down), 199)) == (100, 50)


def test_fractions_of_a_cent_stay_exact_until_the_line_is_rounded() -> None:
    assert worth(per_unit("0.000000000001"), 10**12) == 1
    assert [rounded(worth(per_unit("0.5"), quantity)) for quantity in (1, 2, 3)] == [1, 1, 2]
    assert rounded(Decimal("-0.5")) == -1


def test_a_percentage_is_taken_off_each_amount_and_a_sum_is_shared_out() -> None:
    assert reductions({"percent_off": 25.0, "amount_off": None}, [1000, 333]) == [250, 83]
    assert reductions({"percent_off": None, "amount_off": 100}, [1000, 2000]) == [33, 67]
    assert reductions({"percent_off": None, "amount_off": 9999}, [1000, 2000]) == [1000, 2000]


@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**7), min_size=1, max_size=9))
def test_shares_always_add_up(total: int, weights: list[int]) -> None:
    parts = shared(min(total, sum(weights)), weights)
    assert sum(parts) == min(total, sum(weights))
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
