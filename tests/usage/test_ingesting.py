"""Ingesting: batches of uses, each key once, within the limits or not at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid
from saas.tenancy.limits import LimitReached
from saas.tenancy.scope import tenant_work
from saas.usage.operations.ingesting import Ingested, ingest
from saas.usage.periods import period_of
from saas.usage.uses import Use
from tests.cast import Organisation
from tests.usage.conftest import events_of, total_of, use


def send(organisation: Organisation, *uses: Use) -> Ingested:
    with tenant_work(organisation):
        return ingest(uses, actor=SYSTEM)


class TestCounting:
    def test_a_batch_costs_and_counts_as_its_events_one_by_one(self, on_plan, umbrella):
        pro = on_plan("pro")
        quantities = [4, 7, 1, 3]
        assert send(pro, *(Use("images", number) for number in quantities)).recorded == 4
        at_once = [(event.quantity, event.cost) for event in events_of(pro, "images")]
        assert at_once == [(4, 0), (7, Decimal("0.05")), (1, Decimal("0.05")), (3, Decimal("0.15"))]
        assert (total_of(pro, "images").used, total_of(pro, "images").cost) == (15, Decimal("0.25"))
        assert use(pro, "images", 1).cost == Decimal("0.05")

    def test_meters_and_months_are_added_up_apart(self, on_plan):
        pro, before = on_plan("pro"), period_of(now()).before().start + timedelta(days=2)
        send(
            pro,
            Use("images", 2),
            Use("images", 12, at=before),
            Use("ai_tokens", 1000, dimension="deep"),
            Use("peak", 3),
        )
        assert [event.cost for event in events_of(pro, "images")] == [0, Decimal("0.10")]
        assert total_of(pro, "ai_tokens").cost == Decimal("0.02")
        assert send(pro, Use("peak", 2), Use("peak", 5)).recorded == 2
        assert total_of(pro, "peak").used == 5

    def test_a_price_that_is_not_there_refuses_all_of_it(self, acme):
        with pytest.raises(Invalid, match="no price for “dreamy”"):
            send(acme, Use("workflow_runs"), Use("ai_tokens", 1, dimension="dreamy"))
        assert events_of(acme, "workflow_runs") == []


class TestLimits:
    def test_what_does_not_fit_together_is_refused_as_a_whole(self, on_plan):
        free = on_plan("free")
        with pytest.raises(LimitReached) as refused:
            send(free, Use("images", 3), Use("images", 3))
        assert (refused.value.limit, refused.value.used, refused.value.wanted) == (5, 0, 6)
        assert events_of(free, "images") == []
        assert send(free, Use("images", 3), Use("images", 2)).recorded == 2

    def test_of_many_batches_at_once_none_passes_the_limit(self, on_plan):
        free = on_plan("free")

        def attempt(_number: int) -> int:
            try:
                return send(free, Use("images", 1), Use("images", 1)).recorded
            except LimitReached:
                return 0

        with ThreadPoolExecutor(6) as threads:
            assert sum(threads.map(attempt, range(12))) == 4
        assert total_of(free, "images").used == 4


class TestKeys:
    def test_what_is_known_is_left_out_here_and_within_the_batch(self, on_plan):
        pro = on_plan("pro")
        first = [Use("images", 1, key=f"k{number}") for number in (1, 2, 2)]
        assert send(pro, *first) == Ingested(2, 1)
        assert send(pro, *first, Use("images", 1, key="k3")) == Ingested(1, 3)
        assert total_of(pro, "images").used == 3
        assert use(pro, "images", 1, key="k3").again

    def test_a_batch_whose_answer_was_lost_can_be_sent_again_where_the_limit_is_reached(self, on_plan):
        free, batch = on_plan("free"), [Use("images", 3, key="a"), Use("images", 2, key="b")]
        assert send(free, *batch) == Ingested(2, 0)
        assert send(free, *batch) == Ingested(0, 2)
        with pytest.raises(LimitReached):
            send(free, *batch, Use("images", 1, key="c"))

    def test_what_has_happened_is_recorded_beyond_every_bound(self, on_plan):
        free = on_plan("free")
        with tenant_work(free):
            assert ingest([Use("images", 9)], actor=SYSTEM, beyond=True).recorded == 1
        assert total_of(free, "images").used == 9

    def test_a_key_with_something_else_refuses_all_of_it(self, on_plan):
        pro = on_plan("pro")
        send(pro, Use("images", 1, key="k1"))
        with pytest.raises(Conflict, match="“k1” was given to another event"):
            send(pro, Use("images", 1), Use("images", 2, key="k1"))
        assert total_of(pro, "images").used == 1

    def test_the_same_batch_from_many_at_once_counts_once(self, on_plan):
        pro, batch = on_plan("pro"), [Use("images", 1, key=f"k{number}") for number in range(20)]
        with ThreadPoolExecutor(4) as threads:
            recorded = list(threads.map(lambda _n: send(pro, *batch).recorded, range(8)))
        assert (sum(recorded), total_of(pro, "images").used) == (20, 20)
