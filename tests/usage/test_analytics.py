"""Analytics: read from the days' roll-ups alone, in as many statements however much was used."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.dialects.postgresql import insert

from saas.accounts.models import User
from saas.core.clock import now
from saas.core.ids import new_id
from saas.keys.models import ApiKey
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.usage.analytics import OTHER, SPANS, Span, get_adoption, get_courses, get_parts, get_shares
from saas.usage.models import UsageRollup
from saas.usage.operations.rolling import roll_up
from tests.cast import Organisation
from tests.support import statements_sent
from tests.usage.conftest import use


def roll(organisation: Organisation) -> None:
    with tenant_work(organisation):
        roll_up()


def day(organisation: Organisation, meter: str, days_ago: int, quantity: Decimal | int, **about: object) -> None:
    """A row of the days' roll-ups, and the month made of them, as the job would have made it."""
    start = now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)
    values = {"facet": "", "value": "", "cost": 0, "events": 1, "failed": 0, "timed": 0, "duration_ms": 0, **about}
    with tenant_work(organisation) as session:
        session.add(UsageRollup(grain="day", meter=meter, start=start, quantity=quantity, **values))
        month = {**values, "grain": "month", "meter": meter, "start": start.replace(day=1), "quantity": quantity}
        again = {name: getattr(UsageRollup, name) + month[name] for name in ("quantity", "cost", "events", "failed")}
        session.execute(
            insert(UsageRollup).values(month).on_conflict_do_update(constraint="pk_usage_rollups", set_=again)
        )


def member(person: User) -> str:
    return f"member:{person.id}"


