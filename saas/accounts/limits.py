"""Limits on guessing passwords and on asking for mail.

What is counted are failures and mails, not visits: a right password costs nothing. The time to wait is the same for
accounts that exist and those that do not. Strangers can use an account's tries up, and an organisation's: a browser that
the account knows has tries of its own, so that nobody is shut out by others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from limits import parse

from saas.accounts.operations import WrongPassword, note_wrong_password
from saas.accounts.queries import find_known_device
from saas.core.network import client_network
from saas.tenancy.queries import email_hash
from saas.web.gates import Counter, Gate, reopen
from saas.web.unit import afterwards
from saas.web.visit import current_actor, tenant_key, visit

Answer = TypeVar("Answer")

GUESSES_PER_ACCOUNT = parse("5 per 15 minutes")
GUESSES_PER_DEVICE = parse("5 per 15 minutes")
GUESSES_PER_ADDRESS = parse("30 per 15 minutes")
GUESSES_PER_TENANT = parse("300 per 15 minutes")
GUESSES_WHEN_CROWDED = parse("1 per minute")
MAILS_PER_ACCOUNT = parse("3 per hour")
MAILS_PER_ADDRESS = parse("10 per hour")


@dataclass(frozen=True, slots=True)
class Guesses:
    """The gate in front of the password of an account (canonical address); ``own`` are the counters that a new password
    sets back."""

    email: str
    gate: Gate
    own: tuple[Counter, ...]

    def guess(self, attempt: Callable[[], Answer]) -> Answer:
        """Try a password if a try is left: a wrong one is counted, and noted in the log. Raises TooMany."""
        try:
            return self.gate.failing(attempt, WrongPassword)
        except WrongPassword:
            afterwards(partial(note_wrong_password, self.email, actor=current_actor()))
            raise

    def reopen(self) -> None:
        """Give the tries of the account and of this browser back."""
        reopen(*self.own)


def guesses(email: str) -> Guesses:
    """The gate in front of every place where the password of an account (canonical address) can be tried.

    A known browser does not share the tries of strangers. While strangers have used up the organisation's, it is slowed.
    """
    tenant = tenant_key()
    account = Counter(GUESSES_PER_ACCOUNT, f"{tenant} guess {email_hash(email).hex()}")
    network = Counter(GUESSES_PER_ADDRESS, f"guess {client_network()}")
    everybody = Counter(GUESSES_PER_TENANT, f"{tenant} guess")
    known = _known_browser(email)
    if not known:
        return Guesses(email, Gate((account, network, everybody)), (account,))
    own = Counter(GUESSES_PER_DEVICE, f"{tenant} guess {known}")
    pace = Counter(GUESSES_WHEN_CROWDED, f"{tenant} guess {known}")
    return Guesses(email, Gate((own, network), crowded=everybody, pace=pace), (account, own, pace))


def _known_browser(email: str) -> str:
    """What the account knows this browser by: its session there, or a sign-in from the same network; empty for neither."""
    actor, present = current_actor(), visit().sign_in
    digest = find_known_device(email, agent=actor.agent or "", address=actor.address or "")
    if present is not None and present.account.email == email:
        return f"session {present.session_id}"
    return f"device {digest.hex()}" if digest else ""


def mails(kind: str, email: str) -> Gate:
    """The gate in front of sending a kind of mail to an address that anybody may name."""
    tenant = tenant_key()
    return Gate.of(
        (MAILS_PER_ACCOUNT, f"{tenant} mail {kind} {email_hash(email).hex()}"),
        (MAILS_PER_ADDRESS, f"mail {kind} {client_network()}"),
    )
