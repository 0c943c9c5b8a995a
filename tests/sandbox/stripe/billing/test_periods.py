"""Periods: month ends, leap years, weeks, moments before the anchor."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.sandbox.stripe.billing.periods import DAY, Period, boundary, period_at


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


@pytest.mark.parametrize(
    ("anchor", "interval", "expected"),
    [
        ("2027-01-31", "month", ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]),
        ("2028-01-30", "month", ["2028-02-29", "2028-03-30", "2028-04-30", "2028-05-30"]),
        ("2028-02-29", "year", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2027-12-15", "month", ["2028-01-15", "2028-02-15", "2028-03-15", "2028-04-15"]),
        ("2027-03-25", "week", ["2027-04-01", "2027-04-08", "2027-04-15", "2027-04-22"]),
    ],
)
def test_boundaries_follow_the_anchor_and_come_back_to_its_day(anchor: str, interval: str, expected: list[str]) -> None:
    assert [day(boundary(at(anchor), interval, 1, number)) for number in (1, 2, 3, 4)] == expected


def test_a_moment_on_a_boundary_begins_the_later_period() -> None:
    anchor = at("2027-01-31")
    assert period_at(anchor, "month", 1, at("2027-02-28")) == Period(at("2027-02-28"), at("2027-03-31"))
    assert period_at(anchor, "month", 1, at("2027-02-28") - 1) == Period(anchor, at("2027-02-28"))


def test_a_moment_before_the_anchor_lies_in_the_period_that_ends_there() -> None:
    anchor = at("2027-03-31")
    assert period_at(anchor, "month", 1, anchor - 1) == Period(at("2027-02-28"), anchor)


@given(
    anchor=st.integers(at("2020-01-01"), at("2032-12-31")),
    interval=st.sampled_from(["day", "week", "month", "year"]),
    count=st.integers(1, 6),
    offset=st.integers(-3_000 * DAY, 3_000 * DAY),
)
def test_every_moment_lies_in_its_period_and_periods_touch(anchor: int, interval: str, count: int, offset: int) -> None:
    period = period_at(anchor, interval, count, anchor + offset)
    assert period.start <= anchor + offset < period.end
    assert period_at(anchor, interval, count, period.end).start == period.end