class TestReads:
    def test_a_time_is_compared_with_the_time_before(self, acme):
        day(acme, "images", 0, 5, cost=Decimal("0.25"))
        day(acme, "images", 29, 10)
        day(acme, "images", 30, 4, cost=Decimal("0.10"))
        day(acme, "images", 59, 6)
        day(acme, "images", 60, 1000)
        with tenant_scope(acme):
            course = get_courses(Span.of(30))["images"]
        assert (course.total.quantity, course.before.quantity) == (15, 10)
        assert (course.total.cost, course.before.cost) == (Decimal("0.25"), Decimal("0.10"))
        assert course.change == 0.5
        assert [chunk.quantity for chunk in course.chunks if chunk.quantity] == [10, 5]
        assert (course.chunks[0].quantity, course.chunks[-1].quantity) == (10, 5)

    @pytest.mark.parametrize(("days", "chunks"), [(30, 30), (90, 90), (365, 73)])
    def test_charts_of_long_times_take_days_together(self, acme, days, chunks):
        day(acme, "images", days - 1, 7)
        day(acme, "images", 0, 8)
        day(acme, "images", 1, 9)
        with tenant_scope(acme):
            course = get_courses(Span.of(days))["images"]
        assert len(course.chunks) == chunks
        assert course.chunks[0].quantity == 7
        assert sum(chunk.quantity for chunk in course.chunks) == 24
        assert course.chunks[-1].quantity == (17 if days == 365 else 8)

    def test_success_and_duration_are_told_where_they_are_known(self, acme):
        day(acme, "images", 0, 4, events=4, failed=1, timed=2, duration_ms=3000)
        day(acme, "api_calls", 0, 4, events=4)
        with tenant_scope(acme):
            courses = get_courses(Span.of(30))
        assert (courses["images"].total.success, courses["images"].total.average_ms) == (0.75, 1500)
        assert (courses["api_calls"].total.success, courses["api_calls"].total.average_ms) == (None, None)

    def test_the_largest_parts_are_told_apart_and_the_rest_is_one(self, acme):
        for number in range(8):
            day(acme, "ai_tokens", 0, 10 * (number + 1), facet="dimension", value=f"model_{number}")
        day(acme, "ai_tokens", 0, 360)
        with tenant_scope(acme):
            span = Span.of(30)
            parts = get_parts(span, get_courses(span)["ai_tokens"])
        assert list(parts) == ["model_7", "model_6", "model_5", "model_4", "model_3", OTHER]
        assert [values[-1] for values in parts.values()] == [80, 70, 60, 50, 40, 60]

    def test_shares_are_those_of_this_time_and_this_meter(self, acme):
        day(acme, "images", 0, 10)
        day(acme, "images", 0, 7, facet="user", value=member(acme.people["Bob"]))
        day(acme, "images", 0, 3, facet="user", value="")
        day(acme, "images", 40, 90, facet="user", value=member(acme.people["Adam"]))
        day(acme, "api_calls", 0, 90, facet="user", value=member(acme.people["Vera"]))
        with tenant_scope(acme):
            span = Span.of(30)
            shares = get_shares(span, get_courses(span)["images"])["user"]
        assert [(share.id, share.of) for share in shares] == [(str(acme.people["Bob"].id), 0.7), ("", 0.3)]

    @pytest.mark.parametrize("days", SPANS)
    def test_shares_of_long_times_end_on_the_day_as_charts_do(self, acme, days):
        """Months are read whole, but only those that lie whole within the time."""
        bob = {"facet": "user", "value": member(acme.people["Bob"])}
        for ago in (0, 1, days // 2, days - 2, days - 1):
            day(acme, "images", ago, 1)
            day(acme, "images", ago, 1, **bob)
        for ago in (days, days + 1, days + 31):
            day(acme, "images", ago, 100, **bob)
        with tenant_scope(acme):
            span = Span.of(days)
            (share,) = get_shares(span, get_courses(span)["images"])["user"]
        assert (share.sums.quantity, share.of) == (5, 1)

    def test_adoption_counts_people_once_and_only_people(self, acme):
        for days in range(3):
            day(acme, "images", days, 1, facet="user", value=member(acme.people["Bob"]))
        day(acme, "images", 0, 1, facet="user", value=member(acme.people["Vera"]))
        day(acme, "images", 0, 1, facet="user", value=f"member:{new_id()}")
        day(acme, "images", 0, 1, facet="user", value=f"api_key:{acme.people['Adam'].id}")
        day(acme, "images", 0, 1, facet="user", value="")
        with tenant_scope(acme):
            adoption = {one.name: (one.people, one.of_all) for one in get_adoption(Span.of(30))}
        assert adoption["images"] == (2, 4)
        assert adoption["api_calls"] == (0, 4)


class TestPage:
    def test_what_is_recorded_is_seen_once_it_is_rolled_up(self, on_plan, browse):
        pro = on_plan("pro")
        use(pro, "images", 30, user_id=pro.people["Bob"].id, module="workflows", outcome="failed", duration_ms=1500)
        browser = browse(pro, "Alice")
        assert "As of" not in browser.get("/usage/analytics").text
        roll(pro)
        page = browser.get("/usage/analytics?meter=images").text
        assert "As of" in page
        assert ">Bob</a>" in page
        assert ">Workflows</a>" in page
        assert "€1.00" in page
        assert "1 failed" in page
        assert "1.5 s" in page
        assert "30 images" in page

    def test_people_that_are_gone_and_programs_are_named(self, acme, browse):
        with tenant_work(acme) as session:
            key = ApiKey(name="Nightly import", hint="sk", token_hash=b"x", permissions=[])
            session.add(key)
            session.flush()
            key_id = key.id
        gone = UUID(int=7)
        day(acme, "images", 0, 10)
        for number, value in enumerate((f"api_key:{key_id}", f"member:{gone}", "", member(acme.people["Alice"]))):
            day(acme, "images", 0, number + 1, facet="user", value=value)
        page = browse(acme, "Alice").get("/usage/analytics?meter=images").text
        for name in ("Nightly import", "A former member", "Nobody in person", "Alice (you)"):
            assert name in page

    def test_it_begins_with_what_cost_most(self, acme, browse):
        day(acme, "images", 0, 1, cost=Decimal("0.05"))
        day(acme, "ai_tokens", 0, 10**6, cost=Decimal("4"))
        page = browse(acme, "Alice").get("/usage/analytics").text
        assert '<option value="ai_tokens" selected>' in page

    @pytest.mark.parametrize(
        "query", ["days=7", "days=nonsense", "meter=nonsense", "days=&meter=", "meter=users", "days=365"]
    )
    def test_nonsense_falls_back(self, acme, browse, query):
        assert browse(acme, "Alice").get(f"/usage/analytics?{query}").status_code == 200

    def test_what_is_given_back_does_not_break_a_chart(self, acme, browse):
        for meter in ("storage", "ai_tokens"):
            day(acme, meter, 0, -5)
            day(acme, meter, 1, 3)
            day(acme, meter, 0, -5, facet="dimension", value="deep")
            day(acme, meter, 0, -5, facet="user", value=member(acme.people["Bob"]))
            assert browse(acme, "Alice").get(f"/usage/analytics?meter={meter}").status_code == 200

    def test_nothing_used_yet_is_said(self, acme, browse):
        page = browse(acme, "Alice").get("/usage/analytics?meter=images").text
        assert "Nothing was used in this time." in page

    def test_only_who_sees_costs_comes_in(self, acme, browse):
        assert browse(acme, "Bob").get("/usage/analytics").status_code == 403
        assert browse(acme, "Adam").get("/usage/analytics").status_code == 200

    def test_nobody_sees_another_organisations_use(self, acme, umbrella, browse):
        day(acme, "images", 0, 4711)
        assert "4,711" in browse(acme, "Alice").get("/usage/analytics?meter=images").text
        assert "4,711" not in browse(umbrella, "Charlie").get("/usage/analytics?meter=images").text

    def test_it_costs_as_many_statements_however_much_was_used(self, acme, browse):
        browser = browse(acme, "Alice")
        day(acme, "ai_tokens", 0, 1, facet="user", value=member(acme.people["Bob"]))
        browser.get("/usage/analytics?meter=ai_tokens")
        with statements_sent() as few:
            browser.get("/usage/analytics?meter=ai_tokens")
        for number in range(60):
            day(acme, "ai_tokens", number, number + 1)
            for facet, value in (
                ("user", f"member:{UUID(int=number)}"),
                ("dimension", f"model_{number}"),
                ("module", f"m{number}"),
            ):
                day(acme, "ai_tokens", number, number + 1, facet=facet, value=value)
        for days in (30, 90, 365):
            with statements_sent() as many:
                assert browser.get(f"/usage/analytics?meter=ai_tokens&days={days}").status_code == 200
            assert len(many) == len(few) <= 9, "\n".join(many)
            assert not [one for one in many if "usage_events" in one]
