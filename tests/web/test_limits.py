"""Rate limits: counted in PostgreSQL, so that they hold across processes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from saas.core.ids import short_id
from saas.core.logins import Login
from saas.tenancy.scope import platform_place
from saas.web.gates import Gate, TooMany, reopen
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


def test_several_counters_are_read_and_raised_in_one_statement_each(app, settings, key):
    here, there = storage(settings), storage(settings)
    assert here.look([f"{key}-a", f"{key}-b"]) == {}
    assert {name: window.used for name, window in here.hit({f"{key}-a": 60, f"{key}-b": 600}).items()} == {
        f"{key}-a": 1,
        f"{key}-b": 1,
    }
    there.hit({f"{key}-b": 600})
    seen = here.look([f"{key}-a", f"{key}-b", f"{key}-c"])
    assert {name: window.used for name, window in seen.items()} == {f"{key}-a": 1, f"{key}-b": 2}
    assert there.get_expiry(f"{key}-b") == pytest.approx(seen[f"{key}-b"].ends_at)


def test_counters_that_cross_do_not_wait_for_each_other(app, settings, key):
    shared, names = storage(settings), [f"{key}-{number}" for number in range(6)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda turn: shared.hit(dict.fromkeys(names[:: 1 if turn % 2 else -1], 60)), range(60)))
    assert {window.used for window in shared.look(names).values()} == {60}


class TestAGate:
    """Two limits in one: three for the house, five for the street."""

    @pytest.fixture
    def gate(self, app, key):
        return Gate.of((RateLimitItemPerMinute(3), f"house {key}"), (RateLimitItemPerMinute(5), f"street {key}"))

    @pytest.fixture
    def next_door(self, key):
        return Gate.of((RateLimitItemPerMinute(3), f"next {key}"), (RateLimitItemPerMinute(5), f"street {key}"))

    def test_lets_through_until_one_counter_is_used_up(self, gate, next_door):
        for _ in range(3):
            gate.take()
        with pytest.raises(TooMany) as refused:
            gate.take()
        assert 0 < refused.value.retry_after <= 60
        next_door.take()
        next_door.take()
        with pytest.raises(TooMany):
            next_door.take()

    def test_counts_failures_alone(self, gate):
        def fail():
            raise KeyError

        for _ in range(10):
            assert gate.failing(lambda: "in", KeyError) == "in"
        for _ in range(3):
            with pytest.raises(KeyError):
                gate.failing(fail, KeyError)
        with pytest.raises(TooMany):
            gate.failing(lambda: "in", KeyError)

    def test_counts_successes_alone(self, gate):
        def fail():
            raise KeyError

        for _ in range(10):
            with pytest.raises(KeyError):
                gate.succeeding(fail)
        assert [gate.succeeding(lambda: "in") for _ in range(3)] == ["in"] * 3
        with pytest.raises(TooMany):
            gate.succeeding(lambda: "in")

    def test_opens_again_when_its_counters_are_set_back(self, gate):
        for _ in range(3):
            gate.take()
        reopen(gate.counters[0])
        gate.take()
