"""Time in the sandbox: its own clock, which can be moved forward, test clocks, and what is due at a moment.

Whatever is due runs in order of time, at the exact moment it was due, however far a clock is moved at once.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from saas.sandbox.stripe.store import Store

Handler = Callable[..., None]
TEST_CLOCK = "test_helpers.test_clock"
_handlers: dict[str, Handler] = {}


def due(name: str) -> Callable[[Handler], Handler]:
    """Register what `Store.at` runs under this name: a function ``(store, **args)``."""

    def register(handler: Handler) -> Handler:
        _handlers[name] = handler
        return handler

    return register


def clock_of(store: "Store", customer: str | None) -> str | None:
    """The id of a customer's test clock; None for the sandbox's own clock."""
    found = store.state["objects"].get("customer", {}).get(customer)
    return found["test_clock"] if found else None


def now(store: "Store", clock: str | None) -> int:
    """What a test clock, or our own (None), shows: UTC seconds."""
    if clock in store.moments:
        return store.moments[clock]
    if clock is not None:
        return int(store.get(TEST_CLOCK, clock)["frozen_time"])
    return int(time.time()) + int(store.state["offset"])


def advance(store: "Store", seconds: int) -> None:
    """Move the sandbox's own clock forward by so many seconds and run what falls due."""
    target = now(store, None) + seconds
    _run_until(store, None, target)
    store.state["offset"] += seconds


def advance_to(store: "Store", clock: str, moment: int) -> None:
    """Set a test clock to a moment and run what falls due."""
    _run_until(store, clock, moment)
    store.get(TEST_CLOCK, clock)["frozen_time"] = moment


def catch_up(store: "Store") -> bool:
    """Run what has fallen due by the sandbox's own clock; whether there was anything."""
    return _run_until(store, None, now(store, None))


def _run_until(store: "Store", clock: str | None, target: int) -> bool:
    ran = False
    try:
        while (entry := _next(store, clock, target)) is not None:
            moment, _, _, name, args = entry
            store.moments[clock] = max(moment, store.moments.get(clock, moment))
            _handlers[name](store, **args)
            ran = True
    finally:
        store.moments.pop(clock, None)
    return ran


def _next(store: "Store", clock: str | None, target: int) -> list[Any] | None:
    """Take out what is due first on a clock, if it is due by the target."""
    entries: list[list[Any]] = store.state["due"]
    first = min((it for it in entries if it[2] == clock and it[0] <= target), default=None, key=lambda it: it[:2])
    if first is not None:
        entries.remove(first)
    return first
