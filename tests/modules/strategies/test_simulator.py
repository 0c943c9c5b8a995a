"""Prices, signals and the simulator: pure functions, the same for the same."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.modules.strategies.kinds import KINDS, MARKETS, PARAMETERS, describe, faults_of
from saas.modules.strategies.models import Plan
from saas.modules.strategies.prices import prices
from saas.modules.strategies.signals import wishes
from saas.modules.strategies.simulator import minutes_of, simulate
from tests.modules.strategies.conftest import usual

DAY = date(2026, 3, 10)


def plan(kind: str, market: str = "BTC-USD", **told: str) -> Plan:
    return {
        "kind": kind,
        "venue": "kestrel",
        "market": market,
        "parameters": usual(kind) | told,
        "last_day": DAY.isoformat(),
    }


@pytest.mark.parametrize("market", MARKETS)
def test_prices_are_the_same_for_the_same_days_and_never_below_zero(market):
    found = prices(market, DAY, 60)
    assert found == prices(market, DAY, 60)
    assert len(found) == 60 * 24
    assert min(found) > 0
    assert found != prices(market, DAY - timedelta(days=1), 60)


def test_two_periods_tell_the_same_about_the_days_they_share():
    long, short = prices("BTC-USD", DAY, 90), prices("BTC-USD", DAY, 30)
    assert long[-1] / long[-25] == pytest.approx(short[-1] / short[-25])


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_plan_gives_the_same_and_trades_now_and_then(kind):
    found = simulate(plan(kind), days=90, capital=Decimal(1000))
    assert found == simulate(plan(kind), days=90, capital=Decimal(1000))
    assert 0 < found.trades < 500
    assert 0 < found.drawdown < 1
    assert len(found.outcome["curve"]) == len(found.outcome["holding"]) == len(found.outcome["days"]) == 90
    assert found.outcome["days"][-1] == DAY.isoformat()
    assert float(found.gain) == pytest.approx(found.outcome["curve"][-1] / 1000 - 1, abs=1e-4)


def test_capital_changes_amounts_and_not_shares():
    small, large = (simulate(plan("momentum"), days=30, capital=Decimal(one)) for one in (1000, 50_000))
    assert float(small.gain) == pytest.approx(float(large.gain), abs=1e-5)
    assert small.trades == large.trades


def test_what_never_buys_keeps_its_money():
    found = simulate(plan("momentum", rise="50"), days=30, capital=Decimal(1000))
    assert (found.gain, found.drawdown, found.trades) == (0, 0, 0)
    assert set(found.outcome["curve"]) == {1000}


def test_buying_the_dip_waits_for_the_fall_and_sells_at_the_gain():
    series = [100.0, 100.0, 94.0, 96.0, 99.0, 99.0]
    wanted = wishes("buy_the_dip", series, [], {"drop": 5, "gain": 4})
    assert wanted == [False, False, True, True, False, False]


def test_a_moving_average_holds_while_the_short_one_is_above():
    series = [10.0] * 5 + [11.0, 12.0, 13.0, 9.0, 5.0, 4.0]
    wanted = wishes("moving_average", series, [], {"fast": 2, "slow": 4})
    assert wanted[5:8] == [True, True, True]
    assert wanted[9:] == [False, False]


def test_mean_reversion_buys_far_below_the_usual_and_sells_there():
    series = [100.0, 101.0] * 5 + [90.0, 92.0, 104.0]
    assert wishes("mean_reversion", series, [], {"window": 10, "deviations": 2})[-3:] == [True, True, False]


def test_pairs_look_at_the_other_market():
    series, beside = [100.0, 101.0] * 6, [50.0, 50.5] * 5 + [60.0, 60.0]
    assert wishes("pairs", series, beside, {"window": 10, "deviations": 2})[-2]
    assert not any(wishes("pairs", series, [50.0, 50.5] * 6, {"window": 10, "deviations": 2}))


def test_computing_grows_with_the_days_and_the_kind():
    assert minutes_of(plan("moving_average"), 30) == Decimal("0.360")
    assert minutes_of(plan("moving_average"), 365) == Decimal("4.380")
    assert minutes_of(plan("pairs"), 30) == Decimal("1.440")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_usual_fits_and_is_described(kind):
    assert faults_of(kind, usual(kind)) == {}
    assert all(one.default in describe(kind, usual(kind)) for one in KINDS[kind].parameters)


@pytest.mark.parametrize(
    ("kind", "change", "field", "message"),
    [
        ("moving_average", {"fast": "1"}, "fast", "Give a number from 2 to 200."),
        ("moving_average", {"fast": "2.5"}, "fast", "Please enter a whole number."),
        ("moving_average", {"fast": "48"}, "slow", "The long average must be longer than the short one."),
        ("moving_average", {"slow": ""}, "slow", "Please enter a number."),
        ("buy_the_dip", {"drop": "NaN"}, "drop", "Please enter a number."),
        ("buy_the_dip", {"gain": "1e9"}, "gain", "Give a number from 1 to 100."),
        ("pairs", {"deviations": "0.5"}, "deviations", "Give a number from 1 to 5."),
    ],
)
def test_what_a_strategy_cannot_be_told_is_said(kind, change, field, message):
    assert faults_of(kind, usual(kind) | change) == {field: message}


@given(st.sampled_from(sorted(PARAMETERS)), st.text(max_size=20))
def test_any_text_is_a_number_or_told_to_be_none(name, text):
    fault = PARAMETERS[name].fault(text)
    assert fault or PARAMETERS[name].least <= Decimal(text.strip()) <= PARAMETERS[name].most
