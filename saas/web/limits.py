"""Rate limits that hold across processes: a storage for the ``limits`` library in an unlogged PostgreSQL table."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from limits.storage import Storage
from psycopg import Error
from psycopg_pool import ConnectionPool

from saas.core.logins import CONNECT_ARGS

_HIT = """
    INSERT INTO platform.rate_limits AS held (key, amount, ends_at)
    VALUES (%(key)s, %(amount)s, clock_timestamp() + %(seconds)s * interval '1 second')
    ON CONFLICT (key) DO UPDATE SET
        amount = CASE WHEN held.ends_at <= clock_timestamp() THEN excluded.amount ELSE held.amount + excluded.amount END,
        ends_at = CASE WHEN held.ends_at <= clock_timestamp() THEN excluded.ends_at ELSE held.ends_at END
    RETURNING amount
"""
_HITS = """
    INSERT INTO platform.rate_limits AS held (key, amount, ends_at)
    SELECT key, 1, clock_timestamp() + seconds * interval '1 second'
    FROM unnest(%(keys)s::text[], %(seconds)s::bigint[]) AS hit (key, seconds)
    ON CONFLICT (key) DO UPDATE SET
        amount = CASE WHEN held.ends_at <= clock_timestamp() THEN excluded.amount ELSE held.amount + excluded.amount END,
        ends_at = CASE WHEN held.ends_at <= clock_timestamp() THEN excluded.ends_at ELSE held.ends_at END
    RETURNING key, amount, extract(epoch FROM ends_at)
"""
_LOOK = """
    SELECT key, amount, extract(epoch FROM ends_at) FROM platform.rate_limits
    WHERE key = ANY(%s) AND ends_at > clock_timestamp()
"""
_READ = "SELECT amount, extract(epoch FROM ends_at) FROM platform.rate_limits WHERE key = %s AND ends_at > clock_timestamp()"


@dataclass(frozen=True, slots=True)
class Window:
    """How much of a counter's window is used, and when it ends, in seconds since 1970."""

    used: int
    ends_at: float


class PostgresStorage(Storage):
    """Counters of fixed windows. It has two connections of its own, so that a limit never waits for a request's."""

    STORAGE_SCHEME = ["saas+postgresql"]

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._options = options
        self._pool: ConnectionPool[Any] | None = None
        self._opening = Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a broken storage raises."""
        return Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count and return the new total of the window, which lasts ``expiry`` seconds from its first hit."""
        row = self._one(_HIT, {"key": key, "amount": amount, "seconds": expiry})
        assert row is not None
        return int(row[0])

    def get(self, key: str) -> int:
        """The total of the present window."""
        row = self._one(_READ, [key])
        return int(row[0]) if row else 0

    def get_expiry(self, key: str) -> float:
        """When the present window ends, in seconds since 1970."""
        row = self._one(_READ, [key])
        return float(row[1]) if row else time.time()

    def look(self, keys: Iterable[str]) -> dict[str, Window]:
        """The present windows of several counters, in one statement; those that have none are missing."""
        return _windows(self._all(_LOOK, [list(keys)]))

    def hit(self, spans: Mapping[str, int]) -> dict[str, Window]:
        """Count one hit of several counters, whose windows last so many seconds, in one statement; their new windows.

        The rows are locked in the order of their keys, so that no two such statements wait for each other.
        """
        keys = sorted(spans)
        return _windows(self._all(_HITS, {"keys": keys, "seconds": [spans[key] for key in keys]}))

    def check(self) -> bool:
        """Whether the storage answers."""
        return self._one("SELECT 1", []) is not None

    def reset(self) -> int | None:
        """Forget everything."""
        self._one("DELETE FROM platform.rate_limits RETURNING key", [])
        return None

    def clear(self, key: str) -> None:
        """Forget one counter."""
        self._one("DELETE FROM platform.rate_limits WHERE key = %s RETURNING key", [key])

    def _one(self, statement: str, values: Any) -> Any:
        return next(iter(self._all(statement, values)), None)

    def _all(self, statement: str, values: Any) -> list[Any]:
        with self._opened().connection(timeout=2) as connection, connection.transaction():
            connection.execute(self._options["begin"])
            rows: list[Any] = connection.execute(statement.encode(), values).fetchall()
            return rows

    def _opened(self) -> "ConnectionPool[Any]":
        with self._opening:
            if self._pool is None:
                options = {"autocommit": True, **CONNECT_ARGS}
                self._pool = ConnectionPool(
                    self._options["dsn"], min_size=0, max_size=2, kwargs=options, open=True, name="limits"
                )
            return self._pool


def _windows(rows: Iterable[tuple[str, int, Any]]) -> dict[str, Window]:
    return {key: Window(used, float(ends_at)) for key, used, ends_at in rows}
