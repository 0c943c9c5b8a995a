"""Rate limits: counted in PostgreSQL, so that they hold across processes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from saas.core.ids import short_id
from saas.core.logins import Login
from saas.tenancy.scope import platform_place
from saas.web.limits import PostgresStorage


def storage(settings) -> PostgresStorage:
    """What another process would open."""
    begin = platform_place().settings_sql
    return PostgresStorage("saas+postgresql://", dsn=settings.login(Login.APP), begin=begin)


@pytest.fixture
def key() -> str:
    return f"test-{short_id()}"


def test_two_processes_count_together(app, settings, key):
    here, there = storage(settings), storage(settings)
    assert [here.incr(key, 60), there.incr(key, 60), here.incr(key, 60)] == [1, 2, 3]
    assert there.get(key) == 3


def test_hits_at_the_same_moment_are_all_counted(app, settings, key):
    shared = storage(settings)
    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(lambda _: shared.incr(key, 60), range(80)))
    assert sorted(counts) == list(range(1, 81))


def test_a_window_that_has_ended_begins_again(app, settings, key):
    shared = storage(settings)
    shared.incr(key, 60)
    assert shared.incr(key, -1) == 2
    shared.incr(f"{key}-over", -1)
    assert shared.incr(f"{key}-over", 60) == 1


def test_the_limit_lets_so_many_through_and_no_more(app, settings, key):
    limiter = FixedWindowRateLimiter(storage(settings))
    assert [limiter.hit(RateLimitItemPerMinute(3), key) for _ in range(5)] == [True, True, True, False, False]


def test_counters_can_be_forgotten(app, settings, key):
    shared = storage(settings)
    shared.incr(key, 60)
    shared.clear(key)
    assert shared.get(key) == 0
