"""The thread that lets time pass in a sandbox that runs by itself: what falls due is done, webhooks are sent."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from saas.sandbox.stripe import clock, idempotency
from saas.sandbox.stripe.store import Store
from saas.sandbox.stripe.webhooks import deliver_due, forget_events, resume

logger = logging.getLogger(__name__)
PAUSE = 1.0
DAY = 86_400
EVENTS_KEPT_FOR = 30 * DAY
TIDYING = "sandbox.tidy"


@contextmanager
def delivering(store: Store) -> Iterator[None]:
    """Send webhooks as they come, until the block ends."""
    ended = threading.Event()
    with store.lock:
        resume(store)
        if not any(entry[3] == TIDYING for entry in store.state["due"]):
            store.at(store.now() + DAY, TIDYING)
    thread = threading.Thread(target=_run, args=(store, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        store.woken.set()
        thread.join()


@clock.due(TIDYING)
def tidy(store: Store) -> None:
    """Forget old keys, and events after thirty days, as Stripe does; again tomorrow."""
    idempotency.forget_old(store)
    forget_events(store, store.now() - EVENTS_KEPT_FOR)
    store.at(store.now() + DAY, TIDYING)


def _run(store: Store, ended: threading.Event) -> None:
    while not ended.is_set():
        store.woken.clear()
        try:
            busy = _pass(store)
        except Exception:
            logger.exception("The sandbox failed at what was due")
            busy = False
        if not busy:
            store.woken.wait(PAUSE)


def _pass(store: Store) -> bool:
    """Do what is due and send one webhook; whether one was sent."""
    with store.lock:
        if clock.catch_up(store):
            store.save()
    return bool(deliver_due(store, most=1))
