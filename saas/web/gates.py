"""Gates: limits on what may be tried how often, held across processes by the limiter's storage.

A gate has some counters that are asked and raised together, each in one statement. Whoever comes too often is told how
long to wait, on the page where they are.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Self, TypeVar

import structlog
from limits import RateLimitItem
from limits.storage import MemoryStorage, Storage

from saas.core.errors import DomainError, first_line
from saas.core.extensions import limiter
from saas.web.limits import PostgresStorage, Window

log = structlog.get_logger()
Answer = TypeVar("Answer")
_in_process = MemoryStorage()


class TooMany(DomainError):
    """No try is left; another one is allowed in ``retry_after`` seconds."""

    status = 429

    def __init__(self, seconds: int, why: str = "There were too many tries.") -> None:
        super().__init__(f"{why} Please wait {in_words(seconds)}, then try again.")
        self.retry_after = seconds


@dataclass(frozen=True, slots=True)
class Counter:
    """So many tries in so much time, under a key."""

    limit: RateLimitItem
    name: str

    @property
    def key(self) -> str:
        """The key in the storage."""
        return str(self.limit.key_for(self.name))

    def seconds_left(self, window: Window | None) -> int:
        """How long it stays used up; 0 while a try is left."""
        if window is None or window.used < self.limit.amount:
            return 0
        return max(1, ceil(window.ends_at - time.time()))

    def seconds_over(self, window: Window) -> int:
        """How long to wait after a hit that was one too many; 0 for one that was allowed."""
        return max(1, ceil(window.ends_at - time.time())) if window.used > self.limit.amount else 0


@dataclass(frozen=True, slots=True)
class Gate:
    """Counters of which each must have a try left; its methods raise TooMany when one is used up.

    ``crowded`` is raised elsewhere: while it is used up, tries must also keep to the slower ``pace``.
    """

    counters: tuple[Counter, ...]
    crowded: Counter | None = None
    pace: Counter | None = None

    @classmethod
    def of(cls, *counters: tuple[RateLimitItem, str]) -> Self:
        """A gate of limits under names."""
        return cls(tuple(Counter(limit, name) for limit, name in counters))

    def take(self) -> None:
        """Use one of the tries."""
        self.check()
        self.count()

    def failing(self, attempt: Callable[[], Answer], failure: type[Exception]) -> Answer:
        """Try if a try is left. A failure is counted; a success is not, but comes too late when others tried at the same
        time and used the tries up."""
        self.check()
        try:
            answer = attempt()
        except failure:
            self.count()
            raise
        self.check()
        return answer

    def succeeding(self, attempt: Callable[[], Answer]) -> Answer:
        """Try if a try is left, and use it up by a success alone."""
        self.check()
        answer = attempt()
        self.count()
        return answer

    def check(self) -> None:
        """Use nothing; raise TooMany when no try is left."""
        asked = [counter.key for counter in (*self.counters, self.crowded, self.pace) if counter]
        self._refuse(_ask(lambda storage: _look(storage, asked)))

    def count(self) -> None:
        """Use one try of every counter; raise TooMany when others used them up at the same time."""
        raised = [counter for counter in (*self.counters, self.pace) if counter]
        spans = {counter.key: counter.limit.get_expiry() for counter in raised}
        windows = _ask(lambda storage: _hit(storage, spans))
        if any(windows[counter.key].used > counter.limit.amount for counter in self.counters):
            self._refuse(windows)

    def _refuse(self, windows: Mapping[str, Window]) -> None:
        held = [*self.counters]
        if self.crowded and self.pace and self.crowded.seconds_left(windows.get(self.crowded.key)):
            held.append(self.pace)
        seconds = max(counter.seconds_left(windows.get(counter.key)) for counter in held)
        if seconds:
            raise TooMany(seconds)


def hits(counters: Iterable[Counter]) -> dict[str, Window]:
    """Count one hit of each and return their windows by key; nothing is refused."""
    spans = {counter.key: counter.limit.get_expiry() for counter in counters}
    return _ask(lambda storage: _hit(storage, spans))


def reopen(*counters: Counter) -> None:
    """Give all tries of these counters back."""
    for counter in counters:
        _ask(partial(_forget, key=counter.key))


def in_words(seconds: int) -> str:
    """A time to wait: in minutes, never too short; a few seconds are a moment."""
    if seconds <= 5:
        return "a moment"
    minutes = ceil(seconds / 60)
    return "a minute" if minutes <= 1 else f"{minutes} minutes"


def _forget(storage: Storage, key: str) -> None:
    storage.clear(key)


def _look(storage: Storage, keys: Iterable[str]) -> dict[str, Window]:
    if isinstance(storage, PostgresStorage):
        return storage.look(keys)
    return {key: Window(storage.get(key), storage.get_expiry(key)) for key in keys}


def _hit(storage: Storage, spans: Mapping[str, int]) -> dict[str, Window]:
    if isinstance(storage, PostgresStorage):
        return storage.hit(spans)
    return {key: Window(storage.incr(key, span), storage.get_expiry(key)) for key, span in spans.items()}


def _ask(question: Callable[[Storage], Answer]) -> Answer:
    """Ask the common storage; while it is away each process counts for itself, so that nobody guesses without limit."""
    try:
        return question(limiter.storage)
    except limiter.storage.base_exceptions as error:
        log.warning("rate_limits_unavailable", error=first_line(error))
        return question(_in_process)
