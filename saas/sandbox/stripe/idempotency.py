"""Idempotency keys: a call repeated with the same key gets the first answer again, for a day."""

import hashlib
from dataclasses import asdict, dataclass

from saas.sandbox.stripe.errors import Fault
from saas.sandbox.stripe.store import Store

KEPT_FOR = 24 * 3600
TABLE = "idempotency"


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer to a key: what was asked (hashed), what was answered, when."""

    asked: str
    status: int
    body: str
    request_id: str
    at: int


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What tells two calls apart."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


def recall(store: Store, key: str, asked: str) -> Kept | None:
    """The answer kept for a key; raises Fault when something else was asked with it."""
    found = store.note(TABLE).get(key)
    if found is None or found["at"] + KEPT_FOR <= store.now():
        return None
    if found["asked"] != asked:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise Fault(400, "idempotency_error", None, message)
    return Kept(**found)


def keep(store: Store, key: str, kept: Kept) -> None:
    """Remember the answer to a key."""
    store.note(TABLE)[key] = asdict(kept)


def forget_old(store: Store) -> None:
    """Forget the answers that are older than a day."""
    table, now = store.note(TABLE), store.now()
    for key in [key for key, kept in table.items() if kept["at"] + KEPT_FOR <= now]:
        del table[key]


def in_use(key: str) -> Fault:
    """What is answered while the first call with a key is still being worked on."""
    message = (
        f"There is currently another in-progress request using this Idempotent Key: {key}. Please try again later."
    )
    return Fault(409, "idempotency_error", "idempotency_key_in_use", message)
