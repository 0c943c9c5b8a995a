"""Backtests: asked for, run by the worker, counted, shown, deleted."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from procrastinate.jobs import Job
from sqlalchemy import text

from saas.core.actor import SYSTEM
from saas.core.errors import Invalid, NotFound
from saas.core.jobs import declared_jobs
from saas.core.runtime import runtime
from saas.modules.strategies.operations.backtests import BACKTEST_JOB, ask_for_backtest
from saas.modules.strategies.operations.strategies import delete_strategy
from saas.modules.strategies.queries import get_backtest, get_strategy
from saas.tenancy.models import Tenant
from saas.tenancy.plans import set_overrides
from saas.tenancy.scope import platform_scope, platform_work, tenant_scope, tenant_work
from saas.tenancy.worker import run_job
from tests.log import log_of
from tests.modules.programs import events_of, used
from tests.support import sold


@pytest.fixture
def desk():
    """What TradingBot sells, with all of its meters."""
    with sold("tradingbot"):
        yield


@pytest.fixture
def lowered(desk, acme):
    """Bound a meter for a block: ``with lowered("storage_mb", 0)``."""

    def bound(meter: str, limit: int | str) -> None:
        with platform_work() as session:
            set_overrides(session.get_one(Tenant, acme.id), limits={meter: limit}, actor=SYSTEM)

    @contextmanager
    def block(meter: str, limit: int):
        bound(meter, limit)
        yield
        bound(meter, "unlimited")

    return block


def test_a_backtest_waits_then_shows_how_the_strategy_did(acme, browse, make, run_jobs):
    strategy_id = make(acme, "Trend")
    bob = browse(acme, "Bob")
    assert "Not tried yet" in bob.get(f"/strategies/{strategy_id}").text
    asked = bob.post(f"/strategies/{strategy_id}/backtests", {"days": "90", "capital": "5000"})
    assert asked.status_code == 303
    waiting = bob.follow(asked).text
    assert "Waiting for its turn" in waiting
    assert 'hx-trigger="load' in waiting
    assert 'hx-trigger="load' in bob.get(f"/strategies/{strategy_id}").text
    run_jobs()
    done = bob.follow(asked).text
    assert "Waiting for its turn" not in done
    assert 'hx-trigger="load' not in done
    assert "Just holding" in done
    assert done.count('<th scope="row">') == 90
    assert "5,000.00 USD" in done
    page = bob.get(f"/strategies/{strategy_id}").text
    assert "Equity curve of the last backtest" in page
    assert "Bob" in page


def test_a_year_is_drawn_with_fewer_points(acme, browse, make, attempt):
    strategy_id = make(acme, "Trend")
    backtest_id = attempt(acme, strategy_id, days=365)
    page = browse(acme, "Vera").get(f"/strategies/{strategy_id}/backtests/{backtest_id}").text
    assert 80 < page.count('<th scope="row">') <= 121


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"days": "31"}, "Please choose one of these."),
        ({"capital": ""}, "This is needed."),
        ({"capital": "much"}, "Please enter a number."),
        ({"capital": "99"}, "Give an amount from 100 to 10,000,000."),
        ({"capital": "NaN"}, "Give an amount from 100 to 10,000,000."),
        ({"capital": "Infinity"}, "Give an amount from 100 to 10,000,000."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_started(acme, browse, make, change, message):
    strategy_id = make(acme, "Trend")
    bob = browse(acme, "Bob")
    bob.get("/strategies")
    refused = bob.post(f"/strategies/{strategy_id}/backtests", {"days": "90", "capital": "1000"} | change)
    assert refused.status_code == 422
    assert message in refused.text
    assert "No backtests yet" in refused.text


def test_the_operation_refuses_what_the_form_would(acme, make):
    strategy_id = make(acme, "Trend")
    with tenant_scope(acme):
        strategy = get_strategy(strategy_id)
        for days, capital in ((31, Decimal(1000)), (30, Decimal(1)), (30, Decimal("NaN"))):
            with pytest.raises(Invalid):
                ask_for_backtest(strategy, days=days, capital=capital, actor=SYSTEM)
        assert ask_for_backtest(strategy, days=30, capital=Decimal(100), actor=SYSTEM).status == "queued"


def test_use_is_counted_with_the_person_and_the_work(desk, acme, browse, make, run_jobs):
    strategy_id = make(acme, "Trend")
    bob = browse(acme, "Bob")
    bob.get("/strategies")
    bob.post(f"/strategies/{strategy_id}/backtests", {"days": "90", "capital": "1000"})
    (asked,) = events_of(acme, "backtests_run")
    assert (asked.quantity, asked.actor_id) == (1, acme.people["Bob"].id)
    assert events_of(acme, "compute_minutes") == []
    run_jobs()
    (computed,), (stored,) = events_of(acme, "compute_minutes"), events_of(acme, "storage_mb")
    assert (computed.quantity, computed.outcome, computed.module) == (Decimal("1.080"), "ok", "strategies")
    assert (computed.actor_id, computed.resource) == (acme.people["Bob"].id, asked.resource)
    assert computed.duration_ms is not None
    assert 0 < stored.quantity < 1


def test_storage_is_given_back_with_a_backtest_and_with_a_strategy(desk, acme, browse, make, attempt):
    strategy_id = make(acme, "Trend")
    first, _, _ = (attempt(acme, strategy_id) for _ in range(3))
    whole = used(acme, "storage_mb")
    bob, adam = browse(acme, "Bob"), browse(acme, "Adam")
    bob.get("/strategies")
    deleted = bob.post(f"/strategies/{strategy_id}/backtests/{first}/delete")
    assert "its storage is free again" in bob.follow(deleted).text
    assert bob.get(f"/strategies/{strategy_id}/backtests/{first}").status_code == 404
    left = used(acme, "storage_mb")
    assert 0 < left < whole
    assert used(acme, "backtests_run") == 3
    adam.get("/strategies")
    adam.post(f"/strategies/{strategy_id}/delete")
    assert used(acme, "storage_mb") == 0


def test_one_that_has_not_run_takes_nothing_and_gives_nothing_back(desk, acme, browse, make, run_jobs):
    strategy_id = make(acme, "Trend")
    with tenant_work(acme):
        strategy = get_strategy(strategy_id)
        backtest_id = ask_for_backtest(strategy, days=30, capital=Decimal(1000), actor=SYSTEM).id
    bob = browse(acme, "Bob")
    bob.get("/strategies")
    assert bob.post(f"/strategies/{strategy_id}/backtests/{backtest_id}/delete").status_code == 303
    run_jobs()
    assert events_of(acme, "storage_mb") == []


def test_where_the_plan_has_no_room_for_the_result_the_backtest_says_so(desk, acme, browse, make, attempt, lowered):
    strategy_id = make(acme, "Trend")
    with lowered("storage_mb", 0):
        refused = attempt(acme, strategy_id)
    allowed = attempt(acme, strategy_id)
    vera = browse(acme, "Vera")
    page = vera.get(f"/strategies/{strategy_id}/backtests/{refused}").text
    assert "This backtest failed" in page
    assert "Your plan has no storage" in page
    assert "At the end" in vera.get(f"/strategies/{strategy_id}/backtests/{allowed}").text


def test_a_backtest_that_is_refused_by_the_plan_is_not_begun(desk, acme, browse, make, lowered):
    strategy_id = make(acme, "Trend")
    bob = browse(acme, "Bob")
    bob.get("/strategies")
    form = {"days": "30", "capital": "1000"}
    with lowered("backtests_run", 0):
        assert bob.post(f"/strategies/{strategy_id}/backtests", form).status_code == 402
    assert "No backtests yet" in bob.get(f"/strategies/{strategy_id}").text
    assert bob.post(f"/strategies/{strategy_id}/backtests", form).status_code == 303


def test_a_job_that_is_delivered_twice_counts_once(desk, acme, make):
    strategy_id = make(acme, "Trend")
    with tenant_work(acme):
        backtest_id = ask_for_backtest(get_strategy(strategy_id), days=30, capital=Decimal(1000), actor=SYSTEM).id
    for delivered in (-21, -21, -22):
        kwargs = {"place": acme.schema_name, "backtest_id": str(backtest_id)}
        queued = Job(
            id=delivered, queue="default", lock=None, queueing_lock=None, task_name=BACKTEST_JOB, task_kwargs=kwargs
        )
        run_job(declared_jobs()[BACKTEST_JOB], queued)
    assert len(events_of(acme, "compute_minutes")) == 1


def test_a_backtest_that_is_rolled_back_leaves_no_job(acme, make):
    strategy_id = make(acme, "Trend")

    def waiting() -> int:
        with platform_scope() as session:
            return session.scalars(text("SELECT waiting FROM jobs.health()")).one()

    before = waiting()
    with tenant_scope(acme):
        ask_for_backtest(get_strategy(strategy_id), days=30, capital=Decimal(1000), actor=SYSTEM)
    assert waiting() == before


def test_the_jobs_of_a_deleted_strategy_do_nothing(acme, make, run_jobs):
    strategy_id = make(acme, "Trend")
    with tenant_work(acme):
        ask_for_backtest(get_strategy(strategy_id), days=30, capital=Decimal(1000), actor=SYSTEM)
    with tenant_work(acme):
        delete_strategy(get_strategy(strategy_id, to_change=True), actor=SYSTEM)
    run_jobs()


def test_a_backtest_of_another_strategy_is_not_found(cast, browse, make, attempt):
    ours, other, theirs = make(cast.acme, "A"), make(cast.acme, "B"), make(cast.umbrella, "C")
    own, foreign = attempt(cast.acme, ours), attempt(cast.umbrella, theirs)
    alice = browse(cast.acme, "Alice")
    assert alice.get(f"/strategies/{ours}/backtests/{own}").status_code == 200
    assert alice.get(f"/strategies/{other}/backtests/{own}").status_code == 404
    assert alice.get(f"/strategies/{ours}/backtests/{foreign}").status_code == 404
    with tenant_scope(cast.acme), pytest.raises(NotFound):
        get_backtest(other, own)


def test_the_log_tells_of_the_beginning_the_end_and_the_deletion(acme, browse, make, attempt):
    strategy_id = make(acme, "Trend")
    backtest_id = attempt(acme, strategy_id)
    asked, ended = log_of(acme, "strategies.backtest.asked", "strategies.backtest.finished")
    assert (asked.target_label, ended.actor_name) == ("Trend", "Runner of backtests")
    assert (asked.facts["days"], ended.facts["status"]) == (30, "succeeded")
    bob = browse(acme, "Bob")
    bob.get("/strategies")
    bob.post(f"/strategies/{strategy_id}/backtests/{backtest_id}/delete")
    (deleted,) = log_of(acme, "strategies.backtest.deleted")
    assert deleted.target_id == str(backtest_id)


def test_the_step_of_getting_started_is_done_with_the_first_backtest(acme, make, attempt):
    step = next(step for step in runtime().registry.steps if step.name == "strategies.first_backtest")
    strategy_id = make(acme, "Trend")
    with tenant_scope(acme):
        assert not step.done()
    attempt(acme, strategy_id)
    with tenant_scope(acme):
        assert step.done()
