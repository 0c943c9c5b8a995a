"""The revenue ledger: what moves, what follows from it, and that it comes out even whatever happened."""

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from saas.billing.models import Subscription
from saas.billing.revenue.flows import Flow, LifetimeValue, lifetime_value
from saas.billing.revenue.queries.ledger import (
    Ledger,
    get_flow,
    list_flows,
    list_flows_and_whole,
    list_ledgers,
    list_movements,
    list_parts,
    list_scheduled_losses,
)
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.scope import platform_scope
from tests.billing.ledgers import Row, day, trials, walk, worth_at, write

START, END = day("2025-01-01"), day("2025-04-01")
SECONDS = [START + timedelta(days=9 * number) for number in range(10)]


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Lives of three customers with up to three subscriptions each; several rows may fall into one second."""
    row = st.builds(
        Row,
        who=st.integers(0, 2),
        sub=st.sampled_from("abc"),
        at=st.sampled_from(SECONDS),
        amount=st.sampled_from([0, 700, 1000, 2999]),
        status=st.sampled_from(["trialing", "active", "active", "past_due", "unpaid", "paused", "canceled"]),
        source=st.sampled_from(["0 a", "1 b", "1 c", "2 d", "9 look"]),
        months=st.sampled_from([1, 3, 7, 12]),
    )
    return draw(st.lists(row, max_size=25, unique_by=lambda row: (row.id, row.at, row.source)))


def read(rows: list[Row], ask: Callable[[Ledger], object]) -> object:
    """What a question about the only ledger answers; nothing stays."""
    with platform_scope() as session:
        write(session, rows)
        return next(iter([ask(ledger) for ledger in list_ledgers()]), None)


class TestWhateverHappened:
    @given(histories())
    @hypothesis_settings(max_examples=60)
    def test_movements_are_those_of_a_walk_through_all_moments(self, app, rows):
        def told(ledger):
            return [(one.at, one.tenant_id, one.kind, one.change) for one in list_movements(ledger, START, END)]

        assert (read(rows, told) or []) == walk(rows)

    @given(
        histories(),
        st.tuples(st.sampled_from(SECONDS), st.sampled_from(SECONDS)).filter(lambda pair: pair[0] < pair[1]),
    )
    @hypothesis_settings(max_examples=60)
    def test_the_end_is_the_start_and_what_moved_between(self, app, rows, period):
        def told(ledger):
            return get_flow(ledger, *period), list_parts(ledger, period[1])

        found = read(rows, told)
        if found is None:
            return
        flow, parts = found
        start, end = (
            sum((worth_at(rows, who, moment - timedelta(seconds=1)) for who in range(3)), Fraction(0))
            for moment in period
        )
        moved = flow.moved
        assert flow.start == start
        assert flow.mrr == end
        assert end == start + moved.new + moved.reactivation + moved.expansion - moved.contraction - moved.churn
        assert sum(part.mrr for part in parts) == end
        assert flow.customers == sum(worth_at(rows, who, period[1] - timedelta(seconds=1)) > 0 for who in range(3))
        assert sum(loss.mrr for loss in flow.losses.values()) == moved.churn
        if start:
            assert 0 <= flow.grr <= min(1, flow.nrr)

    @given(histories())
    @hypothesis_settings(max_examples=100)
    def test_trials_are_those_that_a_walk_meets(self, app, rows):
        def told(ledger):
            found = get_flow(ledger, START, END).trials
            return found.ended, found.converted

        assert (read(rows, told) or (0, 0)) == trials(rows)

    @given(histories(), st.randoms(use_true_random=False))
    @hypothesis_settings(max_examples=25)
    def test_the_order_in_which_rows_came_does_not_matter(self, app, rows, chance: Random):
        def told(ledger):
            return list_flows_and_whole(ledger, SECONDS, SECONDS[3])

        shuffled = list(rows)
        chance.shuffle(shuffled)
        assert read(rows, told) == read(shuffled, told)

    @given(histories())
    @hypothesis_settings(max_examples=25)
    def test_periods_join_without_a_gap(self, app, rows):
        flows = read(rows, lambda ledger: list_flows(ledger, SECONDS)) or []
        for earlier, later in pairwise(flows):
            assert (earlier.mrr, earlier.customers) == (later.start, later.customers_at_start)


def kinds(*rows: Row) -> list[tuple[str, Fraction]]:
    """Kind and change of all movements."""
    return read(list(rows), lambda ledger: [(one.kind, one.change) for one in list_movements(ledger, START, END)]) or []


class TestMovements:
    def test_a_trial_is_worth_nothing_until_it_is_paid_for(self, app):
        tried = Row(0, day("2025-01-01"), 2900, "trialing")
        assert kinds(tried) == []
        assert kinds(tried, Row(0, day("2025-01-15"), 2900)) == [("new", 2900)]

    def test_a_year_is_spread_over_its_months_exactly(self, app):
        assert kinds(Row(0, START, 10000, months=12)) == [("new", Fraction(10000, 12))]

    def test_renewals_and_late_payments_change_nothing(self, app):
        rows = (Row(0, START, 2900), Row(0, day("2025-02-01"), 2900, "past_due"), Row(0, day("2025-02-03"), 2900))
        assert kinds(*rows) == [("new", 2900)]

    def test_losing_one_of_two_subscriptions_is_contraction_losing_the_last_is_churn(self, app):
        two = (Row(0, START, 2900), Row(0, day("2025-01-02"), 900, sub="b"))
        one_gone = Row(0, day("2025-02-01"), 900, "canceled", sub="b")
        both_gone = Row(0, day("2025-03-01"), 2900, "canceled")
        assert kinds(*two, one_gone, both_gone) == [
            *(("new", 2900), ("expansion", 900), ("contraction", -900), ("churn", -2900)),
        ]

    def test_one_subscription_for_another_in_the_same_second_is_no_movement(self, app):
        moment = day("2025-02-01")
        swap = (Row(0, moment, 2900, "canceled"), Row(0, moment, 2900, sub="b"))
        assert kinds(Row(0, START, 2900), *swap) == [("new", 2900)]

    def test_of_several_rows_in_a_second_the_last_by_source_counts(self, app):
        rows = [Row(0, START, 900, source="0 evt"), Row(0, START, 2900, source="1 evt")]
        assert kinds(*rows) == kinds(*reversed(rows)) == [("new", 2900)]

    def test_a_trial_that_goes_on_in_the_same_second_has_not_ended(self, app):
        second = day("2025-02-01")
        tried = Row(0, START, 2900, "trialing")
        rows = [tried, Row(0, second, 2900, source="1 evt"), Row(0, second, 2900, "trialing", source="2 evt")]
        assert read(rows, lambda ledger: get_flow(ledger, START, END).trials.ended) == 0
        assert read(rows[:2], lambda ledger: get_flow(ledger, START, END).trials.ended) == 1

    def test_who_pauses_has_left_and_who_goes_on_is_back(self, app):
        rows = (Row(0, START, 2900), Row(0, day("2025-02-01"), 2900, "paused"), Row(0, day("2025-03-01"), 2900))
        assert kinds(*rows) == [("new", 2900), ("churn", -2900), ("reactivation", 2900)]

    def test_the_end_of_a_discount_is_expansion(self, app):
        assert kinds(Row(0, START, 1450), Row(0, day("2025-02-01"), 2900)) == [("new", 1450), ("expansion", 1450)]

    def test_coming_and_leaving_in_one_month_shows_both(self, app):
        rows = [Row(0, START, 2900), Row(0, day("2025-01-09"), 2900, "canceled")]
        flow = read(rows, lambda ledger: get_flow(ledger, START, day("2025-02-01")))
        assert (flow.moved.new, flow.moved.churn, flow.mrr) == (2900, 2900, 0)
        assert (flow.customers_moved.new, flow.customers_moved.lost) == (1, 1)

    def test_a_moment_belongs_to_the_period_that_it_begins(self, app):
        rows = [Row(0, day("2025-02-01"), 2900)]
        before, after = read(rows, lambda ledger: list_flows(ledger, [START, day("2025-02-01"), END]))
        assert (before.moved.new, before.mrr, after.moved.new) == (0, 0, 2900)

    def test_what_is_asked_next_in_the_transaction_is_planned_as_ever(self, app):
        def planning(ledger: Ledger) -> object:
            get_flow(ledger, START, END)
            names = ("enable_sort", "max_parallel_workers_per_gather")
            return [
                db.session.scalar(text(f"SELECT setting = reset_val FROM pg_settings WHERE name = '{name}'"))
                for name in names
            ]

        assert read([Row(0, START, 2900)], planning) == [True, True]

    def test_currencies_are_never_added(self, app):
        rows = [Row(0, START, 2900), Row(1, START, 5000, currency="USD")]
        with platform_scope() as session:
            write(session, rows)
            ends = {ledger.currency: get_flow(ledger, START, END).mrr for ledger in list_ledgers()}
        assert ends == {"EUR": 2900, "USD": 5000}


class TestCauses:
    @pytest.mark.parametrize(
        ("before", "last", "reason", "cause"),
        [
            ("active", "canceled", "cancellation_requested", "asked"),
            ("active", "canceled", "", "asked"),
            ("active", "canceled", "payment_disputed", "payment"),
            ("past_due", "canceled", "payment_failed", "payment"),
            ("past_due", "canceled", "", "payment"),
            ("past_due", "canceled", "cancellation_requested", "asked"),
            ("past_due", "unpaid", "", "payment"),
            ("active", "paused", "", "paused"),
        ],
    )
    def test_churn_tells_why(self, app, before, last, reason, cause):
        rows = [Row(0, START, 2900, before), Row(0, day("2025-02-01"), 2900, last, reason=reason)]
        flow = read(rows, lambda ledger: get_flow(ledger, START, END))
        assert {name: (loss.customers, loss.mrr) for name, loss in flow.losses.items() if loss.customers} == {
            cause: (1, 2900)
        }


@pytest.fixture
def february(app) -> Flow:
    """A month by hand. At its start 0, 1, 2 and 3 pay 100 each; 0 doubles, 1 pays 40 less, 2 leaves, 3 leaves and comes back for
    30; 4 comes for 50 and grows to 80, 5 comes for 70 and leaves."""

    def month(number: int) -> datetime:
        return day(f"2025-02-{number:02}")

    return read(
        [
            *(Row(who, START, 100) for who in range(4)),
            *(Row(0, month(3), 200), Row(1, month(4), 60), Row(2, month(5), 100, "canceled")),
            *(Row(3, month(6), 100, "canceled"), Row(3, month(20), 30), Row(3, month(21), 90)),
            *(Row(4, month(7), 50), Row(4, month(8), 80), Row(5, month(9), 70), Row(5, month(10), 70, "canceled")),
        ],
        lambda ledger: get_flow(ledger, month(1), day("2025-03-01")),
    )


class TestFigures:
    def test_sums(self, february):
        moved = february.moved
        assert (february.start, moved.new, moved.reactivation) == (400, 120, 30)
        assert (moved.expansion, moved.contraction, moved.churn) == (100 + 60 + 30, 40, 270)
        assert (february.mrr, february.arr, february.customers) == (430, 5160, 4)
        assert february.arpa == Fraction(430, 4)

    def test_churn_is_measured_against_the_start(self, february):
        assert february.logo_churn == Fraction(3, 4)
        assert february.gross_churn == Fraction(310, 400)
        assert february.net_churn == Fraction(310 - 190, 400)

    def test_retention_knows_only_those_of_the_start_and_nobody_who_came_back(self, february):
        assert february.nrr == Fraction(400 + 100 - 40 - 200, 400)
        assert february.grr == Fraction(400 - 40 - 200, 400)

    def test_nobody_loses_more_than_the_start_in_gross_retention(self, app):
        rows = [Row(0, START, 100), Row(0, day("2025-02-02"), 300), Row(0, day("2025-02-03"), 300, "canceled")]
        flow = read(rows, lambda ledger: get_flow(ledger, day("2025-02-01"), END))
        assert (flow.grr, flow.nrr, flow.gross_churn) == (0, 0, 3)

    def test_nothing_is_divided_by_nothing(self, app):
        flow = read([Row(0, END, 100)], lambda ledger: get_flow(ledger, START, END))
        rates = (
            flow.arpa,
            flow.logo_churn,
            flow.gross_churn,
            flow.net_churn,
            flow.nrr,
            flow.grr,
            flow.trials.conversion,
        )
        assert rates == (None,) * 7

    def test_trials_count_where_they_end(self, app):
        paid = [Row(0, START, 100, "trialing"), Row(0, day("2025-02-02"), 100)]
        left = [Row(1, START, 100, "trialing"), Row(1, day("2025-02-03"), 100, "canceled")]
        later = [Row(2, START, 100, "trialing"), Row(2, day("2025-02-04"), 100, "paused"), Row(2, END, 100)]
        still = [Row(3, START, 100, "trialing")]
        bounds = [START, day("2025-02-01"), day("2025-03-01"), END]
        flows = read([*paid, *left, *later, *still], lambda ledger: list_flows(ledger, bounds))
        assert [(flow.trials.ended, flow.trials.converted) for flow in flows] == [(0, 0), (3, 2), (0, 0)]

    def test_revenue_by_plan_and_cycle_is_that_of_the_moment(self, app):
        rows = [
            *(Row(0, START, 100, plan="basic"), Row(0, day("2025-02-01"), 300)),
            *(Row(1, START, 300), Row(2, START, 1200, months=12), Row(3, START, 300, "trialing")),
        ]

        def shown(moment: datetime) -> list[tuple[str, str, int, Fraction]]:
            return read(
                rows, lambda ledger: [(p.plan, p.cycle, p.subscriptions, p.mrr) for p in list_parts(ledger, moment)]
            )

        assert shown(day("2025-02-01")) == [
            ("pro", "month", 1, 300),
            ("basic", "month", 1, 100),
            ("pro", "year", 1, 100),
        ]
        assert shown(END) == [("pro", "month", 2, 600), ("pro", "year", 1, 100)]


class TestLifetimeValue:
    @staticmethod
    def after(lost_by_month: list[int]) -> LifetimeValue | None:
        """Two hundred customers who pay 1 000 from the start on, some of whom leave month by month."""
        months = [day(f"2025-{number:02}-01") for number in range(2, 3 + len(lost_by_month))]
        leavers = iter(range(200))
        gone = [
            Row(next(leavers), at, 1000, "canceled")
            for at, lost in zip(months, lost_by_month, strict=False)
            for _ in range(lost)
        ]
        flows = read([*(Row(who, START, 1000) for who in range(200)), *gone], lambda ledger: list_flows(ledger, months))
        return lifetime_value(flows[-1].arpa, Fraction(4, 5), flows)

    def test_it_is_what_is_left_of_what_a_customer_pays_as_long_as_it_stays(self, app):
        value = self.after([10, 10, 10])
        churn = Fraction(30, 200 + 190 + 180)
        assert value == LifetimeValue(1000 * Fraction(4, 5) / churn, churn, capped=False)

    @pytest.mark.parametrize("lost", [[0, 0, 0], [1, 1, 1], [50, 50]])
    def test_with_little_churn_or_few_months_it_stops_at_sixty_months(self, app, lost):
        value = self.after(lost)
        assert (value.value, value.capped) == (1000 * Fraction(4, 5) * 60, True)

    def test_without_customers_there_is_none(self, app):
        assert lifetime_value(None, Fraction(1), []) is None


class TestScheduledLosses:
    def test_what_was_cancelled_is_shown_until_service_ends(self, app, acme):
        def subscription(id: str, status: str, cancel_at: datetime | None) -> Subscription:
            about = {"plan": "pro", "version": "1", "cycle": "year", "currency": "EUR", "amount": 1200, "months": 12}
            return Subscription(
                id=id,
                tenant_id=acme.id,
                status=status,
                cancel_at=cancel_at,
                item_id="si",
                created_at=START,
                duplicate=True,
                **about,
            )

        soon = now() + timedelta(days=40)
        with platform_scope() as session:
            session.add_all(
                [
                    *(subscription("sub_ends", "active", soon), subscription("sub_stays", "active", None)),
                    *(subscription("sub_tried", "trialing", soon), subscription("sub_gone", "canceled", soon)),
                ]
            )
            session.flush()
            losses = [one for one in list_scheduled_losses("EUR", now()) if one.tenant_id == acme.id]
            assert [(one.at, one.mrr) for one in losses] == [(soon, 100)]
            later = list_scheduled_losses("EUR", soon + timedelta(seconds=1))
            assert acme.id not in {one.tenant_id for one in later}

    def test_the_ledger_loses_it_when_service_ends(self, app):
        rows = [Row(0, START, 1200, months=12), Row(0, day("2025-03-01"), 1200, "canceled", months=12)]
        before, after = read(rows, lambda ledger: list_flows(ledger, [START, day("2025-03-01"), END]))
        assert (before.mrr, after.mrr, after.moved.churn) == (100, 0, 100)
