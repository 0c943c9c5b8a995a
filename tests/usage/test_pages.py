"""The month's page, the strip on every page, the card of the home, and the budget."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.budget import Budget, get_budget
from saas.usage.cards import usage_card
from saas.usage.operations.budgets import set_budget
from saas.usage.operations.telling import tell_of_all
from saas.usage.overview import get_overview
from saas.usage.periods import period_of
from tests.cast import Organisation
from tests.log import news
from tests.support import statements_sent
from tests.usage.conftest import use

MIDDLE = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
BANNER = "usage-banner"


@pytest.fixture(autouse=True)
def _middle_of_november() -> Iterator[None]:
    with time_machine.travel(MIDDLE, tick=True):
        yield


@contextmanager
def changed(organisation: Organisation) -> Iterator[Tenant]:
    """The row of an organisation, to be changed as operators do."""
    with platform_work() as session:
        yield session.get_one(Tenant, organisation.id)


def budget(organisation: Organisation, amount: str, *, stop: bool = False) -> None:
    with tenant_work(organisation):
        set_budget(Decimal(amount), stop=stop, actor=SYSTEM)


def warn(organisation: Organisation) -> None:
    with tenant_work(organisation):
        tell_of_all()


class TestOverview:
    def test_it_tells_what_is_used_of_what(self, on_plan, browse):
        free = on_plan("free")
        use(free, "images", 4)
        page = browse(free, "Alice").get("/usage")
        assert page.status_code == 200
        assert "4 of 5 images" in page.text
        assert "progress-warning" in page.text
        use(free, "images", 1)
        assert "progress-danger" in browse(free, "Alice").get("/usage").text

    def test_it_tells_what_is_beyond_and_what_that_costs_now_and_in_the_end(self, on_plan, browse):
        pro = on_plan("pro")
        use(pro, "images", 15)
        page = browse(pro, "Alice").get("/usage").text
        assert "15 of 10 images included" in page
        assert "5 images beyond, €0.25 so far" in page
        assert "At this pace 30 images by the end of the month, €1.00" in page
        assert "Then €0.05 per image" in page
        assert "Counting begins anew on 1 December 2026." in page

    def test_it_tells_when_a_limit_will_be_reached(self, on_plan, browse):
        free = on_plan("free")
        use(free, "images", 3)
        assert "At this pace used up around 26 Nov 2026" in browse(free, "Alice").get("/usage").text

    def test_what_stands_stands_apart(self, on_plan, browse):
        free = on_plan("free")
        use(free, "storage", Decimal("0.5"))
        month, standing = browse(free, "Alice").get("/usage").text.split("What stands now")
        assert "0.5 of 1 GB" in standing
        assert "4 of 2 people" in standing
        assert "API calls" in month

    def test_costs_are_for_who_may_see_them(self, on_plan, browse):
        pro = on_plan("pro")
        use(pro, "images", 30)
        seen, unseen = (browse(pro, person).get("/usage").text for person in ("Alice", "Bob"))
        assert "€1.00" in seen
        assert "Cost so far" in seen
        assert "/usage/events?meter=images" in seen
        assert "30 of 10 images included" in unseen
        assert "€" not in unseen
        assert "/usage/events" not in unseen
        assert "/usage/budget" not in unseen

    def test_earlier_months_can_be_chosen_and_nonsense_falls_back(self, on_plan, browse):
        pro = on_plan("pro")
        use(pro, "images", 12, at=MIDDLE - timedelta(days=30))
        use(pro, "images", 3)
        browser = browse(pro, "Alice")
        earlier = browser.get("/usage?month=2026-10").text
        assert "12 of 10 images included" in earlier
        assert "This month is over." in earlier
        assert "At this pace" not in earlier
        for month in ("2026-11", "2026-09", "2099-01", "nonsense", ""):
            assert "3 of 10 images included" in browser.get(f"/usage?month={month}").text

    def test_amounts_are_written_as_the_organisation_writes_them(self, on_plan, browse):
        pro = on_plan("pro")
        with changed(pro) as tenant:
            tenant.language = "de"
        use(pro, "images", 12345)
        assert "12.345 of 10 images included" in browse(pro, "Alice").get("/usage").text

    def test_what_the_plan_does_not_have_is_shown_as_locked(self, on_plan, browse):
        free = on_plan("free")
        with changed(free) as tenant:
            tenant.overrides = {"limits": {"images": 0}}
        assert "Not in your plan" in browse(free, "Alice").get("/usage").text
        with changed(free) as tenant:
            tenant.overrides = {}
        assert "Not in your plan" not in browse(free, "Alice").get("/usage").text

    def test_the_number_of_statements_does_not_grow_with_the_events(self, on_plan, browse):
        pro = on_plan("pro")
        use(pro, "images", 1)
        browser = browse(pro, "Alice")
        browser.get("/usage")
        with statements_sent() as before:
            browser.get("/usage")
        for day in range(12):
            use(pro, "images", 3, at=MIDDLE - timedelta(days=day))
            use(pro, "storage", 1)
        with statements_sent() as after:
            browser.get("/usage")
        assert len(after) == len(before) <= 11, "\n".join(after)

    def test_costs_of_a_month_add_up(self, on_plan):
        pro = on_plan("pro")
        use(pro, "images", 30)
        use(pro, "ai_tokens", 1000, dimension="deep")
        with tenant_scope(pro):
            overview = get_overview(period_of(now()))
            assert overview.cost == Decimal("1.02") == sum(figure.cost for figure in overview.metered)
            assert overview.is_charged


class TestBanner:
    def test_it_tells_of_a_limit_that_is_near_and_then_reached(self, on_plan, browse):
        free = on_plan("free")
        use(free, "images", 4)
        browser = browse(unbound_people(free), "Bob")
        assert BANNER not in browser.get("/usage").text
        warn(free)
        assert "Images: 4 of 5 images are used." in browser.get("/").text
        use(free, "images", 1)
        assert "Images: all of 5 images are used." in browser.get("/").text

    def test_it_goes_with_the_month(self, on_plan, browse):
        free = unbound_people(on_plan("free"))
        use(free, "images", 5)
        warn(free)
        assert BANNER in browse(free, "Bob").get("/").text
        with time_machine.travel(MIDDLE + timedelta(days=20)):
            assert BANNER not in browse(free, "Bob").get("/").text

    def test_it_can_be_put_away_until_there_is_something_new(self, on_plan, browse):
        free = unbound_people(on_plan("free"))
        use(free, "images", 4)
        warn(free)
        browser = browse(free, "Bob")
        assert BANNER in browser.get("/usage").text
        answer = browser.post("/usage/alerts/hide", {"next": "/usage"})
        assert answer.headers["Location"] == "/usage"
        assert "Max-Age" not in answer.headers["Set-Cookie"]
        assert BANNER not in browser.get("/usage").text
        assert BANNER in browse(free, "Vera").get("/usage").text
        use(free, "images", 1)
        warn(free)
        assert BANNER in browser.get("/usage").text

    def test_it_tells_that_the_budget_is_spent(self, on_plan, browse):
        pro = on_plan("pro")
        budget(pro, "1.00", stop=True)
        use(pro, "images", 29)
        warn(pro)
        assert "The budget of" not in browse(pro, "Bob").get("/").text
        use(pro, "images", 1)
        warn(pro)
        assert "The budget of €1.00 for this month is spent; what costs is stopped." in browse(pro, "Bob").get("/").text

    @pytest.mark.parametrize(
        ("left", "told"),
        [
            (timedelta(days=5), ""),
            (timedelta(days=2), "Your trial ends on 18 November 2026."),
            (-timedelta(hours=1), "Your trial has ended."),
        ],
    )
    def test_it_tells_of_the_end_of_a_trial(self, acme, browse, left, told):
        with changed(acme) as tenant:
            tenant.trial_ends_at = MIDDLE + left
        page = browse(acme, "Vera").get("/").text
        assert (told in page) if told else (BANNER not in page)

    def test_it_tells_that_a_plan_is_to_be_chosen(self, acme, browse):
        with changed(acme) as tenant:
            tenant.status, tenant.status_reason = "past_due", "The trial ended. Choose a plan to go on."
        assert "The trial ended. Choose a plan to go on. <a" in browse(acme, "Vera").get("/").text

    def test_where_nothing_is_near_a_page_costs_no_statement_more(self, acme, on_plan, browse):
        browser = browse(acme, "Bob")
        browser.get("/workflows")
        with statements_sent() as sent:
            browser.get("/workflows")
        assert not [one for one in sent if "usage_" in one]


def unbound_people(organisation: Organisation) -> Organisation:
    with changed(organisation) as tenant:
        tenant.overrides, tenant.trial_ends_at = {"limits": {"users": None}}, None
    return organisation


class TestCard:
    def test_the_home_shows_what_is_used_up_furthest(self, on_plan, browse):
        free = on_plan("free")
        use(free, "images", 4)
        page = browse(free, "Vera").get("/").text
        assert "4 of 5 images" in page
        assert page.index("4 of 2 people") < page.index("4 of 5 images")

    def test_it_stays_away_where_nothing_is_bounded_or_used(self, acme, browse):
        with changed(acme) as tenant:
            tenant.overrides = {}
        assert "Of what the plan has." not in browse(acme, "Alice").get("/").text

    def test_it_costs_at_most_four_statements(self, on_plan):
        with tenant_scope(on_plan("free")):
            usage_card()
            with statements_sent() as sent:
                assert usage_card() is not None
        assert len([one for one in sent if "SELECT" in one]) <= 4, "\n".join(sent)


class TestBudget:
    def test_it_is_set_told_and_taken_away(self, on_plan, browse):
        pro = on_plan("pro")
        browser = browse(pro, "Adam")
        browser.get("/usage/budget")
        with news(pro) as told:
            assert browser.post("/usage/budget", {"amount": "250", "stop": "y"}).status_code == 303
        assert told.events == ["usage.budget.changed"]
        assert stored(pro) == Budget(Decimal(250), stop=True)
        use(pro, "images", 30)
        page = browser.get("/usage/budget").text
        assert 'value="250.00"' in page
        assert "€1.00 of €250.00" in page
        page = browser.get("/usage").text
        assert ("€0.00 of €250.00" in page, "Use is free in the trial: nothing of it is spent." in page) == (True, True)
        with platform_work() as session:
            session.get_one(Tenant, pro.id).status = Status.ACTIVE
        assert "€1.00 of €250.00" in browser.get("/usage").text
        browser.post("/usage/budget", {"amount": ""})
        assert stored(pro) == Budget()
        assert "No budget is set." in browser.get("/usage/budget").text

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ("-5", "cannot be below zero"),
            ("−5", "cannot be below zero"),
            ("NaN", "such as 250.00"),
            ("Infinity", "such as 250.00"),
            ("1e5", "such as 250.00"),
            ("much", "such as 250.00"),
            ("12,5", "such as 250.00"),
            ("1.234", "at most 2 decimals"),
            ("9" * 29, "such as 250.00"),
            ("9" * 40, "more than anybody has"),
            ("٣", "such as 250.00"),
        ],
    )
    def test_what_is_no_sum_is_refused_and_kept_as_typed(self, on_plan, browse, typed, told):
        pro = on_plan("pro")
        browser = browse(pro, "Adam")
        answer = browser.post("/usage/budget", {"amount": typed, "stop": "y"})
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text
        assert told in answer.text
        assert stored(pro) == Budget()

    @pytest.mark.parametrize(("language", "typed"), [("en", "1,250.50"), ("de", "1.250,50"), ("fr", "1250,5")])
    def test_sums_are_read_as_the_organisation_writes_them(self, on_plan, browse, language, typed):
        pro = on_plan("pro")
        with changed(pro) as tenant:
            tenant.language = language
        assert browse(pro, "Adam").post("/usage/budget", {"amount": typed}).status_code == 303
        assert stored(pro) == Budget(Decimal("1250.50"))

    def test_saving_the_same_changes_nothing(self, on_plan, browse):
        pro = on_plan("pro")
        budget(pro, "10")
        browser = browse(pro, "Adam")
        with news(pro) as told:
            answer = browser.post("/usage/budget", {"amount": "10.00"})
        assert answer.status_code == 303
        assert told.events == []

    def test_only_who_may_sets_it(self, on_plan, browse):
        pro = on_plan("pro")
        assert browse(pro, "Bob").get("/usage/budget").status_code == 403
        assert browse(pro, "Bob").post("/usage/budget", {"amount": "1"}, page="/usage").status_code == 403
        assert browse(pro, "Adam").get("/usage/budget").status_code == 200


def stored(organisation: Organisation) -> Budget:
    with tenant_scope(organisation):
        db.session.expire_all()
        return get_budget()
