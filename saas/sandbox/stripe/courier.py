"""The thread that lets time pass in a sandbox that runs by itself: what falls due is done, webhooks are sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.store import Store
from saas.sandbox.stripe.webhooks import deliver_due, resume

PAUSE = 1.0


@contextmanager
def delivering(store: Store) -> Iterator[None]:
    """Send webhooks as they come, until the block ends."""
    ended = threading.Event()
    with store.lock:
        resume(store)
    thread = threading.Thread(target=_run, args=(store, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        store.woken.set()
        thread.join()


def _run(store: Store, ended: threading.Event) -> None:
    while not ended.is_set():
        store.woken.clear()
        with store.lock:
            if clock.catch_up(store):
                store.save()
        if not deliver_due(store, most=1):
            store.woken.wait(PAUSE)
