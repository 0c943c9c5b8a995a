"""Consuming: counted and refused in one statement, once for each key, priced to the last decimal."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.catalogue.pricing import charge
from saas.catalogue.terms import Rating, Tier
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid
from saas.tenancy.limits import LimitReached
from saas.tenancy.scope import platform_scope, tenant_scope, tenant_work
from saas.usage.charging import Shape, charge_sql, charge_values
from saas.usage.operations.consuming import consume, give_back
from saas.usage.operations.rolling import rebuild
from saas.usage.periods import period_of
from tests.usage.conftest import events_of, total_of, use


class TestLimits:
    def test_what_fits_is_counted_and_what_does_not_is_refused_with_the_way_out(self, on_plan):
        free = on_plan("free")
        assert use(free, "images", 4).used == 4
        with pytest.raises(LimitReached) as refused:
            use(free, "images", 2)
        assert (refused.value.limit, refused.value.used, refused.value.wanted) == (5, 4, 2)
        assert refused.value.resets_at == period_of(now()).end
        assert refused.value.plans == ["trial", "pro", "enterprise"]
        assert "Your plan has 5 images a month; 4 images are in use. This needs 2 images more." in str(refused.value)
        assert use(free, "images", 1).used == 5
        assert [event.quantity for event in events_of(free, "images")] == [4, 1]

    def test_the_first_use_can_be_too_much(self, on_plan):
        free = on_plan("free")
        with pytest.raises(LimitReached, match="0 images are in use"):
            use(free, "images", 6)
        assert events_of(free, "images") == []

    def test_without_a_limit_use_goes_on(self, on_plan):
        assert use(on_plan("pro"), "images", 10**6).limit is None

    def test_a_meter_that_is_not_sold_is_not_counted(self, acme):
        with tenant_work(acme):
            assert consume("bandwidth", 5, actor=SYSTEM) is None

    def test_what_is_rolled_back_was_never_used(self, on_plan):
        free = on_plan("free")
        with tenant_scope(free):
            consume("images", 5, actor=SYSTEM)
        assert use(free, "images", 5).used == 5

    def test_of_many_at_once_none_passes_the_limit(self, on_plan):
        free = on_plan("free")

        def attempt(_number: int) -> bool:
            try:
                use(free, "images")
            except LimitReached:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(attempt, range(60))) == 5
        assert total_of(free, "images").used == 5 == len(events_of(free, "images"))

    def test_storage_stands_from_one_period_to_the_next_and_is_given_back(self, on_plan):
        free = on_plan("free")
        use(free, "storage", Decimal("0.9"), at=now() - timedelta(days=40))
        with pytest.raises(LimitReached) as refused:
            use(free, "storage", Decimal("0.2"))
        assert refused.value.resets_at is None
        use(free, "storage", Decimal("-0.5"))
        assert use(free, "storage", Decimal("0.2")).used == Decimal("0.6")

    def test_of_a_maximum_the_most_counts(self, acme):
        for number in (3, 7, 5):
            use(acme, "peak", number)
        assert total_of(acme, "peak").used == 7


class TestKeys:
    def test_the_same_key_counts_once_and_says_so(self, on_plan):
        pro = on_plan("pro")
        first, second = (use(pro, "images", 3, key="a-1") for _ in range(2))
        assert (first.again, second.again, second.event_id) == (False, True, first.event_id)
        assert total_of(pro, "images").used == 3

    def test_a_key_that_comes_again_with_something_else_is_refused(self, on_plan):
        pro = on_plan("pro")
        use(pro, "images", 3, key="a-1")
        with pytest.raises(Conflict, match="given to another event"):
            use(pro, "images", 4, key="a-1")

    def test_of_many_with_one_key_at_once_one_counts(self, on_plan):
        pro = on_plan("pro")
        with ThreadPoolExecutor(6) as threads:
            receipts = list(threads.map(lambda _n: use(pro, "images", 2, key="same"), range(12)))
        assert sum(not receipt.again for receipt in receipts) == 1
        assert total_of(pro, "images").used == 2


class TestCosts:
    def test_what_is_included_is_free_and_each_event_knows_what_it_added(self, on_plan):
        pro = on_plan("pro")
        assert [use(pro, "images", number).cost for number in (8, 4, 1)] == [0, Decimal("0.10"), Decimal("0.05")]
        assert total_of(pro, "images").cost == Decimal("0.15")

    def test_dimensions_have_prices_of_their_own(self, acme):
        assert use(acme, "ai_tokens", 1000, dimension="deep").cost == Decimal("0.02")
        with pytest.raises(Invalid, match="no price for this model"):
            use(acme, "ai_tokens", 1000, dimension="dreamy")

    def test_a_late_event_counts_in_the_period_when_it_happened(self, on_plan):
        pro, before = on_plan("pro"), period_of(now()).before()
        assert use(pro, "images", 12, at=before.start + timedelta(days=3)).cost == Decimal("0.10")
        assert use(pro, "images", 9).cost == 0

    @given(
        rating=st.one_of(
            st.builds(Rating, price=st.decimals(0, 9, places=4), per=st.integers(1, 50)),
            st.builds(Rating, flat=st.decimals(0, 9, places=2)),
            st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True).map(
                lambda ends: Rating(
                    tiers=tuple(
                        Tier(up_to=end, price=Decimal(index) / 7) for index, end in enumerate([*sorted(ends), None])
                    )
                )
            ),
        ),
        used=st.decimals(0, 90, places=3),
        included=st.integers(0, 30),
    )
    def test_the_database_charges_what_the_catalogue_says(self, app, rating, used, included):
        values = charge_values(rating, included=included, dimension="") | {"used": used}
        with platform_scope() as session:
            asked = f"SELECT {charge_sql(Shape.of(rating), '%(used)s::numeric')}"
            found = session.connection().exec_driver_sql(asked, values).scalar_one()
        assert abs(found - charge(rating, used, included=included)) < Decimal("1e-15")


class TestValues:
    @pytest.mark.parametrize(
        ("quantity", "refusal"),
        [
            (0, "above zero"),
            (-1, "above zero"),
            ("NaN", "number"),
            ("1e999", "number"),
            (True, "number"),
            (10**15, "number"),
        ],
    )
    def test_a_quantity_that_is_none_is_refused(self, acme, quantity, refusal):
        with pytest.raises(Invalid, match=refusal):
            use(acme, "images", quantity)

    @pytest.mark.parametrize(
        ("about", "field"),
        [
            ({"at": datetime(2999, 1, 1, tzinfo=UTC)}, "at"),
            ({"at": datetime(2026, 1, 1)}, "at"),  # noqa: DTZ001 - that it has no zone is the fault
            ({"key": ""}, "key"),
            ({"key": "x" * 201}, "key"),
            ({"resource": "a\0b"}, "resource"),
            ({"outcome": "maybe"}, "outcome"),
            ({"duration_ms": -1}, "duration_ms"),
        ],
    )
    def test_what_else_is_wrong_is_named(self, acme, about, field):
        with pytest.raises(Invalid) as refused:
            use(acme, "images", **about)
        assert refused.value.field == field

    def test_what_stands_is_not_recorded(self, acme):
        with pytest.raises(Invalid, match="counted by itself"):
            use(acme, "users")


class TestGivingBack:
    def test_it_undoes_a_use_to_the_last_decimal_and_once_whatever_the_plan_says_by_now(self, on_plan):
        pro = on_plan("pro")
        use(pro, "images", 8)
        receipt = use(pro, "images", 12, user_id=pro.people["Bob"].id)
        assert receipt.cost == Decimal("0.50")
        on_plan("free")
        for _ in range(2):
            with tenant_work(pro):
                give_back(receipt, actor=SYSTEM)
        assert (total_of(pro, "images").used, total_of(pro, "images").cost) == (8, 0)
        last = events_of(pro, "images")[-1]
        assert (last.quantity, last.cost, last.actor_id) == (-12, Decimal("-0.50"), pro.people["Bob"].id)
        with tenant_work(pro):
            assert rebuild(actor=SYSTEM) == 0


def test_periods_are_months_that_follow_each_other():
    periods = [period_of(datetime(2027, month, 15, 12, tzinfo=UTC)) for month in range(1, 13)]
    assert all(one.end == other.start for one, other in pairwise(periods))
    assert period_of(periods[0].start).before().start == datetime(2026, 12, 1, tzinfo=UTC)
    assert periods[1].days == 28
