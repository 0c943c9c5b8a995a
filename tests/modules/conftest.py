"""What the tests of product modules share."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import psycopg
import pytest

from saas.core.settings import Settings

PATIENCE = 3_000
"""So many hundredths of a second somebody may take until there is something to wait for."""
_WAITING = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
)
Meanwhile = Callable[[Callable[[], Any]], "Future[Any]"]


@pytest.fixture
def meanwhile(settings: Settings) -> Iterator[Meanwhile]:
    """Let somebody else do something during our transaction: ``done = meanwhile(act)`` comes back when it is over, or waits
    for what we have locked; ``done.result()`` after our transaction says what came of it."""
    assert settings.database_url is not None
    address = settings.database_url.get_secret_value()
    with psycopg.connect(address, autocommit=True) as watch, ThreadPoolExecutor() as others:

        def begin(act: Callable[[], Any]) -> Future[Any]:
            done = others.submit(act)
            for _ in range(PATIENCE):
                if done.done() or watch.execute(_WAITING).fetchone() != (0,):
                    return done
                Event().wait(0.01)
            raise TimeoutError("nothing happened")

        yield begin
