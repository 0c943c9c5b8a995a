"""Limits on guessing passwords and on asking for mail, held across processes by the limiter's storage.

What is counted are failures and mails, not visits: a right password costs nothing. The time to wait is the same for
accounts that exist and those that do not.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

import structlog
from flask import request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, RateLimiter

from saas.accounts.devices import network_of
from saas.accounts.operations import WrongPassword
from saas.core.errors import DomainError
from saas.core.extensions import limiter
from saas.tenancy.queries import email_hash
from saas.web.visit import current_entry

log = structlog.get_logger()
Answer = TypeVar("Answer")

GUESSES_PER_ACCOUNT = parse("5 per 15 minutes")
GUESSES_PER_ADDRESS = parse("30 per 15 minutes")
GUESSES_PER_TENANT = parse("300 per 15 minutes")
MAILS_PER_ACCOUNT = parse("3 per hour")
MAILS_PER_ADDRESS = parse("10 per hour")
_in_process = FixedWindowRateLimiter(MemoryStorage())


class TooMany(DomainError):
    """No try is left; another one is allowed in ``retry_after`` seconds."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"There were too many tries. Please wait {in_words(seconds)}, then try again.")
        self.retry_after = seconds


@dataclass(frozen=True, slots=True)
class Gate:
    """Some counters that are asked and raised together; its methods raise TooMany when one of them is used up."""

    counters: tuple[tuple[RateLimitItem, str], ...]

    def guess(self, attempt: Callable[[], Answer]) -> Answer:
        """Try a password if a try is left. A wrong one is counted; a right one is not, but comes too late when others
        tried at the same time and used the tries up."""
        self._refuse_when_used_up()
        try:
            answer = attempt()
        except WrongPassword:
            self._count()
            raise
        self._refuse_when_used_up()
        return answer

    def take(self) -> None:
        """Use one of the tries."""
        self._refuse_when_used_up()
        self._count()

    def reopen(self) -> None:
        """Forget the first counter, the account's own."""
        _ask(_forget, *self.counters[0])

    def _refuse_when_used_up(self) -> None:
        seconds = max(_ask(_seconds_left, item, key) for item, key in self.counters)
        if seconds:
            raise TooMany(seconds)

    def _count(self) -> None:
        within = [_ask(_hit, item, key) for item, key in self.counters]
        if not all(within):
            self._refuse_when_used_up()


def guesses(email: str) -> Gate:
    """The gate in front of every place where the password of an account (canonical address) can be tried."""
    tenant = str(current_entry().id)
    return Gate(
        (
            (GUESSES_PER_ACCOUNT, f"guess {tenant} {email_hash(email).hex()}"),
            (GUESSES_PER_ADDRESS, f"guess {_network()}"),
            (GUESSES_PER_TENANT, f"guess {tenant}"),
        )
    )


def mails(kind: str, email: str) -> Gate:
    """The gate in front of sending a kind of mail to an address that anybody may name."""
    tenant = str(current_entry().id)
    return Gate(
        (
            (MAILS_PER_ACCOUNT, f"mail {kind} {tenant} {email_hash(email).hex()}"),
            (MAILS_PER_ADDRESS, f"mail {kind} {_network()}"),
        )
    )


def in_words(seconds: int) -> str:
    """A time to wait: in minutes, never too short."""
    minutes = ceil(seconds / 60)
    return "a minute" if minutes <= 1 else f"{minutes} minutes"


def _network() -> str:
    return network_of(request.remote_addr or "")


def _hit(held: RateLimiter, item: RateLimitItem, key: str) -> bool:
    return held.hit(item, key)


def _forget(held: RateLimiter, item: RateLimitItem, key: str) -> None:
    held.clear(item, key)


def _seconds_left(held: RateLimiter, item: RateLimitItem, key: str) -> int:
    if held.test(item, key):
        return 0
    return max(1, ceil(held.get_window_stats(item, key).reset_time - time.time()))


def _ask(question: Callable[[RateLimiter, RateLimitItem, str], Answer], item: RateLimitItem, key: str) -> Answer:
    """Ask the common storage; while it is away each process counts for itself, so that nobody guesses without limit."""
    try:
        return question(limiter.limiter, item, key)
    except limiter.storage.base_exceptions as error:
        log.warning("rate_limits_unavailable", error=str(error).partition("\n")[0])
        return question(_in_process, item, key)
